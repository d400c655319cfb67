import type { InboundRecord } from '../domain/inbound-record.ts'

/** Copying less costs nothing, and callers may go on using what is small. */
const HAND_OVER_FROM_BYTES = 256 * 1024

/**
 * The records of `saveInbound` as the store takes them over, and which buffers it takes without copying them. A
 * body in a pooled buffer is copied out first: cloning a view would carry its whole pool along.
 */
export function handOver(records: readonly InboundRecord[]): [InboundRecord[], ArrayBuffer[]] {
  const transfer = new Set<ArrayBuffer>()
  const given = records.map((record) => {
    const { raw } = record
    if (raw.buffer instanceof ArrayBuffer && raw.buffer.detached) {
      throw new TypeError('this body was handed over to the store before')
    }
    // Seen by both sides as it is.
    if (raw.buffer instanceof SharedArrayBuffer) return record
    if (!ownsItsBuffer(raw)) return { ...record, raw: new Uint8Array(raw) }
    if (raw.byteLength >= HAND_OVER_FROM_BYTES) transfer.add(raw.buffer)
    return record
  })
  return [given, [...transfer]]
}

/** Whether an array is all there is in its buffer: Buffers may be small views into a shared pool. */
export function ownsItsBuffer(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength
}
