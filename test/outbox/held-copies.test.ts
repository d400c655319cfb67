import { afterEach, describe, expect, it } from 'vitest'
import type { SendResult } from '../../src/domain/delivery.ts'
import { newId } from '../../src/domain/id.ts'
import { type Outbox, startOutbox } from '../../src/outbox/outbox.ts'
import type { Store } from '../../src/store/store.ts'
import { memoryWakeup } from '../../src/wakeup/memory.ts'
import { OUTBOX_TOPIC } from '../../src/wakeup/wakeup.ts'
import { codeRecord, delivery, provision } from '../store/samples.ts'
import { openTestStore } from '../store/sqlite/test-store.ts'
import { waitFor } from '../support/wait-for.ts'
import { makeDelivery, RECEIVED_AT } from './content.ts'
import { fakeClock, fakeCourier, fakeStore, settled } from './fakes.ts'

/* How many copies a process takes for itself, and that no courier's backlog is in another's way. */

const SENT: SendResult = { kind: 'sent' }
const never = () => new Promise<SendResult>(() => {})
const PHONE = '+14155550123'
/** Those of four goes: three that a claim brings, and what is under way meanwhile. */
const MOST_HELD = 20

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

function setUp(answer: Parameters<typeof fakeCourier>[0]) {
  const clock = fakeClock(RECEIVED_AT)
  const store = fakeStore(clock)
  const claims: number[] = []
  /** How long each claim takes. */
  const delays: number[] = []
  const counted: typeof store = {
    ...store,
    async claimDeliveries(request) {
      const found = await store.claimDeliveries(request)
      claims.push(found.length)
      const delay = delays.shift() ?? 0
      if (delay > 0) await new Promise<void>((resolve) => clock.after(delay, resolve))
      return found
    },
  }
  const wakeup = memoryWakeup()
  const email = fakeCourier(answer)
  const sms = fakeCourier(() => SENT)
  const start = () =>
    startOutbox({ store: counted, wakeup, couriers: { email, sms }, holder: 'process-1', clock })
  const addMails = (count: number) => Array.from({ length: count }, () => store.add(makeDelivery()))
  const addText = () => store.add(makeDelivery({ courier: 'sms', address: PHONE }))
  const held = () => store.all().filter(({ state }) => state === 'leased').length
  return { clock, store, claims, delays, wakeup, email, sms, start, addMails, addText, held }
}

describe('a mail server that hangs', () => {
  it('holds up no text, however many mails wait', async () => {
    const { store, wakeup, start, addMails, addText } = setUp(never)
    addMails(300)
    const first = addText()
    start()
    await settled()
    expect(store.row(first.id).state).toBe('sent')
    for (let n = 0; n < 30; n += 1) {
      const { id } = addText()
      wakeup.notify(OUTBOX_TOPIC)
      await settled()
      expect(store.row(id).state).toBe('sent')
    }
  })

  it('has a process hold no more mails the longer it hangs', async () => {
    const { clock, wakeup, start, addMails, held } = setUp(never)
    addMails(300)
    start()
    for (let second = 0; second < 50; second += 1) {
      wakeup.notify(OUTBOX_TOPIC)
      await clock.advance(1_000)
      expect(held()).toBeLessThanOrEqual(MOST_HELD)
    }
  })

  it('holds up no text in a real store', async () => {
    const { store, remove } = await openTestStore()
    open.push(remove)
    const texts = await addCopies(store, 300)
    const email = fakeCourier(never)
    const sms = fakeCourier(() => SENT)
    const wakeup = memoryWakeup()
    const outbox = startOutbox({ store, wakeup, couriers: { email, sms }, holder: newId() })
    open.push(() => outbox.close(0))
    const late = await addText(store, texts)
    wakeup.notify(OUTBOX_TOPIC)
    await waitFor(() => sms.sent.length === 2, 'the texts')
    expect(sms.sent.map((content) => content.delivery.id)).toContain(late)
    expect(email.sent).toHaveLength(5)
    expect(await store.countDueDeliveries(Date.now(), 1000)).toBeGreaterThanOrEqual(300 - MOST_HELD)
  })
})

it('a mail that fails for now beside others that hang is tried again in time', async () => {
  const answers = [async (): Promise<SendResult> => ({ kind: 'temporary', error: '451 later' })]
  const { clock, email, start, addMails } = setUp(() => (answers.shift() ?? never)())
  addMails(5)
  start()
  await clock.advance(1_000)
  expect(email.sent).toHaveLength(5)
  await clock.advance(5_000)
  expect(email.sent).toHaveLength(6)
})

describe('more copies than a process holds', () => {
  it('all leave, each once, without a pause, in few claims', async () => {
    const { clock, claims, email, start, addMails, held } = setUp(async () => {
      expect(held()).toBeLessThanOrEqual(MOST_HELD)
      return SENT
    })
    addMails(200)
    await start().whenIdle()
    expect(clock.now()).toBe(RECEIVED_AT)
    expect(new Set(email.sent.map((content) => content.delivery.id)).size).toBe(200)
    expect(email.sent).toHaveLength(200)
    expect(claims.length).toBeLessThanOrEqual(25)
  })

  it('leave as fast as they can be sent', async () => {
    const { clock, email, start, addMails, held } = setUp(
      () => new Promise((resolve) => clock.after(100, () => resolve(SENT))),
    )
    addMails(200)
    start()
    for (let goes = 0; goes < 45; goes += 1) {
      await clock.advance(100)
      expect(held()).toBeLessThanOrEqual(MOST_HELD)
    }
    expect(email.sent).toHaveLength(200)
    expect(email.most()).toBe(5)
  })

  it('are asked for no more often where they all fail for now, and come again in time', async () => {
    let extra = 0
    const { clock, claims, email, start, addMails } = setUp(() => {
      extra = (extra + 7) % 31
      const later = { kind: 'temporary', error: '451 later' } as const
      return new Promise((resolve) => clock.after(20 + extra, () => resolve(later)))
    })
    addMails(200)
    start()
    await clock.advance(4_000)
    expect(email.sent).toHaveLength(200)
    expect(claims.length).toBeLessThanOrEqual(25)
    await clock.advance(4_000)
    expect(email.sent).toHaveLength(400)
  })

  it('of both kinds leave at once, each as fast as its own courier', async () => {
    const { email, sms, start, addMails, addText, held } = setUp(() => SENT)
    addMails(100)
    for (let n = 0; n < 100; n += 1) addText()
    await start().whenIdle()
    expect([email.sent.length, sms.sent.length, held()]).toEqual([100, 100, 0])
  })

  it('leave a real store, each once, before it is asked by the clock', async () => {
    const { store, remove } = await openTestStore()
    open.push(remove)
    await addCopies(store, 200)
    const email = fakeCourier(() => SENT)
    let claims = 0
    const outbox: Outbox = startOutbox({
      store: {
        ...store,
        claimDeliveries(request) {
          claims += 1
          return store.claimDeliveries(request)
        },
      },
      wakeup: memoryWakeup(),
      couriers: { email },
      holder: newId(),
    })
    open.push(() => outbox.close(0))
    await waitFor(() => outbox.isIdle(), 'the outbox to be done', 14_000)
    expect(new Set(email.sent.map((content) => content.delivery.id)).size).toBe(200)
    expect(email.sent).toHaveLength(200)
    expect(claims).toBeLessThanOrEqual(25)
  })

  it('wait for no clock where room is made while the store is asked', async () => {
    const { clock, delays, wakeup, email, start, addMails } = setUp(
      () => new Promise((resolve) => clock.after(100, () => resolve(SENT))),
    )
    addMails(5)
    start()
    await settled()
    addMails(1)
    delays.push(150)
    wakeup.notify(OUTBOX_TOPIC)
    await clock.advance(149)
    expect(email.sent).toHaveLength(5)
    await clock.advance(1)
    expect(email.sent).toHaveLength(6)
  })

  it('do not make it ask for each that is sent where nothing waits', async () => {
    const { clock, claims, wakeup, start, store } = setUp(
      () => new Promise((resolve) => clock.after(450, () => resolve(SENT))),
    )
    start()
    await settled()
    claims.length = 0
    for (let n = 0; n < 100; n += 1) {
      store.add(makeDelivery())
      wakeup.notify(OUTBOX_TOPIC)
      await clock.advance(100)
    }
    expect(claims.filter((count) => count === 1)).toHaveLength(100)
    expect(claims).toHaveLength(100)
  })
})

/** Mails that are due, all to one recipient, and one text. */
async function addCopies(store: Store, mails: number) {
  const recipients = [
    { channel: 'email', address: 'pat@customer.test', state: 'confirmed' },
    { channel: 'sms', address: PHONE, state: 'confirmed' },
  ] as const
  const { connectionId, address } = await provision(store, { recipients })
  const known = (await store.getMfa(connectionId))!.recipients
  const of = (channel: string) => known.find((one) => one.channel === channel)!.id
  const records = Array.from({ length: mails }, () =>
    codeRecord(connectionId, {}, { mailbox: address, deliveries: [delivery(of('email'))] }),
  )
  for (let from = 0; from < mails; from += 50) await store.saveInbound(records.slice(from, from + 50))
  const place = { connectionId, address, recipientId: of('sms') }
  await addText(store, place)
  return place
}

async function addText(
  store: Store,
  place: { connectionId: string; address: string; recipientId: string },
): Promise<string> {
  const text = delivery(place.recipientId, { courier: 'sms', address: PHONE })
  await store.saveInbound([
    codeRecord(place.connectionId, {}, { mailbox: place.address, deliveries: [text] }),
  ])
  return text.id
}
