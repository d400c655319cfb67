import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { TakenOut } from './take-out.ts'
import type { ThreadReply } from './thread.ts'

const DEADLINE_MS = 30_000
const MEMORY_MB = 512

/**
 * Takes the documents out of a message, in a thread of its own that is killed when it takes too long or too much memory:
 * anybody may write a message.
 *
 * @param raw as it came; must not be used afterwards
 * @returns null when it could not be read
 */
export function openMail(
  raw: Uint8Array,
  { deadlineMs = DEADLINE_MS, memoryMb = MEMORY_MB, signal }: OpenOptions = {},
): Promise<TakenOut | null> {
  // Sources run as .ts, what is built as .js.
  const entry = new URL(`./thread${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(entry, {
    name: 'bill-mail',
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  })
  return new Promise((resolve) => {
    const finish = (taken: TakenOut | null): void => {
      clearTimeout(alarm)
      signal?.removeEventListener('abort', give)
      resolve(taken)
      void worker.terminate()
    }
    const give = (): void => finish(null)
    const alarm = setTimeout(give, deadlineMs)
    signal?.addEventListener('abort', give, { once: true })
    worker.once('message', (reply: ThreadReply) => finish(reply.kind === 'done' ? reply.taken : null))
    worker.once('error', give)
    worker.once('exit', give)
    const own = new Uint8Array(raw)
    worker.postMessage(own, [own.buffer])
  })
}

export type OpenOptions = {
  readonly deadlineMs?: number
  readonly memoryMb?: number
  readonly signal?: AbortSignal
}
