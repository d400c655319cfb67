import { Failure } from '../domain/failure.ts'

/** How much may be on its way into the store at once. */
export type IntakeLimits = {
  /** Messages from their last byte to their commit. */
  readonly maxMessages: number
  /** Once the oldest has been on its way for so long, something is stuck: more would only wait behind it. */
  readonly maxAgeMs: number
  readonly now?: () => number
}

/**
 * The bound on what waits for readers and writer. Beyond it senders are told to come back, which costs them a
 * minute; without it a store that is slow would be met by a process that grows until it is killed.
 */
export type Intake = {
  /** @throws Failure `unavailable`, at once, when there is no room; else whatever `work` throws */
  run<T>(work: () => Promise<T>): Promise<T>
  /** Why there is no room, or null. Doors ask before they take a message in. */
  whyFull(): 'count' | 'age' | null
  inFlight(): number
}

export function createIntake({ maxMessages, maxAgeMs, now = () => performance.now() }: IntakeLimits): Intake {
  // In the order they came: the first is the oldest.
  const startedAt = new Map<symbol, number>()

  function whyFull(): 'count' | 'age' | null {
    if (startedAt.size >= maxMessages) return 'count'
    const oldest = startedAt.values().next().value
    return oldest !== undefined && now() - oldest > maxAgeMs ? 'age' : null
  }
  return {
    whyFull,
    inFlight: () => startedAt.size,
    async run(work) {
      const why = whyFull()
      if (why !== null) throw new Failure('unavailable', WORDS[why])
      const ticket = Symbol()
      startedAt.set(ticket, now())
      try {
        return await work()
      } finally {
        startedAt.delete(ticket)
      }
    },
  }
}

const WORDS = {
  count: 'Too many messages are being kept; try again',
  age: 'The store is behind; try again',
} as const
