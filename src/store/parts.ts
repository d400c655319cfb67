/** Small enough that removing one part is short work, large enough that ordinary mail is one part. */
export const BODY_PART_BYTES = 1024 * 1024

/** A body in parts; at least one, so that an empty body is told from a removed one. */
export function* partsOf(raw: Uint8Array): Generator<{ part: number; piece: Uint8Array }> {
  let part = 0
  do {
    yield { part, piece: raw.subarray(part * BODY_PART_BYTES, (part + 1) * BODY_PART_BYTES) }
    part += 1
  } while (part * BODY_PART_BYTES < raw.byteLength)
}
