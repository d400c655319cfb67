import type { InboundMessage } from '../domain/message.ts'
import type { Reading } from '../domain/reading.ts'
import type { ReadFor } from './read-message.ts'
import type { Reader } from './reader-worker.ts'

/** A message that is to be read. */
export type Task = {
  readonly id: number
  readonly message: InboundMessage
  readonly readers: readonly ReadFor[]
  /** The thread that has it; one that it was taken away from may still answer, in vain. */
  reader: Reader | null
  /** Which of that thread's orders it is. */
  order: number
  /** How many threads died while it was in them, by no fault that could be pinned on it. */
  deaths: number
  resolve(reading: Reading): void
  reject(error: Error): void
}

/** Mail with codes in it is a tenth of that at most; from here on it has documents in it. */
export const LARGE_BYTES = 1024 * 1024

export const isLarge = (message: InboundMessage): boolean =>
  message.channel === 'email' && message.raw.byteLength >= LARGE_BYTES

/** So long a message may keep its thread before those behind it are read elsewhere, ms. An ordinary one takes one. */
const LONG_MS = 30

/** The task that holds a thread up; 0: none does. */
export function heldUpBy(reader: Reader): number {
  const { task, heldMs } = reader.occupant()
  return heldMs >= LONG_MS ? task : 0
}

/**
 * The spare reads one of so many, so that it is warm when it has to step in: what a thread reads first takes ten times as
 * long as what it reads when its code is compiled for speed, and then hundreds may wait.
 */
export const SPARE_READS_ONE_OF = 20

/** From so many messages in each thread on, the spare helps, where there are processors for it. */
const BACKLOG = 8

/**
 * The thread that a message goes to: the one with the least to do of those that nothing holds up. If all are held
 * up the spare steps in; with `spareHelps` also where all have a lot to do.
 *
 * @param turn counts the messages; for some it is the spare's turn
 */
export function chooseReader(
  readers: readonly Reader[],
  spare: Reader | null,
  { spareHelps, turn }: { readonly spareHelps: boolean; readonly turn: number },
): Reader | undefined {
  const alive = readers.filter(({ isDead }) => !isDead)
  const free = alive.filter((reader) => heldUpBy(reader) === 0)
  const helper = spare?.hasStarted && !spare.isDead && heldUpBy(spare) === 0 ? spare : null
  if (helper?.load === 0 && turn % SPARE_READS_ONE_OF === 0) return helper
  const isNeeded = free.length === 0 || (spareHelps && free.every(({ load }) => load >= BACKLOG))
  const able = helper && isNeeded ? [...free, helper] : free
  const choice = able.length > 0 ? able : alive
  return choice.toSorted((a, b) => a.load - b.load)[0]
}
