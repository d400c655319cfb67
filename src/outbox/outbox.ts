import { COURIERS, type Courier, type Delivery, type SendResult } from '../domain/delivery.ts'
import type { OutboxStore } from '../store/store.ts'
import { OUTBOX_TOPIC, type Wakeup } from '../wakeup/wakeup.ts'
import { type Clock, systemClock } from './clock.ts'
import type { CourierPort } from './courier.ts'
import { deliver } from './deliver.ts'
import { GOES_PER_CLAIM, type Queue, startQueue } from './queue.ts'

/** What the outbox works with; handed in by assemble.ts. */
export type OutboxDeps = {
  readonly store: Pick<
    OutboxStore,
    | 'claimDeliveries'
    | 'loadDelivery'
    | 'finishDelivery'
    | 'releaseDeliveries'
    | 'nextDeliveryAt'
    | 'getRecipient'
  >
  readonly wakeup: Pick<Wakeup, 'subscribe'>
  /** A delivery whose courier is missing fails at once, and says so. */
  readonly couriers: Readonly<Partial<Record<Courier, CourierPort>>>
  /** Names this process; another process must have another name. */
  readonly holder: string
  readonly clock?: Clock
  readonly random?: () => number
  /** Why a delivery may not leave; see deliver.ts. Absent: all may. */
  readonly admit?: (delivery: Delivery) => Promise<string | null>
  /** For metrics: how each try ended and how long it took. */
  readonly onResult?: (delivery: Delivery, result: SendResult, ms: number) => void
}

/** The running outbox; closing it closes its couriers too. */
export type Outbox = Queue

/** Starts to send copies that are due; a slow courier does not hold up another. */
export function startOutbox(deps: OutboxDeps): Outbox {
  const { store, wakeup, couriers, holder, clock = systemClock, random = Math.random } = deps
  const concurrencyOf = (courier: Courier) => couriers[courier]?.concurrency ?? 1
  const queue = startQueue<Delivery, Courier>({
    clock,
    wakeup,
    topic: OUTBOX_TOPIC,
    claim: (request) => store.claimDeliveries({ ...request, holder }),
    nextAt: store.nextDeliveryAt,
    release: () => store.releaseDeliveries(holder),
    handle: (delivery, leaseUntil, giveUp) =>
      deliver({ ...deps, clock, random, giveUp }, delivery, leaseUntil),
    laneOf: ({ courier }) => courier,
    concurrencyOf,
    limitEach: GOES_PER_CLAIM * Math.max(...COURIERS.map(concurrencyOf)),
  })
  return {
    ...queue,
    async close(graceMs) {
      await queue.close(graceMs)
      await Promise.all(Object.values(couriers).map((courier) => courier.close()))
    },
  }
}
