import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Relay } from '../../src/client/index.ts'
import { startCollector } from '../../src/sandbox/collector.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/start.ts'
import { startRelay, type TestRelay } from '../support/relay.ts'
import { waitFor } from '../support/wait-for.ts'

/* The reference runner as a fleet would run it: on leases, against a whole relay and a real portal. */

const ACCOUNT = { username: 'pat@example.com', password: 'sandbox-password' }

describe('the runner that takes what is due', () => {
  let relay: TestRelay
  let sandbox: Sandbox
  let connectionId: string
  let collector: ReturnType<typeof startCollector>
  const told: string[] = []
  beforeAll(async () => {
    relay = await startRelay()
    sandbox = await startSandbox({
      smtp: { host: '127.0.0.1', port: relay.ports.smtp },
      twilio: null,
      accounts: [ACCOUNT],
    })
    const company = await relay.api<{ id: string }>('POST', '/v2/company', { name: 'Example Energy' })
    const body = { utility: 'sandbox-power', ...ACCOUNT }
    const path = `/v2/connection/company/${company.body.id}`
    connectionId = (await relay.api<{ id: string }>('POST', path, body)).body.id
    const mfa = await relay.api<{ emailAddress: string }>('PUT', `/v2/connection/${connectionId}/mfa`, {
      method: 'managed_forwarding',
    })
    const account = { ...ACCOUNT, email: mfa.body.emailAddress }
    await fetch(`${sandbox.portal.url}/sandbox/accounts`, { method: 'POST', body: JSON.stringify(account) })
    const key = await relay.api<{ key: string }>('POST', '/v2/key', { scope: 'runner' })
    collector = startCollector({
      relay: new Relay({ url: relay.url, apiKey: key.body.key }),
      portalUrl: sandbox.portal.url,
      tell: (line) => void told.push(line),
      idleMs: 20,
    })
  })
  afterAll(async () => {
    await collector.stop()
    await sandbox.close()
    await relay.close()
    relay.remove()
  })

  const details = async () =>
    (
      await relay.api<{ status: string; schedule: { why: string } }>(
        'GET',
        `/v2/connection/${connectionId}/details`,
      )
    ).body
  const newestTest = async () =>
    (
      await relay.api<{ items: { state: string; cause: string | null; stoppedAt: string | null }[] }>(
        'GET',
        `/v2/connection/${connectionId}/mfa/test`,
      )
    ).body.items[0]

  it('collects a login that is due, and the next one when it is asked for', async () => {
    await waitFor(async () => (await details()).status === 'CONNECTED', 'the first login')
    expect((await details()).schedule.why).toBe('weekly')
    expect(told.join('\n')).toMatch(/leased a login.*\n.*got the code \d{6} \(email, trusted\)/s)
    await relay.api('POST', `/v2/connection/${connectionId}/mfa/test`)
    await waitFor(async () => (await newestTest())?.state === 'passed', 'the test login')
    expect(told.some((line) => line.includes('leased a test login'))).toBe(true)
  })

  it('goes on after a login that broke', async () => {
    await relay.api('PATCH', `/v2/connection/${connectionId}`, { password: 'wrong' })
    await waitFor(async () => (await details()).status === 'PASSWORD_INCORRECT', 'the refused password')
    await relay.api('PATCH', `/v2/connection/${connectionId}`, { password: ACCOUNT.password })
    await waitFor(async () => (await details()).status === 'CONNECTED', 'the repair')
  })
})
