import { parentPort } from 'node:worker_threads'
import { type TakenOut, takeOut } from './take-out.ts'

/* The entry of the thread that opens one message. It may be killed at any time. */

export type ThreadReply =
  | { readonly kind: 'done'; readonly taken: TakenOut }
  | { readonly kind: 'unreadable' }

const port = parentPort
port?.once('message', async (raw: Uint8Array) => {
  try {
    const taken = await takeOut(raw)
    const buffers = taken.files.map(({ content }) => content.buffer as ArrayBuffer)
    port.postMessage({ kind: 'done', taken } satisfies ThreadReply, [...new Set(buffers)])
  } catch {
    port.postMessage({ kind: 'unreadable' } satisfies ThreadReply)
  }
  port.close()
})
