import type { Context, Operations } from '../context.ts'
import type { RuleResult } from '../status-store.ts'
import { offsetOf } from './paging.ts'

/** Holds it against a rule, or counts it in its favour, what a portal said about a code that it read. */
export async function countResult(
  { db, shared }: Context,
  { rule, utility }: { rule: string; utility: string },
  result: 'accepted' | 'rejected',
  now: number,
): Promise<void> {
  const isAccepted = result === 'accepted'
  const count = {
    rule,
    utility,
    accepted: isAccepted ? 1 : 0,
    rejected: isAccepted ? 0 : 1,
    lastAcceptedAt: isAccepted ? now : null,
    lastRejectedAt: isAccepted ? null : now,
  }
  if (shared) shared.countLater(count)
  else await addResults(db, [count])
}

/** Adds to what is counted; no rule twice. */
export async function addResults(db: Context['db'], counts: readonly RuleResult[]): Promise<void> {
  await db
    .insertInto('rule_result')
    .values(
      counts.map(({ rule, utility, accepted, rejected, lastAcceptedAt, lastRejectedAt }) => ({
        ...{ rule, utility, accepted, rejected },
        last_accepted_at: lastAcceptedAt,
        last_rejected_at: lastRejectedAt,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['rule', 'utility']).doUpdateSet((eb) => ({
        accepted: eb('rule_result.accepted', '+', eb.ref('excluded.accepted')),
        rejected: eb('rule_result.rejected', '+', eb.ref('excluded.rejected')),
        last_accepted_at: eb.fn.coalesce('excluded.last_accepted_at', 'rule_result.last_accepted_at'),
        last_rejected_at: eb.fn.coalesce('excluded.last_rejected_at', 'rule_result.last_rejected_at'),
      })),
    )
    .execute()
}

/** How the codes of each rule fared. */
export const ruleReads: Operations<'listRules'> = {
  async listRules({ db }, page) {
    const { total } = await db
      .selectFrom('rule_result')
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow()
    const rows = await db
      .selectFrom('rule_result')
      .selectAll()
      .orderBy('rejected', 'desc')
      .orderBy('rule')
      .orderBy('utility')
      .limit(page.limit)
      .offset(offsetOf(page))
      .execute()
    const items = rows.map(({ rule, utility, accepted, rejected, last_accepted_at, last_rejected_at }) => ({
      rule,
      utility,
      accepted,
      rejected,
      lastAcceptedAt: last_accepted_at,
      lastRejectedAt: last_rejected_at,
    }))
    return { total, items }
  },
}
