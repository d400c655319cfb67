import type { ClaimResult } from '../store/store.ts'

/** What a long poll ends with; `none`: nothing in time. */
export type WaitResult = ClaimResult

/** One long poll. */
export type Waiter = {
  resolve(result: WaitResult): void
  reject(error: unknown): void
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
  readonly key: string
  readonly topics: readonly string[]
  readonly attemptId: string
  readonly after: string | undefined
  readonly actor: string
  readonly waiters: Set<Waiter>
  expiresAt: number
  /** The attempt was closed or extended since it was read. */
  isAttemptStale: boolean
  isAsking: boolean
  askAgain: boolean
}

export type DeskRequest = {
  readonly attemptId: string
  readonly after?: string
  readonly actor: string
  readonly expiresAt: number
}

/** All desks, by key and by the topics that wake them. A desk lives as long as somebody waits at it. */
export function createDesks() {
  const byKey = new Map<string, Desk>()
  const byTopic = new Map<string, Set<Desk>>()
  let waiting = 0

  function open(
    key: string,
    { attemptId, after, actor, expiresAt }: DeskRequest,
    topics: readonly string[],
  ): Desk {
    const state = { isAttemptStale: false, isAsking: false, askAgain: false }
    const desk: Desk = { key, topics, attemptId, after, actor, expiresAt, waiters: new Set(), ...state }
    byKey.set(key, desk)
    for (const topic of topics) {
      const others = byTopic.get(topic)
      if (others) others.add(desk)
      else byTopic.set(topic, new Set([desk]))
    }
    return desk
  }

  function close(desk: Desk): void {
    byKey.delete(desk.key)
    for (const topic of desk.topics) {
      const desks = byTopic.get(topic)
      desks?.delete(desk)
      if (desks?.size === 0) byTopic.delete(topic)
    }
  }

  return {
    join(request: DeskRequest, topics: readonly string[], waiter: Waiter): Desk {
      const key = [request.attemptId, request.after ?? '', request.actor].join(' ')
      const desk = byKey.get(key) ?? open(key, request, topics)
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
    at: (topic: string): Iterable<Desk> => [...(byTopic.get(topic) ?? [])],
    all: (): Desk[] => [...byKey.values()],
    /** Polls that wait now. */
    count: (): number => waiting,
  }
}
