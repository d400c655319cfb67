import { Failure } from '../domain/failure.ts'
import type { Channel } from '../domain/message.ts'
import { log } from '../log.ts'
import type { AttemptStore, ClaimResult, ClaimRules, WaitingClaim } from '../store/store.ts'
import { ANY_TOPIC, type Wakeup } from '../wakeup/wakeup.ts'
import { attemptTopic, createDesks, type Desk, type Waiter, type WaitResult } from './desks.ts'

/*
 * Login runners waiting for codes. A waiter costs no query while nothing happens: who waits is registered under
 * the topics that concern it, and only a hint, its own deadline or sick wake-ups make the store be asked. It is
 * registered before the store is asked first, so that no code slips in between.
 */

export type WaiterDeps = {
  readonly store: Pick<AttemptStore, 'hasCode' | 'claimCode' | 'getAttempt'>
  readonly wakeup: Pick<Wakeup, 'subscribe' | 'isHealthy'>
  readonly rules: Pick<ClaimRules, 'clockSkewMs' | 'offerCandidates'>
  readonly metrics?: {
    codeClaimed(verdict: string, waitedMs: number, since?: { arrivalMs?: number; wakeMs?: number }): void
  }
  readonly now?: () => number
  /** How often all waiters ask while hints from other nodes cannot arrive. */
  readonly slowPollMs?: number
}

export type WaitRequest = {
  readonly attemptId: string
  /** Code sources of the attempt. */
  readonly sources: readonly string[]
  readonly expiresAt: number
  /** Only codes sent later than this one. */
  readonly after?: string
  /** Only codes that came this way. */
  readonly channel?: Channel
  /** For the audit log. */
  readonly actor: string
  readonly waitMs: number
  /** Called with what to do when the client is gone. */
  readonly onGone?: (leave: () => void) => void
}

/** What a runner that waits would claim, to be tried in the commit that writes its code. */
export type Offer = {
  readonly claim: WaitingClaim
  /** Hands over what was claimed, once that is durable. */
  take(result: ClaimResult): void
}

export type Waiters = {
  /** Those who wait for codes of this source now. Whoever is left out of it, or given nothing, asks when hinted. */
  offersAt(source: string): Offer[]
  /** Resolves with a code that is durably bound to the attempt, or when there is none in time. */
  wait(request: WaitRequest): Promise<WaitResult>
  count(): number
  /** Answers everyone who waits, as nothing more will come from this process. */
  close(): void
}

const SLOW_POLL_MS = 2_000
/** One attempt is open for a source, and its polls share a desk, unless they ask for different things. */
const MAX_OFFERS = 4
/** How long a poll lasts is no matter of the time of day, which may be set or stand still. */
const monotonic = (): number => performance.now()

/** The registry of long polls of this process. */
export function createWaiters(deps: WaiterDeps): Waiters {
  const { now = Date.now, slowPollMs = SLOW_POLL_MS } = deps
  const desks = createDesks()
  let isClosed = false

  const askAll = oneAfterTheOther(desks.all, ask)
  const unsubscribe = deps.wakeup.subscribe((topic) => {
    if (topic === ANY_TOPIC) void askAll()
    for (const desk of desks.at(topic)) {
      if (topic === attemptTopic(desk.attemptId)) desk.isAttemptStale = true
      else desk.isHinted = true
      desk.wokenAt ??= monotonic()
      void ask(desk)
    }
  })
  const slowPoll = setInterval(() => {
    if (!deps.wakeup.isHealthy()) void askAll()
  }, slowPollMs).unref()

  async function ask(desk: Desk): Promise<void> {
    if (desk.isAsking) {
      // What is being read may be older than the hint: read once more.
      desk.askAgain = true
      return
    }
    desk.isAsking = true
    try {
      do {
        desk.askAgain = false
        const due = [...desk.waiters].filter((waiter) => waiter.isDue)
        answer(desk, await look(desk), due)
      } while (desk.askAgain && desk.waiters.size > 0)
    } catch (error) {
      for (const waiter of [...desk.waiters]) settle(desk, waiter, () => waiter.reject(error))
    } finally {
      desk.isAsking = false
    }
  }

  async function look(desk: Desk): Promise<WaitResult> {
    const at = now()
    const rules = rulesOf(desk, at)
    if (desk.isAttemptStale || at >= desk.expiresAt) {
      desk.isAttemptStale = false
      const found = await deps.store.getAttempt(desk.attemptId)
      if (!found || found.attempt.closedAt !== null || found.attempt.expiresAt <= at) return { kind: 'over' }
      desk.expiresAt = found.attempt.expiresAt
    }
    // The read costs the writer nothing; only a code that is there is worth its time. A hint says that there is one.
    const { isHinted } = desk
    desk.isHinted = false
    if (!isHinted && !(await deps.store.hasCode(desk.attemptId, rules))) return { kind: 'none' }
    return deps.store.claimCode(desk.attemptId, rules, desk.actor)
  }

  function rulesOf({ after, channel }: Desk, at: number): ClaimRules {
    return {
      ...deps.rules,
      now: at,
      ...(after === undefined ? {} : { after }),
      ...(channel === undefined ? {} : { channel }),
    }
  }

  const offerTo = (desk: Desk): Offer => ({
    claim: { attemptId: desk.attemptId, rules: rulesOf(desk, now()), actor: desk.actor },
    take(result) {
      // Whether the attempt is over is for a look of its own to say.
      if (result.kind === 'code') answer(desk, result, [])
    },
  })

  function answer(desk: Desk, result: WaitResult, due: readonly Waiter[]): void {
    const waiting = [...desk.waiters]
    for (const waiter of result.kind === 'none' ? due : waiting)
      settle(desk, waiter, () => waiter.resolve(result))
    if (result.kind === 'code' && result.isNew) noteClaim(desk, result, waiting)
    desk.wokenAt = null
    // The attempt was extended after their alarm had been set to its end.
    for (const waiter of desk.waiters) if (waiter.alarm === null && !waiter.isDue) setAlarm(desk, waiter)
  }

  function noteClaim(desk: Desk, { code }: WaitResult & { kind: 'code' }, waiting: readonly Waiter[]): void {
    const waitedMs = Math.round(Math.max(0, ...waiting.map(({ startedAt }) => monotonic() - startedAt)))
    const { wokenAt } = desk
    deps.metrics?.codeClaimed(code.verdict, waitedMs, {
      arrivalMs: now() - code.receivedAt,
      ...(wokenAt === null ? {} : { wakeMs: monotonic() - wokenAt }),
    })
    log.codeClaimed({ attemptId: desk.attemptId, codeId: code.id, waitedMs, verdict: code.verdict })
  }

  function settle(desk: Desk, waiter: Waiter, say: () => void): void {
    if (waiter.alarm !== null) clearTimeout(waiter.alarm)
    waiter.alarm = null
    desks.leave(desk, waiter)
    say()
  }

  function setAlarm(desk: Desk, waiter: Waiter): void {
    const ms = Math.min(waiter.endsAt - monotonic(), desk.expiresAt - now())
    waiter.alarm = setTimeout(() => ring(desk, waiter), Math.max(1, ms))
  }

  /** A last look before giving up: hints can get lost. */
  function ring(desk: Desk, waiter: Waiter): void {
    waiter.alarm = null
    waiter.isDue = monotonic() >= waiter.endsAt
    void ask(desk)
  }

  return {
    offersAt: (source) => desks.at(source).slice(0, MAX_OFFERS).map(offerTo),
    wait(request) {
      if (isClosed) return Promise.reject(new Failure('unavailable', 'This node is stopping; try again'))
      return new Promise((resolve, reject) => {
        const startedAt = monotonic()
        const endsAt = startedAt + request.waitMs
        const waiter: Waiter = {
          resolve,
          reject,
          startedAt,
          endsAt,
          alarm: null,
          isDue: request.waitMs === 0,
        }
        const desk = desks.join(request, request.sources, waiter)
        if (!waiter.isDue) setAlarm(desk, waiter)
        const leave = () => settle(desk, waiter, () => resolve({ kind: 'none' }))
        request.onGone?.(leave)
        if (desk.waiters.has(waiter)) void ask(desk)
      })
    },
    count: desks.count,
    close() {
      isClosed = true
      unsubscribe()
      clearInterval(slowPoll)
      for (const desk of desks.all()) {
        for (const waiter of desk.waiters) waiter.isDue = true
        // Who is about to get a code still gets it; all others are told that there is none.
        if (desk.isAsking) desk.askAgain = true
        else answer(desk, { kind: 'none' }, [...desk.waiters])
      }
    },
  }
}

/**
 * Lets all desks ask, as nobody knows whom a missed hint was for. Ten thousand must not fall upon the store at once,
 * and however often it is wanted, one round runs and at most one follows.
 */
function oneAfterTheOther(all: () => Desk[], ask: (desk: Desk) => Promise<void>): () => Promise<void> {
  let isRunning = false
  let isWanted = false
  return async () => {
    isWanted = true
    if (isRunning) return
    isRunning = true
    while (isWanted) {
      isWanted = false
      for (const desk of all()) {
        // That the attempt was closed or extended elsewhere may have been missed, too.
        desk.isAttemptStale = true
        await ask(desk)
      }
    }
    isRunning = false
  }
}
