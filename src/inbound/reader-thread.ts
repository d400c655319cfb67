import { readlinkSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { InboundMessage } from '../domain/message.ts'
import type { Utilities } from '../utilities/definition.ts'
import type { ReadMessage } from './read-message.ts'
import { type FromReader, occupancyOf, type ToReader } from './reader-protocol.ts'

export type ReaderThread = {
  readonly read: ReadMessage
  readonly reload: (utilities: Utilities) => void
}

/** The inside of a reader thread: takes messages from the pool, as many at once as wait for DNS. */
export function serveReader(occupancy: SharedArrayBuffer, reader: ReaderThread): void {
  const port = parentPort
  if (!port) throw new Error('a reader runs in a worker thread only')
  const { enter, isTakenBack } = occupancyOf(occupancy)
  const answer = (message: FromReader): void => port.postMessage(message)

  port.on('message', (order: ToReader) => {
    if (order.kind === 'reload') return reader.reload(order.utilities)
    if (isTakenBack(order.order)) return
    const { task, message, readers } = order
    const resume = (): void => enter(task)
    resume()
    reader
      .read(withOwnBytes(message), readers, resume)
      .then((reading) => answer({ kind: 'done', task, reading }))
      .catch((error: unknown) => answer({ kind: 'failed', task, error: String(error) }))
  })
  answer({ kind: 'ready', systemThread: systemThread() })
}

/** Libraries do not expect memory that others see as well. Copied here, where nobody waits for it. */
const withOwnBytes = (message: InboundMessage): InboundMessage =>
  message.channel === 'email' && message.raw.buffer instanceof SharedArrayBuffer
    ? { ...message, raw: new Uint8Array(message.raw) }
    : message

/** Linux tells (proc(5)); elsewhere nobody does. */
function systemThread(): number | null {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1))
  } catch {
    return null
  }
}
