import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CodeTimeout, Relay } from '../../src/client/index.ts'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { ADMIN_KEY, provision, startRelay, type TestRelay } from '../support/relay.ts'

/* A customer has set up forwarding and wants to see that it works: a whole relay, real mail, a runner that leases. */

type Test = {
  state: string
  stoppedAt: string | null
  cause: string | null
  customer: string | null
  steps: { step: string; state: string }[]
}

describe('a customer who tests the way of their codes', () => {
  let relay: TestRelay
  let client: Relay
  beforeAll(async () => {
    relay = await startRelay()
    client = new Relay({ url: relay.url, apiKey: ADMIN_KEY })
  })
  afterAll(async () => {
    await relay.close()
    relay.remove()
  })

  const ask = (id: string) => relay.api('POST', `/v2/connection/${id}/mfa/test`)
  const newest = async (id: string): Promise<Test> =>
    (await relay.api<{ items: Test[] }>('GET', `/v2/connection/${id}/mfa/test`)).body.items[0]!

  it('sees every step of a code that comes through', async () => {
    const { connectionId, emailAddress } = await provision(relay)
    expect((await ask(connectionId)).status).toBe(201)
    const collected = await client.collect({ runner: 'worker-7' }, async (login, { connection }) => {
      expect([connection.id, login.attempt.purpose]).toEqual([connectionId, 'test_login'])
      await sendMail(relay.ports.smtp, { to: emailAddress, text: codeText('482913') })
      return (await login.code({ timeoutMs: 20_000 })).code
    })
    expect(collected?.result).toBe('482913')
    const test = await newest(connectionId)
    expect(test).toMatchObject({ state: 'passed', stoppedAt: null, cause: null })
    expect(test.steps.map(({ state }) => state)).toEqual(Array(8).fill('done'))
  })

  it('sees that mail of a stranger was not believed, and what to do', async () => {
    const { connectionId, emailAddress } = await provision(relay)
    await ask(connectionId)
    const broken = client.collect({ runner: 'worker-7' }, async (login) => {
      const from = 'codes@stranger.test'
      await sendMail(relay.ports.smtp, { to: emailAddress, from, text: 'Your parcel number is 77' })
      await login.code({ timeoutMs: 1_000 })
    })
    await expect(broken).rejects.toBeInstanceOf(CodeTimeout)
    const test = await newest(connectionId)
    expect(test.state).toBe('failed')
    expect(['trusted', 'read']).toContain(test.stoppedAt)
    expect(test.cause).not.toBeNull()
    expect(test.customer).toMatch(/\w{3,}/)
  })
})
