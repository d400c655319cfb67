import { chooseReader } from './reader-task.ts'
import type { Reader } from './reader-worker.ts'

/** Stuck threads that may burn a processor beside their replacement. */
const MAX_ISOLATED = 2

/** Who is there to read: the threads at work, the spare that steps in, and those that are left to a message that is stuck. */
export class ReaderCrew {
  private readonly make: () => Reader
  private readonly spareHelps: boolean
  private readers: Reader[] = []
  /** Starting a thread takes a third of a second, and seconds on a busy machine: one is always ready to step in. */
  private spare: Reader | null = null
  private readonly isolated = new Set<Reader>()
  private isClosed = false

  constructor(make: () => Reader, spareHelps: boolean) {
    this.make = make
    this.spareHelps = spareHelps
  }

  /** @throws Error when a thread does not start */
  async start(workers: number): Promise<void> {
    this.readers = Array.from({ length: workers }, this.make)
    this.spare = this.make()
    await Promise.all(this.everyone().map((reader) => reader.ready))
  }

  everyone(): Reader[] {
    return [...this.readers, ...this.isolated, ...(this.spare ? [this.spare] : [])]
  }

  /**
   * Who takes a message, or what another is to be relieved of.
   *
   * @param turn counts the messages that come anew
   */
  choose(turn = 1): Reader | undefined {
    return chooseReader(this.readers, this.spare, { spareHelps: this.spareHelps, turn })
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
    if (!this.isolated.delete(reader)) this.replace(reader)
    this.spare ??= this.make()
  }

  async close(): Promise<void> {
    this.isClosed = true
    await Promise.all(this.everyone().map((reader) => reader.end()))
  }

  private replace(reader: Reader): void {
    if (reader !== this.spare) {
      const next = this.spare ?? this.make()
      this.readers = this.readers.map((other) => (other === reader ? next : other))
    }
    this.spare = null
  }
}
