import type { InboundRecord } from '../../domain/inbound-record.ts'
import { ownsItsBuffer } from './wire.ts'

/** Copying less costs nothing, and callers may go on using what is small. */
const HAND_OVER_FROM_BYTES = 256 * 1024

/**
 * The arguments of `saveInbound` for the writer's thread, and which buffers go there without being copied. A
 * body in a pooled buffer is copied out first: cloning a view would carry its whole pool along.
 */
export function handOver(records: readonly InboundRecord[]): [[InboundRecord[]], ArrayBuffer[]] {
  const transfer = new Set<ArrayBuffer>()
  const given = records.map((record) => {
    const { raw } = record
    if (raw.buffer instanceof ArrayBuffer && raw.buffer.detached) {
      throw new TypeError('this body was handed over to the store before')
    }
    if (!ownsItsBuffer(raw)) return { ...record, raw: new Uint8Array(raw) }
    if (raw.byteLength >= HAND_OVER_FROM_BYTES) transfer.add(raw.buffer)
    return record
  })
  return [[given], [...transfer]]
}
