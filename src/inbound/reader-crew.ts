import { chooseReader } from './reader-task.ts'
import type { Reader } from './reader-worker.ts'

/** Stuck threads that may burn a processor beside their replacement. */
const MAX_ISOLATED = 2

/** Large messages in their thread at a time. */
const MOST_LARGE = 4

type CrewOptions = {
  readonly make: () => Reader
  readonly spareHelps: boolean
  /** So long the thread for what is large is kept while there is nothing for it, ms. */
  readonly slowIdleMs: number
}

/**
 * Who is there to read: the threads at work, the spare that steps in, those that are left to a message that is stuck, and,
 * while there is any, one for what is large: a bill may take its time, and no code may wait for it.
 */
export class ReaderCrew {
  private readonly make: () => Reader
  private readonly spareHelps: boolean
  private readonly slowIdleMs: number
  private readers: Reader[] = []
  /** Starting a thread takes a third of a second, and seconds on a busy machine: one is always ready to step in. */
  private spare: Reader | null = null
  private readonly isolated = new Set<Reader>()
  /** At a low priority, so that it takes no processor from those who read codes. */
  private slow: Reader | null = null
  private slowEnd: NodeJS.Timeout | null = null
  private isClosed = false

  constructor({ make, spareHelps, slowIdleMs }: CrewOptions) {
    this.make = make
    this.spareHelps = spareHelps
    this.slowIdleMs = slowIdleMs
  }

  /** @throws Error when a thread does not start */
  async start(workers: number): Promise<void> {
    this.readers = Array.from({ length: workers }, this.make)
    this.spare = this.make()
    await Promise.all(this.everyone().map((reader) => reader.ready))
  }

  everyone(): Reader[] {
    const others = [this.spare, this.slow].filter((reader) => reader !== null)
    return [...this.readers, ...this.isolated, ...others]
  }

  /**
   * Who takes a message, or what another is to be relieved of.
   *
   * @param turn counts the messages that come anew
   */
  choose(turn = 1): Reader | undefined {
    return chooseReader(this.readers, this.spare, { spareHelps: this.spareHelps, turn })
  }

  /**
   * Who takes what is large: a thread of its own, or anybody where so much waits there that the doors would take it for a
   * sign that the store is stuck.
   *
   * @param isLate whether what a thread is at has kept it for too long
   */
  chooseForLarge(turn: number, isLate: (reader: Reader) => boolean): Reader | undefined {
    if (this.slowEnd) clearTimeout(this.slowEnd)
    this.slow ??= this.makeSlow()
    const { load } = this.slow
    const isFree = load === 0 || (load < MOST_LARGE && !isLate(this.slow))
    return isFree ? this.slow : this.choose(turn)
  }

  isSlow(reader: Reader): boolean {
    return this.slow === reader
  }

  /** It has answered. The thread for what is large is ended when nothing large comes for a while. */
  rest(reader: Reader): void {
    if (reader !== this.slow || reader.load > 0) return
    this.slowEnd = setTimeout(() => {
      this.slow = null
      void reader.end()
    }, this.slowIdleMs).unref()
  }

  isIsolated(reader: Reader): boolean {
    return this.isolated.has(reader)
  }

  /** Leaves a thread to the message that is stuck in it; another takes its place. False: enough are stuck already. */
  isolate(reader: Reader): boolean {
    if (this.isolated.size >= MAX_ISOLATED) return false
    this.isolated.add(reader)
    // Codes that come meanwhile need the processors more.
    reader.stepBack()
    this.replace(reader)
    return true
  }

  /**
   * Counts no more on a thread. Here the next spare is started, also for one that stepped in for a thread that was stuck:
   * a start takes half a second of a processor, and while that one ran there was one less for those who wait.
   */
  remove(reader: Reader): void {
    if (this.isClosed) return
    if (reader === this.slow) {
      this.slow = null
      return
    }
    if (!this.isolated.delete(reader)) this.replace(reader)
    this.spare ??= this.make()
  }

  async close(): Promise<void> {
    this.isClosed = true
    if (this.slowEnd) clearTimeout(this.slowEnd)
    await Promise.all(this.everyone().map((reader) => reader.end()))
  }

  private makeSlow(): Reader {
    const reader = this.make()
    // One that does not start is told by its death.
    reader.ready.then(reader.stepBack, () => {})
    return reader
  }

  private replace(reader: Reader): void {
    if (reader !== this.spare) {
      const next = this.spare ?? this.make()
      this.readers = this.readers.map((other) => (other === reader ? next : other))
    }
    this.spare = null
  }
}
