import { afterEach, describe, expect, it } from 'vitest'
import { COPY_RETRY_SECONDS, type SendResult } from '../../src/domain/delivery.ts'
import { type Outbox, type OutboxDeps, startOutbox } from '../../src/outbox/outbox.ts'
import { memoryWakeup } from '../../src/wakeup/memory.ts'
import { OUTBOX_TOPIC } from '../../src/wakeup/wakeup.ts'
import { makeDelivery, RECEIVED_AT } from './content.ts'
import { fakeClock, fakeCourier, fakeStore, settled } from './fakes.ts'

const SENT: SendResult = { kind: 'sent' }
const LATER: SendResult = { kind: 'temporary', error: '451 later' }
const NEVER: SendResult = { kind: 'permanent', error: '550 no' }

const running: Outbox[] = []
afterEach(() => {
  running.length = 0
})

function setUp(
  answer: Parameters<typeof fakeCourier>[0],
  options: { random?: () => number; concurrency?: number } = {},
) {
  const clock = fakeClock(RECEIVED_AT)
  const store = fakeStore(clock)
  const wakeup = memoryWakeup()
  const email = fakeCourier(answer, options.concurrency)
  const sms = fakeCourier(() => SENT)
  const start = (holder = 'process-1', couriers: OutboxDeps['couriers'] = { email, sms }) => {
    const random = options.random ?? (() => 0.5)
    const outbox = startOutbox({ store, wakeup, couriers, holder, clock, random })
    running.push(outbox)
    return outbox
  }
  /** Closes while time goes on. */
  const close = async (outbox: Outbox, graceMs = 5_000) => {
    const closing = outbox.close(graceMs)
    await clock.advance(graceMs + 5_000)
    await closing
  }
  return { clock, store, wakeup, email, sms, start, close }
}

describe('sending what is due', () => {
  it('sends what waited before it started, and what is announced later, at once', async () => {
    const { store, wakeup, email, start, close } = setUp(() => SENT)
    const first = store.add(makeDelivery())
    const outbox = start()
    await outbox.whenIdle()
    expect(store.row(first.id)).toMatchObject({ state: 'sent', tries: 1 })
    const second = store.add(makeDelivery())
    wakeup.notify(OUTBOX_TOPIC)
    expect(outbox.isIdle()).toBe(false)
    await outbox.whenIdle()
    expect(store.row(second.id).state).toBe('sent')
    expect(email.sent).toHaveLength(2)
    await close(outbox)
  })

  it('finds by itself what nobody announced', async () => {
    const { clock, store, start, close } = setUp(() => SENT)
    const outbox = start()
    await outbox.whenIdle()
    const { id } = store.add(makeDelivery())
    await clock.advance(15_000)
    expect(store.row(id).state).toBe('sent')
    await close(outbox)
  })

  it('hints about other things cost nothing', async () => {
    const { store, wakeup, start, close } = setUp(() => SENT)
    const outbox = start()
    await outbox.whenIdle()
    store.add(makeDelivery())
    wakeup.notify('connection:1')
    expect(outbox.isIdle()).toBe(true)
    await close(outbox)
  })

  it('keeps a courier to its concurrency, and no slow courier holds up another', async () => {
    const gates: (() => void)[] = []
    const slow = () => new Promise<SendResult>((resolve) => gates.push(() => resolve(SENT)))
    const { store, email, sms, start, clock } = setUp(slow, { concurrency: 2 })
    for (let n = 0; n < 5; n += 1) store.add(makeDelivery())
    const text = store.add(makeDelivery({ courier: 'sms', address: '+14155550123' }))
    const outbox = start()
    await settled()
    expect(email.sent).toHaveLength(2)
    expect(store.row(text.id).state).toBe('sent')
    expect(sms.sent).toHaveLength(1)
    while (gates.length > 0) {
      for (const open of gates.splice(0)) open()
      await settled()
    }
    expect(email.sent).toHaveLength(5)
    expect(email.most()).toBe(2)
    await clock.advance(0)
    await outbox.whenIdle()
  })

  it('sends hundreds, each once', async () => {
    const { store, email, start } = setUp(() => SENT)
    for (let n = 0; n < 500; n += 1) store.add(makeDelivery())
    await start().whenIdle()
    expect(new Set(email.sent.map(({ delivery }) => delivery.id)).size).toBe(500)
    expect(email.sent).toHaveLength(500)
  })

  it('sends a copy once though the clock jumps past its lease meanwhile', async () => {
    const gates: (() => void)[] = []
    const slow = () => new Promise<SendResult>((resolve) => gates.push(() => resolve(SENT)))
    const { clock, store, wakeup, email, start, close } = setUp(slow)
    const { id } = store.add(makeDelivery())
    const outbox = start()
    await settled()
    clock.jump(240_000)
    store.add(makeDelivery())
    wakeup.notify(OUTBOX_TOPIC)
    await settled()
    expect(email.sent.filter(({ delivery }) => delivery.id === id)).toHaveLength(1)
    for (const open of gates.splice(0)) open()
    await outbox.whenIdle()
    expect(store.row(id)).toMatchObject({ state: 'sent', tries: 1 })
    expect(email.sent).toHaveLength(2)
    await close(outbox)
  })

  it('two processes send each copy once', async () => {
    const { store, email, start } = setUp(() => SENT)
    const outboxes = [start('process-1'), start('process-2')]
    for (let n = 0; n < 100; n += 1) store.add(makeDelivery())
    await Promise.all(outboxes.map((outbox) => outbox.whenIdle()))
    await settled()
    expect(email.sent.length).toBe(new Set(email.sent.map(({ delivery }) => delivery.id)).size)
  })
})

describe('trying again', () => {
  it('waits as the schedule says, then gives up', async () => {
    const times: number[] = []
    const { clock, store, start, close } = setUp(() => {
      times.push(clock.now())
      return LATER
    })
    const { id } = store.add(makeDelivery())
    const outbox = start()
    await clock.advance(3_600_000)
    const waits = times.slice(1).map((time, index) => (time - times[index]!) / 1000)
    expect(waits).toEqual(COPY_RETRY_SECONDS)
    expect(store.row(id)).toMatchObject({ state: 'failed', tries: 8, lastError: '451 later' })
    await close(outbox)
  })

  it.each([
    [0, 4_500],
    [0.999999, 5_500],
  ])('spreads retries: random %d makes the first wait %d ms', async (random, expected) => {
    const times: number[] = []
    const { clock, store, start, close } = setUp(
      () => {
        times.push(clock.now())
        return LATER
      },
      { random: () => random },
    )
    store.add(makeDelivery())
    const outbox = start()
    await clock.advance(10_000)
    expect(times[1]! - times[0]!).toBe(expected)
    await close(outbox)
  })

  it('stops when the code has expired', async () => {
    const { clock, store, email, start, close } = setUp(() => LATER)
    const { id } = store.add(makeDelivery({ expiresAt: RECEIVED_AT + 60_000 }))
    const outbox = start()
    await clock.advance(3_600_000)
    expect(store.row(id)).toMatchObject({ state: 'expired', lastError: '451 later' })
    expect(email.sent).toHaveLength(4)
    await close(outbox)
  })

  it('says that it expired as soon as it has, not at the next try', async () => {
    const { clock, store, start, close } = setUp(() => LATER)
    const { id } = store.add(makeDelivery({ expiresAt: RECEIVED_AT + 60_000 }))
    const outbox = start()
    await clock.advance(59_900)
    expect(store.row(id).state).toBe('due')
    await clock.advance(500)
    expect(store.row(id).state).toBe('expired')
    await close(outbox)
  })

  it('a copy that waited for its courier until the code was dead is not sent', async () => {
    const slow = () => new Promise<SendResult>((resolve) => clock.after(30_000, () => resolve(SENT)))
    const { clock, store, email, start, close } = setUp(slow, { concurrency: 1 })
    store.add(makeDelivery())
    const { id } = store.add(makeDelivery({ expiresAt: RECEIVED_AT + 20_000 }))
    const outbox = start()
    await clock.advance(40_000)
    expect(email.sent).toHaveLength(1)
    expect(store.row(id).state).toBe('expired')
    await close(outbox)
  })

  it('does not try again what is refused for good, and keeps why', async () => {
    const { clock, store, email, start, close } = setUp(() => NEVER)
    const { id } = store.add(makeDelivery())
    const outbox = start()
    await clock.advance(3_600_000)
    expect(email.sent).toHaveLength(1)
    expect(store.row(id)).toMatchObject({ state: 'failed', lastError: '550 no' })
    await close(outbox)
  })

  it('a courier that throws, or never answers, is a temporary failure', async () => {
    const answers: (() => Promise<SendResult>)[] = [
      () => Promise.reject(new Error('a fault of ours')),
      () => new Promise(() => {}),
      async () => SENT,
    ]
    const { clock, store, start, close } = setUp(() => answers.shift()!())
    const { id } = store.add(makeDelivery())
    const outbox = start()
    await clock.advance(1_000)
    expect(store.row(id)).toMatchObject({
      state: 'due',
      lastError: expect.stringContaining('a fault of ours'),
    })
    await clock.advance(120_000)
    expect(store.row(id)).toMatchObject({ state: 'sent', tries: 3 })
    await close(outbox)
  })
})

describe('who is asked at the last moment', () => {
  it.each([
    ['stopped', 'code_copy', 'the recipient wants no more copies'],
    ['stopped', 'confirm_recipient', 'the recipient wants no more copies'],
    ['pending', 'code_copy', 'the recipient has not confirmed'],
    ['confirmed', 'confirm_recipient', 'the recipient has confirmed already'],
  ] as const)('a recipient who is %s gets no %s', async (state, kind, why) => {
    const { store, email, start } = setUp(() => SENT)
    const { id } = store.add(makeDelivery({ kind }), state)
    await start().whenIdle()
    expect(email.sent).toEqual([])
    expect(store.row(id)).toMatchObject({ state: 'failed', lastError: why })
  })

  it('a pending recipient is asked', async () => {
    const { store, email, start } = setUp(() => SENT)
    store.add(makeDelivery({ kind: 'confirm_recipient' }), 'pending')
    await start().whenIdle()
    expect(email.sent).toHaveLength(1)
  })

  it('who stops between two tries gets no second', async () => {
    const { clock, store, email, start, close } = setUp(() => LATER)
    const { id, recipientId } = store.add(makeDelivery())
    const outbox = start()
    await clock.advance(1_000)
    store.stop(recipientId)
    await clock.advance(60_000)
    expect(email.sent).toHaveLength(1)
    expect(store.row(id).state).toBe('failed')
    await close(outbox)
  })

  it('a delivery without its courier fails and says so', async () => {
    const { store, email, start } = setUp(() => SENT)
    const { id } = store.add(makeDelivery({ courier: 'sms', address: '+14155550123' }))
    await start('process-1', { email }).whenIdle()
    expect(store.row(id)).toMatchObject({
      state: 'failed',
      lastError: 'copies by SMS are not set up: SMS_FROM or the Twilio account is missing',
    })
  })
})

describe('crashes and outages', () => {
  it('a crash between send and mark costs one more send of the same delivery, no more', async () => {
    const { clock, store, email, start } = setUp(() => SENT)
    const { id } = store.add(makeDelivery())
    // The first process leased it, sent it, and died: nothing was written down.
    await store.claimDeliveries({
      now: clock.now(),
      leaseUntil: clock.now() + 120_000,
      holder: 'process-0',
      limit: 1,
      limitEach: 1,
      busy: [],
    })
    const outbox = start('process-1')
    await clock.advance(119_000)
    expect(email.sent).toHaveLength(0)
    await clock.advance(20_000)
    expect(email.sent.map(({ delivery }) => delivery.id)).toEqual([id])
    await clock.advance(3_600_000)
    expect(email.sent).toHaveLength(1)
    expect(outbox.isIdle()).toBe(true)
  })

  it('a store that fails when the send is done is told again until it listens: no second send', async () => {
    const { clock, store, email, start, close } = setUp(() => {
      store.setDown(true)
      return SENT
    })
    const { id } = store.add(makeDelivery())
    const outbox = start()
    await clock.advance(10_000)
    expect(store.row(id).state).toBe('leased')
    store.setDown(false)
    await clock.advance(10_000)
    expect(store.row(id)).toMatchObject({ state: 'sent', tries: 1 })
    expect(email.sent).toHaveLength(1)
    await close(outbox)
  })

  it('outlives an outage of the store, and asks it ever less often', async () => {
    const { clock, store, wakeup, email, start, close } = setUp(() => SENT)
    let claims = 0
    const { claimDeliveries } = store
    store.claimDeliveries = (request) => {
      claims += 1
      return claimDeliveries(request)
    }
    store.setDown(true)
    const outbox = start()
    for (let minute = 0; minute < 10; minute += 1) {
      for (let second = 0; second < 60; second += 1) {
        wakeup.notify(OUTBOX_TOPIC)
        await clock.advance(1_000)
      }
    }
    expect(claims).toBeLessThan(40)
    store.setDown(false)
    store.add(makeDelivery())
    await clock.advance(60_000)
    expect(email.sent).toHaveLength(1)
    await close(outbox)
  })

  it('never sends on a lease that is about to run out', async () => {
    const slow = () => new Promise<SendResult>((resolve) => clock.after(50_000, () => resolve(SENT)))
    const { clock, store, email, start, close } = setUp(slow, { concurrency: 1 })
    for (let n = 0; n < 4; n += 1) store.add(makeDelivery())
    const outbox = start()
    await clock.advance(3_600_000)
    expect(email.sent.map(({ delivery }) => delivery.id).sort()).toEqual(
      [...new Set(email.sent.map(({ delivery }) => delivery.id))].sort(),
    )
    expect(email.sent).toHaveLength(4)
    await close(outbox)
  })
})

describe('shutting down', () => {
  it('lets sends under way finish, gives back the rest at once, and closes the couriers', async () => {
    const gates: (() => void)[] = []
    const slow = () => new Promise<SendResult>((resolve) => gates.push(() => resolve(SENT)))
    const { store, email, start } = setUp(slow, { concurrency: 1 })
    const under = store.add(makeDelivery())
    const waiting = store.add(makeDelivery())
    const outbox = start()
    await settled()
    const closing = outbox.close(5_000)
    await settled()
    gates[0]!()
    await closing
    expect(store.row(under.id)).toMatchObject({ state: 'sent', tries: 1 })
    expect(store.row(waiting.id)).toMatchObject({ state: 'due', tries: 0 })
    expect(email.sent).toHaveLength(1)
    expect(email.isClosed()).toBe(true)
  })

  it('does not wait longer than its grace for a send that hangs', async () => {
    const { clock, store, start } = setUp(() => new Promise(() => {}))
    const { id } = store.add(makeDelivery())
    const outbox = start()
    await settled()
    const startedAt = clock.now()
    let endedAt = 0
    const closing = outbox.close(2_000).then(() => {
      endedAt = clock.now()
    })
    await clock.advance(10_000)
    await closing
    expect(endedAt - startedAt).toBeLessThanOrEqual(3_000)
    expect(store.row(id)).toMatchObject({ state: 'due', lastError: expect.stringContaining('shutting down') })
  })

  it('ends even while the store is down', async () => {
    const { clock, store, start } = setUp(() => SENT)
    store.setDown(true)
    const outbox = start()
    await clock.advance(60_000)
    const closing = outbox.close(1_000)
    await clock.advance(5_000)
    await closing
  })

  it('takes nothing more', async () => {
    const { clock, store, wakeup, email, start, close } = setUp(() => SENT)
    const outbox = start()
    await close(outbox)
    store.add(makeDelivery())
    wakeup.notify(OUTBOX_TOPIC)
    await clock.advance(60_000)
    expect(email.sent).toEqual([])
  })
})
