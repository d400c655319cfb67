import type { InboundMessage } from '../domain/message.ts'
import type { Reading } from '../domain/reading.ts'
import { log } from '../log.ts'
import type { Utilities } from '../utilities/definition.ts'
import { type ReadFor, unreadReading } from './read-message.ts'
import { ReaderCrew } from './reader-crew.ts'
import type { ReaderPool, ReaderPoolOptions } from './reader-options.ts'
import { heldUpBy, isLarge, type Task } from './reader-task.ts'
import { type Reader, startReader, WATCH_MS } from './reader-worker.ts'

export type { ReaderPool, ReaderPoolOptions }

const HEAP_MB = 512
/** A task that was around when so many threads died is to blame, whatever the cell says. */
const MAX_DEATHS = 3
/** Pause before a thread that did not even start is started again. */
const RESTART_MS = 1_000
/** A message that keeps its thread for so long is left alone there; the others move on. Of a short deadline, a part. */
const PATIENCE_MS = 125
const PATIENCE = 1 / 8
/** What is large is read at a low priority, and may take so many times as long. */
const LARGE_TAKES = 4
const SLOW_IDLE_MS = 60_000

/**
 * A few threads that read messages, so that a hostile one stops neither the process nor its neighbours. All
 * messages of a thread share it while they wait for DNS; the shared {@link Occupancy} cell tells which of them is
 * running when a thread is stuck or dies. That one is to blame and comes back unread; the others are read again
 * in a fresh thread.
 *
 * @throws Error when the threads do not start
 */
export async function createReaderPool(options: ReaderPoolOptions): Promise<ReaderPool> {
  const pool = new Pool(options)
  await pool.start()
  return {
    read: (message, readers) => pool.read(message, readers),
    reload: (utilities) => pool.reload(utilities),
    pending: () => pool.pending,
    close: () => pool.close(),
  }
}

class Pool {
  private readonly options: ReaderPoolOptions
  private utilities: Utilities
  private readonly crew: ReaderCrew
  private readonly tasks = new Map<number, Task>()
  private lastTask = 0
  private watch: NodeJS.Timeout | null = null
  private isClosed = false

  constructor(options: ReaderPoolOptions) {
    this.options = options
    this.utilities = options.utilities
    const { spareHelps = false, slowIdleMs = SLOW_IDLE_MS } = options
    this.crew = new ReaderCrew({ make: () => this.spawn(), spareHelps, slowIdleMs })
  }

  async start(): Promise<void> {
    try {
      await this.crew.start(this.options.workers)
    } catch (error) {
      await this.close()
      throw error
    }
  }

  read(message: InboundMessage, readers: readonly ReadFor[]): Promise<Reading> {
    if (this.isClosed) return Promise.reject(new Error('the reader pool is closed'))
    return new Promise((resolve, reject) => {
      // Int32 in the cell; 0 stands for nobody.
      this.lastTask = (this.lastTask % 0x7fff_fffe) + 1
      const task = { id: this.lastTask, message, readers, reader: null, order: 0, deaths: 0, resolve, reject }
      this.tasks.set(task.id, task)
      this.assign(task)
      this.startWatch()
    })
  }

  get pending(): number {
    return this.tasks.size
  }

  reload(utilities: Utilities): void {
    this.utilities = utilities
    for (const reader of this.crew.everyone()) reader.send({ kind: 'reload', utilities })
  }

  async close(): Promise<void> {
    this.isClosed = true
    if (this.watch) clearInterval(this.watch)
    for (const task of this.tasks.values()) task.reject(new Error('the reader pool was closed'))
    this.tasks.clear()
    await this.crew.close()
  }

  private spawn(): Reader {
    const { entry, settings, heapMb = HEAP_MB } = this.options
    const reader = startReader({ entry, settings, heapMb, utilities: this.utilities })
    reader.onAnswer = (id, reading, error) => this.finish(reader, id, reading, error)
    reader.onDeath = (why) => this.bury(reader, why)
    return reader
  }

  private assign(task: Task): void {
    const { id, message } = task
    const reader = isLarge(message)
      ? this.crew.chooseForLarge(id, (slow) => this.isLate(slow))
      : this.crew.choose(id)
    if (!reader) {
      this.fail(task, 'no reader thread runs')
      return
    }
    task.reader = reader
    reader.load += 1
    task.order = reader.read(task.id, task.message, task.readers)
  }

  /** Whether what a thread is at has kept it for the whole deadline. */
  private isLate(reader: Reader): boolean {
    const { task, busyMs } = reader.occupant()
    return task !== 0 && busyMs >= this.options.deadlineMs
  }

  private finish(reader: Reader, id: number, reading: Reading | null, error: string | null): void {
    const task = this.tasks.get(id)
    // From a thread that the task was taken away from: its answer comes from elsewhere.
    if (!task || task.reader !== reader) return
    if (error !== null) log.fault({ where: 'reader', error })
    this.settle(task, reading ?? unreadReading(task.message, task.readers.length, 'crash'))
    this.crew.rest(reader)
    if (!this.crew.isIsolated(reader)) return
    this.crew.remove(reader)
    void reader.end()
  }

  private settle(task: Task, reading: Reading): void {
    this.drop(task)
    task.resolve(reading)
  }

  /** Not the message's fault: whoever sent it is told to try again. */
  private fail(task: Task, why: string): void {
    this.drop(task)
    task.reject(new Error(why))
  }

  private drop(task: Task): void {
    this.tasks.delete(task.id)
    if (task.reader) task.reader.load -= 1
    if (this.tasks.size === 0 && this.watch) {
      clearInterval(this.watch)
      this.watch = null
    }
  }

  private startWatch(): void {
    if (this.watch) return
    this.watch = setInterval(() => this.inspect(), WATCH_MS)
  }

  private inspect(): void {
    const patienceMs = Math.min(PATIENCE_MS, this.options.deadlineMs * PATIENCE)
    for (const reader of this.crew.everyone()) {
      reader.look()
      const { task, heldMs } = reader.occupant()
      if (task === 0) continue
      if (this.crew.isSlow(reader)) this.inspectSlow(reader, task)
      else if (this.isLate(reader)) this.kill(reader, task)
      else if (heldMs >= patienceMs && !this.crew.isIsolated(reader)) this.isolate(reader, task)
      else this.relieve(reader)
    }
  }

  /** What waits here is large, too, and no code: it has time until the deadline. */
  private inspectSlow(reader: Reader, task: number): void {
    if (reader.occupant().busyMs >= this.options.deadlineMs * LARGE_TAKES) this.kill(reader, task)
    else if (this.isLate(reader)) this.relieve(reader)
  }

  /**
   * A bill of 25 MB keeps its thread for a while, by no fault of its own: what has not been begun there is read by
   * whoever is free. What waits there for DNS, having come before, stays.
   */
  private relieve(reader: Reader): void {
    const slow = this.tasks.get(heldUpBy(reader))
    const other = this.crew.choose()
    if (slow?.reader !== reader || !other || heldUpBy(other) !== 0) return
    const behind = this.tasksOf(reader).filter(({ order }) => order > slow.order)
    if (behind.length === 0) return
    reader.takeBack()
    for (const task of behind) {
      reader.load -= 1
      this.assign(task)
    }
  }

  /** Leaves the thread to the message that is stuck in it, and reads its neighbours elsewhere. */
  private isolate(reader: Reader, stuck: number): void {
    if (!this.crew.isolate(reader)) return
    for (const task of this.tasksOf(reader)) if (task.id !== stuck) this.assign(task)
  }

  private kill(reader: Reader, stuck: number): void {
    const task = this.tasks.get(stuck)
    log.workerKilled({ worker: 'reader', why: 'deadline', messageId: task?.message.id ?? null })
    if (task) this.settle(task, unreadReading(task.message, task.readers.length, 'deadline'))
    this.discard(reader)
    void reader.end()
  }

  /** The thread died by itself: out of memory, most likely. */
  private bury(reader: Reader, why: string): void {
    if (this.isClosed || !this.crew.everyone().includes(reader)) return
    const blamed = this.tasks.get(reader.occupant().task)
    log.workerKilled({ worker: 'reader', why, messageId: blamed?.message.id ?? null })
    if (!reader.hasStarted) {
      this.startLater(reader)
      return
    }
    for (const task of this.tasksOf(reader)) {
      task.deaths += 1
      if (task === blamed || task.deaths >= MAX_DEATHS) {
        this.settle(task, unreadReading(task.message, task.readers.length, 'crash'))
      }
    }
    this.discard(reader)
  }

  /** A thread that dies before it begins will do so again: not at once, and nobody waits for it. */
  private startLater(reader: Reader): void {
    for (const task of this.tasksOf(reader)) this.fail(task, 'the reader thread did not start')
    setTimeout(() => this.crew.remove(reader), RESTART_MS).unref()
  }

  /** Takes a thread out, and reads again elsewhere what is left in it. */
  private discard(reader: Reader): void {
    this.crew.remove(reader)
    for (const task of this.tasksOf(reader)) this.assign(task)
  }

  private tasksOf(reader: Reader): Task[] {
    return [...this.tasks.values()].filter((task) => task.reader === reader)
  }
}
