import { log } from '../log.ts'
import { ANY_TOPIC, type Wakeup } from '../wakeup/wakeup.ts'
import { type Bell, makeBell } from './bell.ts'
import type { Clock } from './clock.ts'
import { type Lanes, makeLanes } from './lanes.ts'

/** What a queue of sends works with: how they are leased, and what is done with each. */
export type QueueDeps<Job extends { readonly id: string }, Lane> = {
  readonly clock: Clock
  readonly wakeup: Pick<Wakeup, 'subscribe'>
  /** The topic on which new ones are announced. */
  readonly topic: string
  /** Leases up to `limit` that are due, up to `limitEach` of each lane; those of a busy lane may be left for later. */
  readonly claim: (request: {
    readonly now: number
    readonly leaseUntil: number
    readonly limit: number
    readonly limitEach: number
    readonly busy: readonly Lane[]
  }) => Promise<readonly Job[]>
  /** When the next is due, ms UTC; those of busy lanes need not count. */
  readonly nextAt: (busy: readonly Lane[]) => Promise<number | null>
  /** Gives back what this process holds. */
  readonly release: () => Promise<unknown>
  /** Sends one, and answers whether the store should be asked again because of it. Ends early when told to give up. */
  readonly handle: (job: Job, leaseUntil: number, giveUp: AbortSignal) => Promise<boolean>
  readonly laneOf: (job: Job) => Lane
  /** How many of a lane may be on their way at once. */
  readonly concurrencyOf: (lane: Lane) => number
  /** So many of a lane a claim brings at most; fewer mean that no more of it are due. */
  readonly limitEach: number
}

/** A running queue. */
export type Queue = {
  /** Whether nothing is under way and nothing is due. */
  isIdle(): boolean
  /** Resolves when {@link Queue.isIdle} is true; what waits for a retry does not count. */
  whenIdle(): Promise<void>
  /** Takes no more, lets sends under way finish within `graceMs`, gives the rest back. */
  close(graceMs: number): Promise<void>
}

/** A try that takes longer is ended: its lease must not run out while it is under way. */
export const TRY_MS = 60_000
/** Longer than the wait in a lane and one try together. */
const LEASE_MS = 2 * TRY_MS
/**
 * A claim brings a lane so many times what it sends at once. The more, the fewer claims; but what a process holds when
 * it is killed waits for the end of its lease, and what waits behind sends that hang may outwait its own.
 */
export const GOES_PER_CLAIM = 3
const BATCH = 50
/** Of all lanes together. */
const HELD_LIMIT = 200
/** A wake-up may be lost: the store is asked now and then anyway. */
const POLL_MS = 15_000
const SHORTEST_PAUSE_MS = 250
const FIRST_BACKOFF_MS = 250
const LONGEST_BACKOFF_MS = 30_000
/** For sends that were told to stop, to write down that they did. */
const LAST_WORDS_MS = 1_000

/** A job and until when it is ours. */
type Lease<Job> = { readonly job: Job; leaseUntil: number }

type Leases<Lane, Job> = Lanes<Lane, Lease<Job>> & {
  /** Of these lanes more may be due than is held: the store is asked again as soon as one of them has room. */
  expectMoreOf(lanes: readonly Lane[]): void
}

/**
 * Starts to send what is due: at once when told, at the due time of retries, and now and then in case a hint was
 * lost. The store leases; several processes may run one queue each.
 */
export function startQueue<Job extends { readonly id: string }, Lane>(deps: QueueDeps<Job, Lane>): Queue {
  const { clock, topic } = deps
  const bell = makeBell(clock)
  const giveUp = new AbortController()
  const leases = holdLeases(deps, bell, giveUp.signal)
  const rounds = startRounds(clock, bell, () => round(deps, leases))
  const isIdle = () => rounds.isAsleep() && !bell.isRung() && leases.size() === 0
  const unsubscribe = deps.wakeup.subscribe((heard) => {
    if (heard === topic || heard === ANY_TOPIC) bell.ring()
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
      await deps.release().catch((error: unknown) => log.outboxFailed({ error }))
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

/** What this process holds: waiting in its lane or being sent. */
function holdLeases<Job extends { readonly id: string }, Lane>(
  deps: QueueDeps<Job, Lane>,
  bell: Bell,
  giveUp: AbortSignal,
): Leases<Lane, Job> {
  const held = new Map<string, Lease<Job>>()
  let withMore = new Set<Lane>()
  async function handle({ job, leaseUntil }: Lease<Job>): Promise<void> {
    try {
      const isWorthALook = await deps.handle(job, leaseUntil, giveUp)
      if (isWorthALook) lookAgain(deps.laneOf(job))
      // While all room was taken, more may be due.
      if (leases.size() >= HELD_LIMIT) bell.ring()
    } catch (error) {
      log.outboxFailed({ error })
    } finally {
      held.delete(job.id)
    }
  }
  /** A retry changes when to look next. Nobody looks for those of a full lane before it has room. */
  function lookAgain(lane: Lane): void {
    if (leases.full().includes(lane)) withMore.add(lane)
    else bell.ring()
  }
  const leases = makeLanes<Lane, Lease<Job>>(deps.concurrencyOf, handle, (lane) => {
    if (withMore.has(lane)) bell.ring()
  })
  return {
    ...leases,
    expectMoreOf(lanes) {
      withMore = new Set(lanes)
    },
    add(lane, lease) {
      const mine = held.get(lease.job.id)
      // A clock that is set forward makes leases run out while they are used: one send is enough.
      if (mine) mine.leaseUntil = lease.leaseUntil
      else {
        held.set(lease.job.id, lease)
        leases.add(lane, lease)
      }
    },
  }
}

/** Leases what is due and answers for how many ms nothing more will be. */
async function round<Job extends { readonly id: string }, Lane>(
  { clock, claim, nextAt, laneOf, limitEach }: QueueDeps<Job, Lane>,
  leases: Leases<Lane, Job>,
): Promise<number> {
  const limit = Math.min(BATCH, HELD_LIMIT - leases.size())
  if (limit <= 0) return POLL_MS
  const now = clock.now()
  const leaseUntil = now + LEASE_MS
  const busy = leases.full()
  leases.expectMoreOf(busy)
  const jobs = await claim({ now, leaseUntil, limit, limitEach, busy })
  const lanes = Map.groupBy(jobs, laneOf)
  leases.expectMoreOf([...busy, ...[...lanes.keys()].filter((lane) => lanes.get(lane)!.length >= limitEach)])
  for (const job of jobs) leases.add(laneOf(job), { job, leaseUntil })
  if (jobs.length === limit) return 0
  const next = await nextAt(leases.full())
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
