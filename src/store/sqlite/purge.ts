import { type Expired, NOTHING_EXPIRED } from '../operations/expired.ts'
import type { PurgeCounts, PurgeRequest } from '../store.ts'
import type { Thread } from './thread.ts'

/** What one call to the writer may remove: a few milliseconds of work, so that a claim hardly waits for it. */
const STEP_ROWS = 50
const STEP_BYTES = 8 * 1024 * 1024

/**
 * Looks in the reader's thread for what is past its retention and has the writer remove it step by step. Each
 * step waits for the one before, so that every group of writes holds at most one of them.
 */
export async function purgeInSteps(
  reader: Thread,
  writer: Thread,
  request: PurgeRequest,
): Promise<PurgeCounts> {
  const expired = await reader.call<Expired>('selectExpired', [request])
  const counts = { codes: 0, bodies: 0, documents: 0, idempotency: 0 }
  for (const step of stepsOf(expired)) {
    const removed = await writer.call<PurgeCounts>('removeExpired', [step, Date.now()])
    counts.codes += removed.codes
    counts.bodies += removed.bodies
    counts.documents += removed.documents
    counts.idempotency += removed.idempotency
  }
  return counts
}

function* stepsOf({ codes, extractions, bodies, documents, idempotency }: Expired): Generator<Expired> {
  for (const rows of chunks(codes)) yield { ...NOTHING_EXPIRED, codes: rows }
  for (const rows of chunks(extractions)) yield { ...NOTHING_EXPIRED, extractions: rows }
  for (const rows of chunks(bodies, ({ bytes }) => bytes)) yield { ...NOTHING_EXPIRED, bodies: rows }
  for (const rows of chunks(documents, ({ bytes }) => bytes)) yield { ...NOTHING_EXPIRED, documents: rows }
  for (const rows of chunks(idempotency)) yield { ...NOTHING_EXPIRED, idempotency: rows }
}

function* chunks<T>(rows: readonly T[], bytesOf: (row: T) => number = () => 0): Generator<T[]> {
  let chunk: T[] = []
  let bytes = 0
  for (const row of rows) {
    chunk.push(row)
    bytes += bytesOf(row)
    if (chunk.length < STEP_ROWS && bytes < STEP_BYTES) continue
    yield chunk
    chunk = []
    bytes = 0
  }
  if (chunk.length > 0) yield chunk
}
