import { readFileSync } from 'node:fs'

/*
 * Loaded into the relay, in each of its threads, where libfaketime is not at hand: Date shows what the file says.
 * Only Date is moved; timers and performance.now() go by the monotonic clock, as they do when a clock is set.
 */

/** Reading the file at every look would cost more than what is tested. */
const FRESH_MS = 10

const file = process.env.CHAOS_CLOCK ?? ''
const TrueDate = Date
let readAt = Number.NEGATIVE_INFINITY
let setting = { offset: 0, stoppedAt: null as number | null }

function now(): number {
  if (performance.now() - readAt > FRESH_MS) {
    readAt = performance.now()
    try {
      setting = JSON.parse(readFileSync(file, 'utf8'))
    } catch {}
  }
  return setting.stoppedAt ?? TrueDate.now() + setting.offset
}

class MovedDate extends TrueDate {
  constructor(...args: unknown[]) {
    super(...((args.length === 0 ? [now()] : args) as [number]))
  }
  static override now(): number {
    return now()
  }
}
globalThis.Date = MovedDate as DateConstructor
