import type { Context, Operations } from '../context.ts'
import { offsetOf } from './paging.ts'

/** Holds it against a rule, or counts it in its favour, what a portal said about a code that it read. */
export async function countResult(
  { db }: Context,
  { rule, utility }: { rule: string; utility: string },
  result: 'accepted' | 'rejected',
  now: number,
): Promise<void> {
  const at = result === 'accepted' ? ('last_accepted_at' as const) : ('last_rejected_at' as const)
  await db
    .insertInto('rule_result')
    .values({ rule, utility, accepted: 0, rejected: 0, [result]: 1, [at]: now })
    .onConflict((conflict) =>
      conflict.columns(['rule', 'utility']).doUpdateSet((eb) => ({
        [result]: eb(`rule_result.${result}`, '+', 1),
        [at]: now,
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
