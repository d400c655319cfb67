import type { Courier, Delivery, SendResult } from '../domain/delivery.ts'
import { log } from '../log.ts'
import type { OutboxStore } from '../store/store.ts'
import { ANY_TOPIC, OUTBOX_TOPIC, type Wakeup } from '../wakeup/wakeup.ts'
import { type Bell, makeBell } from './bell.ts'
import { type Clock, systemClock } from './clock.ts'
import type { CourierPort } from './courier.ts'
import { deliver, TRY_MS } from './deliver.ts'
import { type Lanes, makeLanes } from './lanes.ts'

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

/** The running outbox. */
export type Outbox = {
  /** Whether nothing is under way and nothing is due. */
  isIdle(): boolean
  /** Resolves when {@link Outbox.isIdle} is true; deliveries that wait for a retry do not count. */
  whenIdle(): Promise<void>
  /** Takes no more, lets sends under way finish within `graceMs`, gives the rest back, closes the couriers. */
  close(graceMs: number): Promise<void>
}

/** Longer than the wait in a lane and one try together. */
const LEASE_MS = 2 * TRY_MS
const BATCH = 50
const HELD_LIMIT = 200
/** A wake-up may be lost: the store is asked now and then anyway. */
const POLL_MS = 15_000
const SHORTEST_PAUSE_MS = 250
const FIRST_BACKOFF_MS = 250
const LONGEST_BACKOFF_MS = 30_000
/** For sends that were told to stop, to write down that they did. */
const LAST_WORDS_MS = 1_000

/** A delivery and until when it is ours. */
type Lease = { readonly delivery: Delivery; leaseUntil: number }

/**
 * Starts to send what is due: at once when told, at the due time of retries, and now and then in case a hint was
 * lost. The store leases; several processes may run one outbox each.
 */
export function startOutbox(deps: OutboxDeps): Outbox {
  const clock = deps.clock ?? systemClock
  const bell = makeBell(clock)
  const giveUp = new AbortController()
  const leases = holdLeases({ ...deps, clock }, bell, giveUp.signal)
  const rounds = startRounds(clock, bell, () => round(deps, clock, leases))
  const isIdle = () => rounds.isAsleep() && !bell.isRung() && leases.size() === 0
  const unsubscribe = deps.wakeup.subscribe((topic) => {
    if (topic === OUTBOX_TOPIC || topic === ANY_TOPIC) bell.ring()
  })
  return {
    isIdle,
    async whenIdle() {
      while (!isIdle()) {
        await rounds.asleep()
        await leases.whenEmpty()
      }
    },
    async close(graceMs) {
      unsubscribe()
      await rounds.stop()
      leases.dropWaiting()
      await atMost(clock, graceMs, leases.whenEmpty())
      giveUp.abort(new Error('the relay is shutting down'))
      await atMost(clock, LAST_WORDS_MS, leases.whenEmpty())
      await deps.store.releaseDeliveries(deps.holder).catch((error: unknown) => log.outboxFailed({ error }))
      await Promise.all(Object.values(deps.couriers).map((courier) => courier.close()))
    },
  }
}

/** Resolves with `work`, or after `ms`; leaves no timer behind that would keep the process alive. */
function atMost(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve)
    void work.then(() => {
      cancel()
      resolve()
    })
  })
}

/** What this process holds: waiting for its courier or being sent. */
function holdLeases(
  deps: OutboxDeps & { clock: Clock },
  bell: Bell,
  giveUp: AbortSignal,
): Lanes<Courier, Lease> {
  const deliverDeps = { ...deps, random: deps.random ?? Math.random, giveUp }
  const held = new Map<string, Lease>()
  async function handle({ delivery, leaseUntil }: Lease): Promise<void> {
    try {
      const isDueAgain = await deliver(deliverDeps, delivery, leaseUntil)
      // A retry changes when to look next; and while all room was taken, more may be due.
      if (isDueAgain || leases.size() >= HELD_LIMIT) bell.ring()
    } catch (error) {
      log.outboxFailed({ error })
    } finally {
      held.delete(delivery.id)
    }
  }
  const leases = makeLanes<Courier, Lease>((courier) => deps.couriers[courier]?.concurrency ?? 1, handle)
  return {
    ...leases,
    add(courier, lease) {
      const mine = held.get(lease.delivery.id)
      // A clock that is set forward makes leases run out while they are used: one send is enough.
      if (mine) mine.leaseUntil = lease.leaseUntil
      else {
        held.set(lease.delivery.id, lease)
        leases.add(courier, lease)
      }
    },
  }
}

/** Leases what is due and answers for how many ms nothing more will be. */
async function round(deps: OutboxDeps, clock: Clock, leases: Lanes<Courier, Lease>): Promise<number> {
  const limit = Math.min(BATCH, HELD_LIMIT - leases.size())
  if (limit <= 0) return POLL_MS
  const now = clock.now()
  const leaseUntil = now + LEASE_MS
  const deliveries = await deps.store.claimDeliveries({ now, leaseUntil, holder: deps.holder, limit })
  for (const delivery of deliveries) leases.add(delivery.courier, { delivery, leaseUntil })
  if (deliveries.length === limit) return 0
  const next = await deps.store.nextDeliveryAt()
  if (next === null) return POLL_MS
  // Something that is due but was not leased is no reason to ask without a pause.
  return Math.min(POLL_MS, Math.max(SHORTEST_PAUSE_MS, next - clock.now()))
}

/** Runs rounds until stopped; never ends by itself. A store that fails is asked ever less often. */
function startRounds(clock: Clock, bell: Bell, runRound: () => Promise<number>) {
  let isStopping = false
  let isAsleep = false
  const sleepers: (() => void)[] = []
  let failures = 0

  async function quietAfterRound(): Promise<number> {
    try {
      const quietMs = await runRound()
      failures = 0
      return quietMs
    } catch (error) {
      log.outboxFailed({ error })
      failures += 1
      return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 10))
    }
  }
  /** After a failure, hints do not shorten the wait: there are most of them when the store is in trouble. */
  async function sleep(ms: number): Promise<void> {
    const until = clock.now() + ms
    await bell.wait(ms)
    while (failures > 0 && !isStopping && clock.now() < until) {
      bell.hush()
      await bell.wait(until - clock.now())
    }
  }
  async function run(): Promise<void> {
    while (!isStopping) {
      const quietMs = await quietAfterRound()
      if (quietMs === 0 || isStopping) continue
      isAsleep = failures === 0
      for (const resolve of isAsleep ? sleepers.splice(0) : []) resolve()
      await sleep(quietMs)
      isAsleep = false
      bell.hush()
    }
  }
  const running = run()
  return {
    isAsleep: () => isAsleep,
    asleep: () =>
      new Promise<void>((resolve) => (isAsleep && !bell.isRung() ? resolve() : sleepers.push(resolve))),
    async stop() {
      isStopping = true
      bell.ring()
      await running
    },
  }
}
