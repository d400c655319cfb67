import { type RowKey, SEALED_COLUMNS, type StaleRow } from '../operations/reseal.ts'
import type { Resealed } from '../store.ts'
import type { Thread } from './thread.ts'

/** What one call to the writer may seal: a few milliseconds of work, so that a claim hardly waits for it. */
const STEP_ROWS = 50
const STEP_BYTES = 4 * 1024 * 1024

/**
 * Looks in the reader's thread for what old keys have sealed and has the writer seal it anew, step by step; each
 * waits for the one before. Old keys are forgotten when nothing of theirs is left.
 */
export async function resealInSteps(
  reader: Thread,
  writer: Thread,
  isStopped: () => boolean,
): Promise<Resealed> {
  const oldKeys = await reader.call<string[]>('listOldKeys', [])
  const result = { oldKeys, rows: 0, broken: 0 }
  if (oldKeys.length === 0) return { ...result, isDone: true }
  for (const index of SEALED_COLUMNS.keys()) {
    let after: RowKey | null = null
    for (;;) {
      if (isStopped()) return { ...result, isDone: false }
      const stale: StaleRow[] = await reader.call('selectStale', [index, after, STEP_ROWS])
      const rows = withinBytes(stale)
      after = rows.at(-1) ?? null
      if (after === null) break
      const broken = await writer.call<number>('resealRows', [index, rows])
      result.rows += rows.length - broken
      result.broken += broken
    }
  }
  const isDone = result.broken === 0
  if (isDone) await writer.call('retireKeys', [])
  return { ...result, isDone }
}

/** The first of them that are not too much for one step; at least one. */
function withinBytes(stale: readonly StaleRow[]): RowKey[] {
  let bytes = 0
  return stale
    .filter((row, at) => {
      bytes += row.bytes
      return at === 0 || bytes <= STEP_BYTES
    })
    .map(({ key }) => key)
}
