import type { InboundMessage } from '../domain/message.ts'
import type { Reading } from '../domain/reading.ts'
import type { Utilities } from '../utilities/definition.ts'
import type { ReadFor } from './read-message.ts'

export type ReaderPoolOptions = {
  /** Threads that read at the same time. */
  readonly workers: number
  /**
   * So long one message may keep a thread busy without a pause; waiting for DNS is a pause. Four times as long if it is
   * large (a megabyte), as that is read at a low priority.
   */
  readonly deadlineMs: number
  /** The worker's entry: src/assemble-worker.ts, or .js once built. */
  readonly entry: URL
  readonly utilities: Utilities
  /** Handed to the worker's entry; plain data. */
  readonly settings: unknown
  /** There are processors for more threads than `workers`: the spare helps where messages queue up. Default: no. */
  readonly spareHelps?: boolean
  /** So long the thread for what is large is kept while there is nothing for it. Default: a minute. */
  readonly slowIdleMs?: number
  /** Heap of a thread; beyond it the thread dies, and only the thread. */
  readonly heapMb?: number
}

export type ReaderPool = {
  /** Never rejects because of what is in the message: what cannot be read comes back as `unread`. */
  read(message: InboundMessage, readers: readonly ReadFor[]): Promise<Reading>
  /** Definitions changed: every thread reads with these from the next message on. */
  reload(utilities: Utilities): void
  /** Messages that wait for a thread or are being read. */
  pending(): number
  /** Ends all threads; what is being read is rejected. */
  close(): Promise<void>
}
