import {
  COURIERS,
  type Courier,
  type Delivery,
  type Recipient,
  type SendResult,
} from '../../src/domain/delivery.ts'
import type { Clock } from '../../src/outbox/clock.ts'
import type { OutboxDeps } from '../../src/outbox/outbox.ts'
import type { DeliveryContent } from '../../src/store/store.ts'
import { makeContent } from './content.ts'

/** A clock that stands still until told. */
export type FakeClock = Clock & {
  advance(ms: number): Promise<void>
  /** Sets the time of day; timers are none the wiser. */
  jump(ms: number): void
}

export function fakeClock(startAt: number): FakeClock {
  let now = startAt
  let timers: { at: number; call: () => void }[] = []
  return {
    now: () => now,
    after(ms, call) {
      const timer = { at: now + ms, call }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    jump(ms) {
      now += ms
      timers = timers.map((timer) => Object.assign(timer, { at: timer.at + ms }))
    },
    async advance(ms) {
      const until = now + ms
      for (;;) {
        await settled()
        const next = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        timers = timers.filter((other) => other !== next)
        now = Math.max(now, next.at)
        next.call()
      }
      now = until
      await settled()
    },
  }
}

/** Lets everything run that is ready to: the fakes here never wait for anything but the clock. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

type Row = { -readonly [K in keyof Delivery]: Delivery[K] } & { holder: string | null; leasedUntil: number }

/** Leases as the real store does (test/store/contract.ts holds it to the same); all in memory. */
export function fakeStore(clock: Clock) {
  const rows = new Map<string, Row>()
  const recipients = new Map<string, Recipient>()
  let isDown = false
  const check = () => {
    if (isDown) throw new Error('the disk is gone')
  }
  const isDue = (row: Row, now: number) =>
    (row.state === 'due' && row.dueAt <= now) || (row.state === 'leased' && row.leasedUntil <= now)
  const store = {
    async claimDeliveries({ now, leaseUntil, holder, limit, limitEach, busy }) {
      check()
      for (const row of rows.values()) {
        if (isDue(row, now) && row.expiresAt !== null && row.expiresAt <= now) row.state = 'expired'
      }
      const due = COURIERS.filter((courier) => !busy.includes(courier)).flatMap((courier) =>
        [...rows.values()].filter((row) => row.courier === courier && isDue(row, now)).slice(0, limitEach),
      )
      const found = due.sort((a, b) => a.dueAt - b.dueAt).slice(0, limit)
      for (const row of found) Object.assign(row, { state: 'leased', holder, leasedUntil: leaseUntil })
      return found.map((row) => ({ ...row }))
    },
    async loadDelivery(id): Promise<DeliveryContent | null> {
      check()
      const row = rows.get(id)
      return row ? makeContent({ delivery: { ...row } }) : null
    },
    async finishDelivery(id, result, { now, nextDueAt }) {
      check()
      const row = rows.get(id)!
      row.tries += 1
      row.lastError = result.kind === 'sent' ? null : result.error
      row.state = result.kind === 'sent' ? 'sent' : nextDueAt === null ? 'failed' : 'due'
      row.dueAt = nextDueAt ?? row.dueAt
      row.finishedAt = nextDueAt === null ? now : null
    },
    async releaseDeliveries(holder) {
      check()
      const mine = [...rows.values()].filter((row) => row.state === 'leased' && row.holder === holder)
      for (const row of mine) row.state = 'due'
      return mine.length
    },
    async nextDeliveryAt(busy: readonly Courier[] = []) {
      check()
      const free = [...rows.values()].filter(({ courier }) => !busy.includes(courier))
      const times = free.flatMap((row) =>
        row.state === 'due' ? [row.dueAt] : row.state === 'leased' ? [row.leasedUntil] : [],
      )
      return times.length > 0 ? Math.min(...times) : null
    },
    async getRecipient(id) {
      check()
      return recipients.get(id) ?? null
    },
  } satisfies OutboxDeps['store']
  return {
    ...store,
    row: (id: string) => rows.get(id)!,
    all: () => [...rows.values()],
    /** Whether the disk refuses everything. */
    setDown(down: boolean) {
      isDown = down
    },
    add(delivery: Delivery, state: Recipient['state'] = 'confirmed') {
      rows.set(delivery.id, { ...delivery, state: 'due', dueAt: clock.now(), holder: null, leasedUntil: 0 })
      recipients.set(delivery.recipientId, {
        id: delivery.recipientId,
        connectionId: delivery.connectionId,
        channel: delivery.courier === 'sms' ? 'sms' : 'email',
        address: delivery.address,
        state,
        stopReason: null,
        createdAt: 0,
        confirmedAt: null,
        stoppedAt: null,
      })
      return delivery
    },
    stop(recipientId: string) {
      recipients.set(recipientId, { ...recipients.get(recipientId)!, state: 'stopped' })
    },
  }
}

/** A courier that answers what it is told, and remembers what it was given. */
export function fakeCourier(
  answer: (content: DeliveryContent) => SendResult | Promise<SendResult>,
  concurrency = 5,
) {
  const sent: DeliveryContent[] = []
  let under = 0
  let most = 0
  let isClosed = false
  return {
    concurrency,
    sent,
    most: () => most,
    isClosed: () => isClosed,
    async send(content: DeliveryContent, signal: AbortSignal): Promise<SendResult> {
      sent.push(content)
      under += 1
      most = Math.max(most, under)
      try {
        const aborted = new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        })
        return await Promise.race([answer(content), aborted])
      } finally {
        under -= 1
      }
    },
    async close() {
      isClosed = true
    },
  }
}
