import { type Expired, NOTHING_EXPIRED } from './operations/expired.ts'
import type { PurgeCounts, PurgeRequest } from './store.ts'

/** Where a store looks for what is past its retention, and what removes it: {@link purgeInSteps} says when. */
export type Purging = {
  select(request: PurgeRequest): Promise<Expired>
  remove(step: Expired, now: number): Promise<PurgeCounts>
}

/** What one transaction may remove: a few milliseconds of work, so that a claim hardly waits for it. */
const STEP_ROWS = 50
const STEP_BYTES = 8 * 1024 * 1024

/** Removes what is past its retention step by step; each waits for the one before, so that others come in between. */
export async function purgeInSteps(purging: Purging, request: PurgeRequest): Promise<PurgeCounts> {
  const expired = await purging.select(request)
  const counts = { codes: 0, bodies: 0, documents: 0, events: 0, notices: 0, idempotency: 0 }
  for (const step of stepsOf(expired)) {
    const removed = await purging.remove(step, Date.now())
    counts.codes += removed.codes
    counts.bodies += removed.bodies
    counts.documents += removed.documents
    counts.events += removed.events
    counts.notices += removed.notices
    counts.idempotency += removed.idempotency
  }
  return counts
}

function* stepsOf({
  codes,
  extractions,
  bodies,
  documents,
  events,
  notices,
  idempotency,
}: Expired): Generator<Expired> {
  for (const rows of chunks(codes)) yield { ...NOTHING_EXPIRED, codes: rows }
  for (const rows of chunks(extractions)) yield { ...NOTHING_EXPIRED, extractions: rows }
  for (const rows of chunks(bodies, ({ bytes }) => bytes)) yield { ...NOTHING_EXPIRED, bodies: rows }
  for (const rows of chunks(documents, ({ bytes }) => bytes)) yield { ...NOTHING_EXPIRED, documents: rows }
  for (const rows of chunks(events)) yield { ...NOTHING_EXPIRED, events: rows }
  for (const rows of chunks(notices)) yield { ...NOTHING_EXPIRED, notices: rows }
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
