import type { Kysely } from 'kysely'
import { log } from '../../log.ts'
import { addResults } from '../operations/rules.ts'
import type { Schema } from '../schema.ts'
import type { RuleResult } from '../status-store.ts'

/**
 * Adds to counters that all logins of a utility share, apart from the transactions that they belong to: one that held
 * such a row until its commit would let no other of that utility end meanwhile, on any node. What comes while one
 * statement runs is added up for the next. A crash in between costs a count, which is for people to look at.
 *
 * @returns adds these; resolves when that is on disk, or was given up
 */
export function countApart(
  db: Kysely<Schema>,
  again: (run: () => Promise<void>) => Promise<void>,
): (counts: readonly RuleResult[]) => Promise<void> {
  let waiting: RuleResult[] = []
  let next: Promise<void> | null = null
  let running: Promise<void> = Promise.resolve()
  const add = async (): Promise<void> => {
    await running.catch(() => {})
    const counts = waiting
    waiting = []
    next = null
    running = again(() => addResults(db, addUp(counts))).catch((error: unknown) =>
      log.fault({ where: 'counting how rules fare', error }),
    )
    await running
  }
  return (counts) => {
    waiting.push(...counts)
    next ??= add()
    return next
  }
}

/** One row for each rule, in one order on all nodes, so that none waits for another that waits for it. */
function addUp(counts: readonly RuleResult[]): RuleResult[] {
  const sums = new Map<string, RuleResult>()
  for (const one of counts) {
    const key = JSON.stringify([one.rule, one.utility])
    const sum = sums.get(key)
    sums.set(key, {
      ...one,
      accepted: one.accepted + (sum?.accepted ?? 0),
      rejected: one.rejected + (sum?.rejected ?? 0),
      lastAcceptedAt: latest(one.lastAcceptedAt, sum?.lastAcceptedAt),
      lastRejectedAt: latest(one.lastRejectedAt, sum?.lastRejectedAt),
    })
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
}

const latest = (a: number | null, b: number | null | undefined): number | null =>
  a === null || b === null || b === undefined ? (a ?? b ?? null) : Math.max(a, b)
