import type { Channel } from '../domain/message.ts'
import type { ClaimResult } from '../store/store.ts'

/** What a long poll ends with; `none`: nothing in time. */
export type WaitResult = ClaimResult

/** One long poll. */
export type Waiter = {
  resolve(result: WaitResult): void
  reject(error: unknown): void
  /** Of the monotonic clock, ms. */
  readonly startedAt: number
  readonly endsAt: number
  alarm: NodeJS.Timeout | null
  /** Its time is up: it takes whatever the next look brings. */
  isDue: boolean
}

/**
 * Where the polls of one attempt wait that ask for the same: they share each look into the store, and all get
 * the same code.
 */
export type Desk = {
  readonly topics: readonly string[]
  readonly attemptId: string
  readonly after: string | undefined
  readonly channel: Channel | undefined
  readonly actor: string
  readonly waiters: Set<Waiter>
  /** ms UTC. */
  expiresAt: number
  /** The attempt was closed or extended since it was read. */
  isAttemptStale: boolean
  /** A code of one of its sources was announced that it has not asked for yet. */
  isHinted: boolean
  /** When the hint came that it has not been answered for yet, of the monotonic clock. */
  wokenAt: number | null
  isAsking: boolean
  askAgain: boolean
}

export type DeskRequest = {
  readonly attemptId: string
  readonly after?: string
  readonly channel?: Channel
  readonly actor: string
  readonly expiresAt: number
}

/** The topic on which a change of the attempt itself is announced: closed, or extended. */
export const attemptTopic = (attemptId: string): string => `attempt:${attemptId}`

/**
 * All desks, by the topics that wake them. A desk lives as long as somebody waits at it. Arrays, as nearly every
 * topic has one desk and a Set for each would take more than the waiter itself.
 */
export function createDesks() {
  const byTopic = new Map<string, Desk[]>()
  let waiting = 0
  const at = (topic: string): readonly Desk[] => byTopic.get(topic) ?? []

  function open(request: DeskRequest, topics: readonly string[]): Desk {
    const { attemptId, after, channel, actor, expiresAt } = request
    const state = { isAttemptStale: false, isHinted: false, wokenAt: null, isAsking: false, askAgain: false }
    const desk: Desk = { topics, attemptId, after, channel, actor, expiresAt, waiters: new Set(), ...state }
    // Exactly as long as they are: a spread leaves room for sixteen more.
    for (const topic of topics) byTopic.set(topic, at(topic).concat(desk))
    return desk
  }

  function close(desk: Desk): void {
    for (const topic of desk.topics) {
      const others = at(topic).filter((other) => other !== desk)
      if (others.length > 0) byTopic.set(topic, others)
      else byTopic.delete(topic)
    }
  }

  return {
    /** @param sources code sources of the attempt */
    join(request: DeskRequest, sources: readonly string[], waiter: Waiter): Desk {
      const own = attemptTopic(request.attemptId)
      const isSame = (desk: Desk) =>
        desk.after === request.after && desk.channel === request.channel && desk.actor === request.actor
      const desk = at(own).find(isSame) ?? open(request, [own].concat(sources))
      desk.expiresAt = Math.max(desk.expiresAt, request.expiresAt)
      desk.waiters.add(waiter)
      waiting += 1
      return desk
    },
    /** Harmless for a waiter that left before. */
    leave(desk: Desk, waiter: Waiter): void {
      if (!desk.waiters.delete(waiter)) return
      waiting -= 1
      if (desk.waiters.size === 0) close(desk)
    },
    at,
    all: (): Desk[] => [...new Set([...byTopic.values()].flat())],
    /** Polls that wait now. */
    count: (): number => waiting,
  }
}
