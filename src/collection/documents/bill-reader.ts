import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { ReadResult, UnreadReason } from '../../domain/bill.ts'
import type { BillIssuer } from './bill-issuer.ts'
import type { ThreadReply, ThreadRequest } from './reader/thread.ts'

export type BillReaderOptions = {
  /** The utilities known now, with their templates; asked for each document. */
  readonly issuers?: () => readonly BillIssuer[]
  /** So long one document may take. */
  readonly deadlineMs?: number
  /** Memory of the thread, on and off its heap: unpacked streams are kept off it. */
  readonly memoryMb?: number
}

export type BillReader = {
  /**
   * Reads a PDF. Never rejects because of what is in it: what cannot be read comes back as `unread`.
   *
   * @param onPage called after each page
   */
  read(pdf: Uint8Array, onPage?: (page: number, pages: number) => void): Promise<ReadResult>
  /** Ends the thread; what is being read comes back as `unread`, reason `crash`. */
  close(): Promise<void>
}

const DEADLINE_MS = 30_000
const MEMORY_MB = 512
/** A stream unpacks some hundred megabytes a second; between two looks it must not fill the machine. */
const LOOK_MS = 25
const MEGABYTE = 1024 * 1024

/**
 * Reads one PDF at a time in a thread of its own. Since anybody may write a PDF, the thread is killed when it takes
 * too long or too much memory, and the next document gets a new one.
 */
export function createBillReader(options: BillReaderOptions = {}): BillReader {
  const { issuers = () => [], deadlineMs = DEADLINE_MS, memoryMb = MEMORY_MB } = options
  let thread: Worker | null = null
  let last: Promise<unknown> = Promise.resolve()
  let isClosed = false

  async function readNow(
    pdf: Uint8Array,
    onPage: (page: number, pages: number) => void,
  ): Promise<ReadResult> {
    if (isClosed) return unread('crash')
    thread ??= startThread(memoryMb)
    const worker = thread
    const outcome = await converse(worker, { data: new Uint8Array(pdf), issuers: issuers() }, onPage, {
      deadlineMs,
      memoryBytes: memoryMb * MEGABYTE,
    })
    if (outcome.isThreadLost) {
      thread = null
      await worker.terminate()
    } else worker.unref()
    return outcome.result
  }

  return {
    read(pdf, onPage = () => undefined) {
      const reading = last.then(() => readNow(pdf, onPage))
      last = reading
      return reading
    },
    async close() {
      isClosed = true
      await thread?.terminate()
      await last
    },
  }
}

const unread = (reason: UnreadReason): ReadResult => ({ kind: 'unread', reason, pages: null })

function startThread(memoryMb: number): Worker {
  // Sources run as .ts, what is built as .js.
  const entry = new URL(`./reader/thread${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(entry, {
    name: 'bill-reader',
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  })
  // Errors are answers to whoever is reading; between two documents there is nobody to tell.
  worker.on('error', () => undefined)
  return worker
}

type Outcome = { readonly result: ReadResult; readonly isThreadLost: boolean }
type Limits = { readonly deadlineMs: number; readonly memoryBytes: number }

function converse(
  worker: Worker,
  request: ThreadRequest,
  onPage: (page: number, pages: number) => void,
  { deadlineMs, memoryBytes }: Limits,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const finish = (outcome: Outcome): void => {
      clearTimeout(alarm)
      clearInterval(watch)
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      resolve(outcome)
    }
    const lose = (reason: UnreadReason): void => finish({ result: unread(reason), isThreadLost: true })
    const onMessage = (reply: ThreadReply): void => {
      if (reply.kind === 'page') onPage(reply.page, reply.pages)
      else finish({ result: reply.result, isThreadLost: false })
    }
    const onError = (error: unknown): void =>
      lose((error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'crash')
    const onExit = (): void => lose('crash')
    const alarm = setTimeout(() => lose('deadline'), deadlineMs)
    const watch = setInterval(() => {
      memoryOf(worker).then((bytes) => bytes > memoryBytes && lose('memory'))
    }, LOOK_MS)
    worker.ref()
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    worker.postMessage(request, [request.data.buffer as ArrayBuffer])
  })
}

/** 0 when it ended meanwhile. */
const memoryOf = (worker: Worker): Promise<number> =>
  worker.getHeapStatistics().then(
    ({ external_memory, used_heap_size, malloced_memory }) =>
      external_memory + used_heap_size + malloced_memory,
    () => 0,
  )
