import { type RowKey, SEALED_COLUMNS, type StaleRow } from './operations/reseal.ts'
import type { Resealed } from './store.ts'

/** The steps of a change of keys, each a transaction of its own. */
export type Resealing = {
  listOldKeys(): Promise<string[]>
  selectStale(index: number, after: RowKey | null, limit: number): Promise<StaleRow[]>
  /** Resolves to how many could not be opened. */
  resealRows(index: number, rows: readonly RowKey[]): Promise<number>
  /** False: somebody still seals with them, so they stay. */
  retireKeys(): Promise<boolean>
}

/** What one transaction may seal: a few milliseconds of work, so that a claim hardly waits for it. */
const STEP_ROWS = 50
const STEP_BYTES = 4 * 1024 * 1024

/**
 * Seals anew what old keys have sealed, step by step; each waits for the one before. Old keys are forgotten when nothing
 * of theirs is left.
 */
export async function resealInSteps(store: Resealing, isStopped: () => boolean): Promise<Resealed> {
  const oldKeys = await store.listOldKeys()
  const result = { oldKeys, rows: 0, broken: 0 }
  if (oldKeys.length === 0) return { ...result, isDone: true }
  for (const index of SEALED_COLUMNS.keys()) {
    let after: RowKey | null = null
    for (;;) {
      if (isStopped()) return { ...result, isDone: false }
      const stale = await store.selectStale(index, after, STEP_ROWS)
      const rows = withinBytes(stale)
      after = rows.at(-1) ?? null
      if (after === null) break
      const broken = await store.resealRows(index, rows)
      result.rows += rows.length - broken
      result.broken += broken
    }
  }
  return { ...result, isDone: result.broken === 0 && (await store.retireKeys()) }
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
