import { constants, setPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { InboundMessage } from '../domain/message.ts'
import type { Reading } from '../domain/reading.ts'
import type { Utilities } from '../utilities/definition.ts'
import type { ReadFor } from './read-message.ts'
import {
  type FromReader,
  newOccupancy,
  occupancyOf,
  type ReaderData,
  type ToReader,
} from './reader-protocol.ts'

/** How often the threads are looked at while there is anything to read. */
export const WATCH_MS = 5

/** One reader thread, seen from the main thread. */
export type Reader = {
  /** Tasks given to it and not answered. */
  load: number
  hasStarted: boolean
  isDead: boolean
  /** Resolves when it can read; rejects when it dies before. */
  readonly ready: Promise<void>
  onAnswer: (task: number, reading: Reading | null, error: string | null) => void
  onDeath: (why: string) => void
  send(order: ToReader): void
  /** Answers the number of the order, counted in this thread. */
  read(task: number, message: InboundMessage, readers: readonly ReadFor[]): number
  /** Whatever it has not begun by now is read elsewhere. */
  takeBack(): void
  /**
   * Which task has it now (0: none), and for how long at least. `heldMs` counts no more than {@link WATCH_MS} for each
   * time that it was looked at: on a machine that has no time for us, threads that stand still are not slow.
   */
  occupant(): { readonly task: number; readonly busyMs: number; readonly heldMs: number }
  /** To be called every {@link WATCH_MS}. */
  look(): void
  /** From now on it has a processor only when nobody else wants it much, where the system can do that (Linux). */
  stepBack(): void
  end(): Promise<void>
}

type Options = {
  readonly entry: URL
  readonly settings: unknown
  readonly utilities: Utilities
  readonly heapMb: number
}

export function startReader({ entry, settings, utilities, heapMb }: Options): Reader {
  const occupancy = newOccupancy()
  const workerData: ReaderData<unknown> = { occupancy, utilities, settings }
  const worker = new Worker(entry, {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: heapMb, stackSizeMb: 4 },
  })
  const cell = occupancyOf(occupancy)
  const seen = { turn: 0, since: 0, looks: 0 }
  let sent = 0
  let systemThread: number | null = null
  const start = Promise.withResolvers<void>()
  // Whoever does not wait for the start hears of its failure through onDeath.
  start.promise.catch(() => {})

  const reader: Reader = {
    load: 0,
    hasStarted: false,
    isDead: false,
    ready: start.promise,
    onAnswer: () => {},
    onDeath: () => {},
    send: (order) => worker.postMessage(order),
    read(task, message, readers) {
      sent += 1
      post(worker, { order: sent, task, message, readers })
      return sent
    },
    takeBack: () => cell.takeBack(sent),
    occupant() {
      const { task, turn } = cell.look()
      if (turn !== seen.turn) Object.assign(seen, { turn, since: performance.now(), looks: 0 })
      const busyMs = performance.now() - seen.since
      return { task, busyMs, heldMs: Math.min(busyMs, seen.looks * WATCH_MS) }
    },
    look() {
      if (reader.occupant().task !== 0) seen.looks += 1
    },
    stepBack() {
      try {
        if (systemThread !== null) setPriority(systemThread, constants.priority.PRIORITY_BELOW_NORMAL)
      } catch {
        // It has ended just now, or we may not: it is killed at its deadline all the same.
      }
    },
    end: async () => {
      await worker.terminate()
    },
  }

  listen(worker, reader, start, (thread) => {
    systemThread = thread
  })
  return reader
}

function listen(
  worker: Worker,
  reader: Reader,
  start: PromiseWithResolvers<void>,
  onThread: (systemThread: number | null) => void,
): void {
  let cause = 'exit'
  worker.on('message', (answer: FromReader) => {
    if (answer.kind === 'ready') {
      reader.hasStarted = true
      onThread(answer.systemThread)
      start.resolve()
    } else if (answer.kind === 'done') reader.onAnswer(answer.task, answer.reading, null)
    else reader.onAnswer(answer.task, null, answer.error)
  })
  worker.on('error', (error: Error & { code?: string }) => {
    cause = error.code ?? error.message
    start.reject(error)
  })
  worker.on('exit', () => {
    reader.isDead = true
    start.reject(new Error(`the reader thread ended before it began: ${cause}`))
    reader.onDeath(cause)
  })
}

/** The bytes are copied once and handed over, unless both sides see them; the caller keeps its own for storing. */
function post(worker: Worker, order: Omit<ToReader & { kind: 'read' }, 'kind'>): void {
  const { message } = order
  if (message.channel === 'sms' || message.raw.buffer instanceof SharedArrayBuffer) {
    worker.postMessage({ kind: 'read', ...order } satisfies ToReader)
    return
  }
  const raw = new Uint8Array(message.raw)
  worker.postMessage({ kind: 'read', ...order, message: { ...message, raw } } satisfies ToReader, [
    raw.buffer,
  ])
}
