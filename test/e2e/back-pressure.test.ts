import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { holdWriteLock } from '../support/hold-lock.ts'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { provision, startRelay, type TestRelay } from '../support/relay.ts'
import { waitFor } from '../support/wait-for.ts'

/* The store cannot be written for a while: who sends is told to come back, who waits goes on waiting. */

const MOST = 4
let relay: TestRelay
let letGo: (() => Promise<void>) | undefined

beforeEach(async () => {
  relay = await startRelay({ MAX_MESSAGES_IN_FLIGHT: String(MOST) })
})
afterEach(async () => {
  await letGo?.()
  letGo = undefined
  await relay.close()
  relay.remove()
})

const openAttempt = async (connectionId: string): Promise<string> =>
  (await relay.api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})).body.id
const poll = (attemptId: string, wait: number) =>
  relay.api<{ code: string }>('GET', `/v2/attempt/${attemptId}/code?wait=${wait}`)
const metric = async (series: string): Promise<number> => {
  const text = await (await fetch(`${relay.url}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1) ?? Number.NaN)
}
/** The reply's code, whatever it is. */
const send = (to: string, code: string): Promise<number> =>
  sendMail(relay.ports.smtp, { to, text: codeText(code) }).then(
    () => 250,
    (error: { responseCode?: number }) => error.responseCode ?? 0,
  )

it('a database that another process holds costs nobody a message, and the memory stays bounded', async () => {
  const waiting = await provision(relay)
  const ready = await provision(relay)
  const other = await provision(relay)
  const runner = poll(await openAttempt(waiting.connectionId), 60)
  const late = await openAttempt(ready.connectionId)
  expect(await send(ready.emailAddress, '313233')).toBe(250)
  await waitFor(async () => (await metric('mfa_relay_waiters')) === 1, 'the runner to wait')

  letGo = await holdWriteLock(join(relay.dataDir, 'relay.db'))
  const depths: number[] = []
  let isOver = false
  const watching = (async () => {
    while (!isOver) depths.push(await metric('mfa_relay_queue_depth{queue="messages"}'))
  })()
  const sent = Array.from({ length: 3 * MOST }, (_, n) => send(other.emailAddress, String(400_000 + n)))
  // Which queue is full can be seen while it is.
  await waitFor(
    async () => (await metric('mfa_relay_queue_depth{queue="messages"}')) === MOST,
    'a full queue',
  )
  await waitFor(
    async () => (await metric('mfa_relay_queue_depth{queue="writer"}')) > 0,
    'the writer to be behind',
  )
  const claim = poll(late, 0)
  expect(await Promise.all(sent)).toEqual(Array(3 * MOST).fill(451))
  // Its code is there, but cannot be bound to it now: it is told to come back, and gets no code that is not.
  expect((await claim).status).toBe(503)
  expect(await metric('mfa_relay_messages_refused_total{door="smtp",why="full_count"}')).toBeGreaterThan(0)
  expect(await metric('mfa_relay_messages_refused_total{door="smtp",why="unavailable"}')).toBeGreaterThan(0)
  expect(await metric('mfa_relay_part_ok{part="store"}')).toBe(0)
  expect(await metric('mfa_relay_waiters')).toBe(1)

  await letGo()
  letGo = undefined
  isOver = true
  await watching
  expect(Math.max(...depths)).toBe(MOST)
  expect(await send(waiting.emailAddress, '515253')).toBe(250)
  expect(await runner).toMatchObject({ status: 200, body: { code: '515253' } })
  expect(await poll(late, 0)).toMatchObject({ status: 200, body: { code: '313233' } })
  const kept = await relay.api<{ total: number }>('GET', `/v2/connection/${other.connectionId}/messages`)
  expect(kept.body.total).toBe(0)
  await waitFor(async () => (await metric('mfa_relay_part_ok{part="store"}')) === 1, 'the store to be well')
}, 120_000)
