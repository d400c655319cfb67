import { type Kysely, type SelectQueryBuilder, sql } from 'kysely'
import type { Page, PageRequest } from '../../domain/page.ts'
import type { Schema } from '../schema.ts'

/** How many rows come before a page. */
export const offsetOf = ({ page, limit }: PageRequest): number => (page - 1) * limit

/** Totals are counted no further: of an audit log with ten million entries that alone would take a second. */
export const MOST_COUNTED = 10_000

/** How many rows are chosen, counted to {@link MOST_COUNTED}. */
export async function countSome<T extends keyof Schema>(
  db: Kysely<Schema>,
  chosen: SelectQueryBuilder<Schema, T, object>,
): Promise<number> {
  const some = chosen.select(sql<number>`1`.as('one')).limit(MOST_COUNTED)
  const { counted } = await db
    .selectFrom(some.as('some'))
    .select((eb) => eb.fn.countAll<number>().as('counted'))
    .executeTakeFirstOrThrow()
  return Number(counted)
}

/**
 * A page with its total. Where not all was counted, the total is what is known to be there, and one more while a page
 * is full: so that whoever turns page after page gets to the end.
 */
export function pageOf<T>(counted: number, items: readonly T[], request: PageRequest): Page<T> {
  if (counted < MOST_COUNTED || items.length === 0) return { total: counted, items }
  const seen = offsetOf(request) + items.length
  const isFull = items.length === request.limit
  return { total: Math.max(counted, isFull ? seen + 1 : seen), items }
}

/** Tables that are listed newest first, and of one owner at a time: few enough to be counted to the last. */
type Listed = 'delivery' | 'document' | 'document_job'

/** A page of the rows that are chosen, newest first, and how many there are in all. */
export async function newestOf<T extends Listed>(
  chosen: SelectQueryBuilder<Schema, T, object>,
  page: PageRequest,
) {
  const { total } = await chosen
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const rows = await chosen
    .selectAll()
    .orderBy(sql.ref('created_at'), 'desc')
    .orderBy(sql.ref('id'), 'desc')
    .limit(page.limit)
    .offset(offsetOf(page))
    .execute()
  return { total, rows }
}
