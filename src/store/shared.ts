import type { SelectQueryBuilder } from 'kysely'
import type { Context } from './context.ts'

/* How operations look at rows that they are about to change, where many processes do so at once. */

/** Rows to be taken: of two transactions that look at the same time, each gets others. */
export const taking = <DB, TB extends keyof DB, O>(
  { shared }: Pick<Context, 'shared'>,
  query: SelectQueryBuilder<DB, TB, O>,
): SelectQueryBuilder<DB, TB, O> => (shared ? query.forUpdate().skipLocked() : query)

/** Rows that stay as they are found until this transaction ends; waits for whoever is changing them. */
export const holding = <DB, TB extends keyof DB, O>(
  { shared }: Pick<Context, 'shared'>,
  query: SelectQueryBuilder<DB, TB, O>,
): SelectQueryBuilder<DB, TB, O> => (shared ? query.forNoKeyUpdate() : query)
