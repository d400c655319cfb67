import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EVENT_RETRY_SECONDS, type EventDelivery } from '../../src/domain/event.ts'
import type { SafeFetch } from '../../src/http/safe-fetch.ts'
import type { Queue } from '../../src/outbox/queue.ts'
import { startEventOutbox } from '../../src/outbox/webhook/outbox.ts'
import type { Store } from '../../src/store/store.ts'
import { memoryWakeup } from '../../src/wakeup/memory.ts'
import { EVENTS_TOPIC } from '../../src/wakeup/wakeup.ts'
import type { TestStore } from '../store/contract.ts'
import { newWebhook } from '../store/event-samples.ts'
import { company, connection, DAY, FIRST_PAGE, T0 } from '../store/samples.ts'
import { openTestStore } from '../store/sqlite/test-store.ts'
import { waitFor } from '../support/wait-for.ts'
import { type FakeClock, fakeClock } from './fakes.ts'

/* The queue of events on a real store, with a receiver that answers as a test says, and time handed in. */

type Got = { readonly url: string; readonly id: string; readonly type: string; readonly at: number }

let opened: TestStore
let clock: FakeClock
let queue: Queue
let got: Got[]
let answer: (got: Got) => Promise<number> | number
/** `Retry-After` of all answers. */
let retryAfter: string | undefined
const wakeup = memoryWakeup()

const fetch: SafeFetch = async ({ url, headers, body, signal }) => {
  const one = {
    url,
    id: headers!['webhook-id']!,
    type: JSON.parse(String(body)).type,
    at: clock.now(),
  }
  got.push(one)
  const stopped = new Promise<never>((_, reject) =>
    signal!.addEventListener('abort', () => reject(signal!.reason)),
  )
  const status = await Promise.race([answer(one), stopped])
  const headersBack = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
  return { status, headers: headersBack, body: Buffer.alloc(0), url }
}

beforeEach(async () => {
  opened = await openTestStore()
  clock = fakeClock(T0)
  got = []
  answer = () => 200
  retryAfter = undefined
  queue = startEventOutbox({
    store: opened.store,
    wakeup,
    holder: 'node',
    fetch,
    nameOf: () => undefined,
    disableAfterMs: 5 * DAY,
    clock,
    random: () => 0,
  })
})
afterEach(async () => {
  await stop()
  await opened.remove()
})

/** Closes the queue while time goes on. */
async function stop(): Promise<void> {
  let isClosed = false
  const closing = queue.close(0).then(() => {
    isClosed = true
  })
  await waitFor(async () => {
    await clock.advance(500)
    return isClosed
  }, 'the queue to stop')
  await closing
}

async function listen(store: Store, change: Parameters<typeof newWebhook>[1] = {}) {
  const owner = company()
  await store.createCompany(owner)
  const webhook = await store.createWebhook(newWebhook(owner.id, change), T0)
  return { companyId: owner.id, webhookId: webhook.id }
}
const log = async (webhookId: string): Promise<readonly EventDelivery[]> =>
  [...(await opened.store.listEventDeliveries(webhookId, FIRST_PAGE)).items].reverse()
/** Lets time go on in small steps until it holds. */
const until = (holds: () => boolean | Promise<boolean>, what: string, stepMs = 250) =>
  waitFor(async () => {
    wakeup.notify(EVENTS_TOPIC)
    if (await holds()) return true
    await clock.advance(stepMs)
    return false
  }, what)

/** Lets time go on from try to try; each but the first is due so many seconds after the one before it. */
async function triesAfter(webhookId: string, waits: readonly number[]): Promise<void> {
  for (const [tries, seconds] of [0, ...waits].entries()) {
    const before = (await log(webhookId))[0]!
    expect(Math.round((before.dueAt - (before.triedAt ?? T0)) / 1000), `the wait for try ${tries + 1}`).toBe(
      seconds,
    )
    await clock.advance(seconds * 1000 - 1)
    expect(got.length, `before try ${tries + 1}`).toBeLessThanOrEqual(Math.max(tries, 1))
    await until(() => got.length === tries + 1, `try ${tries + 1}`, 1)
    await until(async () => (await log(webhookId))[0]!.tries === tries + 1, 'its end', 0)
  }
  const between = got.slice(1).map(({ at }, n) => Math.round((at - got[n]!.at) / 1000))
  expect(between).toEqual([...waits])
}

describe('the queue of events', () => {
  it('tries eight times, at the published distances, and then it is over', async () => {
    const { companyId, webhookId } = await listen(opened.store)
    answer = () => 500
    await opened.store.createConnection(connection(companyId), {})
    await triesAfter(webhookId, EVENT_RETRY_SECONDS)
    expect((await log(webhookId))[0]).toMatchObject({ state: 'failed', tries: 8, statusCode: 500 })
    expect(new Set(got.map(({ id }) => id)).size).toBe(1)
  })

  it('leaves an endpoint that is overloaded alone for as long as it asks, and tries no earlier than planned', async () => {
    const { companyId, webhookId } = await listen(opened.store)
    answer = () => 503
    retryAfter = '90'
    await opened.store.createConnection(connection(companyId), {})
    await triesAfter(webhookId, [90, EVENT_RETRY_SECONDS[1]!])
  })

  it('sends first tries of a connection one after the other, whatever their retries do', async () => {
    const { companyId, webhookId } = await listen(opened.store)
    const login = connection(companyId)
    await opened.store.createConnection(login, {})
    for (const n of [1, 2, 3]) await opened.store.updateConnection(login.id, { externalId: `A-${n}` }, T0)
    const order = (await log(webhookId)).map(({ eventId }) => eventId)
    answer = ({ id }) => (id === order[1] ? 500 : 200)
    await until(() => got.length >= 4, 'all first tries')
    expect(got.slice(0, 4).map(({ id }) => id)).toEqual(order)
  })

  it('is not held up at one endpoint by another that does not answer', async () => {
    const slow = await listen(opened.store, { url: 'https://slow.test/' })
    const quick = await listen(opened.store, { url: 'https://quick.test/' })
    const gates: ((status: number) => void)[] = []
    answer = ({ url }) => (url.includes('slow') ? new Promise((open) => gates.push(open)) : 200)
    for (let n = 0; n < 12; n += 1) await opened.store.createConnection(connection(slow.companyId), {})
    for (let n = 0; n < 12; n += 1) await opened.store.createConnection(connection(quick.companyId), {})
    await until(
      () => got.filter(({ url }) => url.includes('quick')).length === 12,
      'the quick one to have all',
    )
    expect(got.filter(({ url }) => url.includes('slow'))).toHaveLength(4)
    for (const open of gates) open(200)
  })

  it('disables an endpoint that failed for days, and sends it nothing more', async () => {
    const { companyId, webhookId } = await listen(opened.store)
    answer = () => 500
    const login = connection(companyId)
    await opened.store.createConnection(login, {})
    await until(() => got.length === 1, 'the first try')
    await clock.advance(5 * DAY)
    await until(
      async () => (await opened.store.getWebhook(webhookId))!.disabledAt !== null,
      'the end',
      60_000,
    )
    const tries = got.length
    await opened.store.updateConnection(login.id, { externalId: 'A-1' }, clock.now())
    wakeup.notify(EVENTS_TOPIC)
    await clock.advance(DAY)
    expect(got).toHaveLength(tries)
  })

  it('gives back what it holds when it stops, and counts that as no failure', async () => {
    const { companyId, webhookId } = await listen(opened.store)
    answer = () => new Promise<number>(() => undefined)
    await opened.store.createConnection(connection(companyId), {})
    await until(() => got.length === 1, 'the send')
    await stop()
    expect((await log(webhookId))[0]).toMatchObject({
      state: 'due',
      tries: 0,
    } satisfies Partial<EventDelivery>)
    expect((await opened.store.getWebhook(webhookId))!.failingSince).toBeNull()
  })
})
