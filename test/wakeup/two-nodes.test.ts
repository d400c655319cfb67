import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { provision, startRelay, type TestRelay } from '../support/relay.ts'
import { waitFor } from '../support/wait-for.ts'

/*
 * Two nodes in this process on one store: what of theirs meets only in Redis. One SQLite file serves, as they hardly
 * write at the same time; that many nodes may share a PostgreSQL is shown in test/cluster.
 */

let redis: TestRedis
let a: TestRelay
let b: TestRelay

type Ready = { parts: { wakeup: { ok: boolean } }; ready: boolean }
const isWell = async (relay: TestRelay): Promise<boolean> =>
  (await relay.api<Ready>('GET', '/readyz')).body.parts.wakeup.ok

/** A runner waits on `b` when its code comes in through `a`; its own last look would come after this test's end. */
async function codeByWayOf(): Promise<{ status: number; ms: number; code: string; expected: string }> {
  const { connectionId, emailAddress } = await provision(a)
  const attempt = await b.api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})
  const polling = b.api<{ code: string }>('GET', `/v2/attempt/${attempt.body.id}/code?wait=60`)
  await waitFor(
    async () => /mfa_relay_waiters 1\n/.test(await (await fetch(`${b.url}/metrics`)).text()),
    'it waits',
  )
  const expected = String(100_000 + Math.floor(Math.random() * 900_000))
  const sentAt = performance.now()
  await sendMail(a.ports.smtp, { to: emailAddress, text: codeText(expected) })
  const { status, body } = await polling
  return { status, ms: performance.now() - sentAt, code: body.code, expected }
}

describe('two nodes', () => {
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.close())
  beforeEach(async () => {
    a = await startRelay({ REDIS_URL: redis.url })
    b = await startRelay({ REDIS_URL: redis.url }, a.dataDir)
    await waitFor(async () => (await isWell(a)) && (await isWell(b)), 'both hear each other')
  })
  afterEach(async () => {
    await Promise.all([a.close(), b.close()])
    rmSync(a.dataDir, { recursive: true, force: true })
  })

  it('wake the runner that waits on one for the code that came in on the other', async () => {
    const { status, code, expected } = await codeByWayOf()
    expect([status, code]).toEqual([200, expected])
  })

  it('find codes by slow polling while Redis is gone, say so, and stay ready', async () => {
    await redis.kill()
    await waitFor(async () => !(await isWell(b)), 'readiness says so')
    const { ready } = (await b.api<Ready>('GET', '/readyz')).body
    expect(ready).toBe(true)
    const { status, code, expected } = await codeByWayOf()
    expect([status, code]).toEqual([200, expected])
    await redis.start()
    await waitFor(async () => isWell(b), 'it is back')
  })

  it('refuse a key on both once it is revoked on one', async () => {
    const made = await a.api<{ id: string; key: string }>('POST', '/v2/key', { scope: 'runner' })
    const asRunner = () => b.api('POST', '/v2/collection/lease', { runner: 'r' }, made.body.key)
    expect((await asRunner()).status).toBe(204)
    expect((await a.api('DELETE', `/v2/key/${made.body.id}`)).status).toBeLessThan(300)
    await waitFor(async () => (await asRunner()).status === 401, 'the other node knows', 4_000)
  })

  it('answer a runner whose attempt was closed on the other', async () => {
    const { connectionId } = await provision(a)
    const attempt = await a.api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})
    const polling = b.api('GET', `/v2/attempt/${attempt.body.id}/code?wait=60`)
    await waitFor(
      async () => /mfa_relay_waiters 1\n/.test(await (await fetch(`${b.url}/metrics`)).text()),
      'it waits',
    )
    await a.api('POST', `/v2/attempt/${attempt.body.id}/outcome`, {})
    expect((await polling).status).toBe(410)
  })
})
