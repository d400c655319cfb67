import type { InboundMessage } from '../domain/message.ts'
import type { Reading } from '../domain/reading.ts'
import type { Utilities } from '../utilities/definition.ts'
import type { ReadFor } from './read-message.ts'

/** What the main thread tells a reader thread. */
export type ToReader =
  | {
      readonly kind: 'read'
      readonly task: number
      /** Counts what this thread was given to read. */
      readonly order: number
      readonly message: InboundMessage
      readonly readers: readonly ReadFor[]
    }
  | { readonly kind: 'reload'; readonly utilities: Utilities }

/** What a reader thread answers. */
export type FromReader =
  /** `systemThread`: its number with the operating system; null: not known. */
  | { readonly kind: 'ready'; readonly systemThread: number | null }
  | { readonly kind: 'done'; readonly task: number; readonly reading: Reading }
  /** Reading threw something that it should not have; the thread goes on. */
  | { readonly kind: 'failed'; readonly task: number; readonly error: string }

/** What a reader thread starts with. */
export type ReaderData<Settings> = {
  readonly occupancy: SharedArrayBuffer
  readonly utilities: Utilities
  readonly settings: Settings
}

/**
 * Cells that both threads see: which task the reader thread is busy with, and how often it took one up. The thread
 * writes them before it begins and after every wait, so that they are right even while it is stuck. And up to which of
 * its orders it need not begin any more, as they were given to another.
 */
export type Occupancy = {
  /** Thread side: this task has the thread now, until the event loop turns. */
  enter(task: number): void
  /** Main side. `task` is 0 while the thread idles or waits; `turn` differs for each taking up. */
  look(): { readonly task: number; readonly turn: number }
  /** Main side: what was sent so far and is not begun is taken away. */
  takeBack(upTo: number): void
  /** Thread side. */
  isTakenBack(order: number): boolean
}

const TASK = 0
const TURN = 1
const TAKEN_BACK = 2

export const newOccupancy = (): SharedArrayBuffer => new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)

export function occupancyOf(buffer: SharedArrayBuffer): Occupancy {
  const cell = new Int32Array(buffer)
  return {
    enter(task) {
      const turn = Atomics.add(cell, TURN, 1) + 1
      Atomics.store(cell, TASK, task)
      // Runs only once the thread is free again; whoever came later has written a turn of their own.
      setImmediate(() => {
        if (Atomics.load(cell, TURN) === turn) Atomics.store(cell, TASK, 0)
      })
    },
    look: () => ({ task: Atomics.load(cell, TASK), turn: Atomics.load(cell, TURN) }),
    takeBack: (upTo) => void Atomics.store(cell, TAKEN_BACK, upTo),
    isTakenBack: (order) => order <= Atomics.load(cell, TAKEN_BACK),
  }
}
