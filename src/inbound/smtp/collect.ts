import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SMTPServerDataStream } from 'smtp-server'
import type { ByteBudget } from '../byte-budget.ts'
import { LARGE_BYTES } from '../reader-task.ts'
import { bareLineFeed, type SmtpReply, tryAgain } from './reply.ts'

export type Collected =
  | { readonly kind: 'whole'; readonly raw: Uint8Array }
  | { readonly kind: 'refused'; readonly reply: SmtpReply }
  /** Beyond the size limit; smtp-server itself answers 552. */
  | { readonly kind: 'oversized' }

const LF = 0x0a
const CR = 0x0d
const COPIED_AT_ONCE = 1024 * 1024

/**
 * Takes in the bytes of one message. What will be refused is read to its end and dropped on the way, so that the
 * reply comes where the sender expects it. The bytes stay counted in the budget until `release`.
 *
 * @throws Error when the sender goes away in the middle
 */
export async function collect(
  stream: SMTPServerDataStream,
  budget: ByteBudget,
): Promise<{ result: Collected; release(): void }> {
  let chunks: Buffer[] = []
  let held = 0
  let lastByte = 0
  let refusal: SmtpReply | null = null
  const release = (): void => {
    budget.give(held)
    held = 0
    chunks = []
  }
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (refusal === null && !stream.sizeExceeded) {
        if (hasBareLf(chunk, lastByte)) refusal = bareLineFeed()
        else if (!budget.take(chunk.length)) refusal = tryAgain('Too many messages are coming in')
        else {
          held += chunk.length
          chunks.push(chunk)
        }
        lastByte = chunk.at(-1) ?? lastByte
      } else if (held > 0) release()
    }
  } catch (error) {
    release()
    throw error
  }
  if (stream.sizeExceeded) return { result: { kind: 'oversized' }, release }
  if (refusal !== null) return { result: { kind: 'refused', reply: refusal }, release }
  return { result: { kind: 'whole', raw: await inOnePiece(chunks, held) }, release }
}

/**
 * What is large is put together in steps, so that nobody waits for 25 MB to be copied, and in memory that the thread which
 * reads it sees as well: it need not be copied again to go there.
 */
async function inOnePiece(chunks: readonly Buffer[], bytes: number): Promise<Uint8Array> {
  if (bytes < LARGE_BYTES) return Buffer.concat(chunks)
  const whole = new Uint8Array(new SharedArrayBuffer(bytes))
  let at = 0
  let pausedAt = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
    if (at - pausedAt < COPIED_AT_ONCE) continue
    pausedAt = at
    await nextTurn()
  }
  return whole
}

/**
 * RFC 5321 §2.3.8. Besides being how messages are smuggled, a bare LF changes the message: smtp-server takes a
 * dot behind it for a stuffed one and removes it, and no DKIM signature survives that.
 */
function hasBareLf(chunk: Buffer, lastByte: number): boolean {
  for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) {
    if ((at === 0 ? lastByte : chunk[at - 1]) !== CR) return true
  }
  return false
}
