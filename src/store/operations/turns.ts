import type { Context } from '../context.ts'
import type { Row } from '../schema.ts'
import { holding } from '../shared.ts'

/* Whose turn it is: see docs/decisions/063-schedule.md. No step reads more than a few rows. */

type Db = Pick<Context, 'db' | 'shared'>
type Turn = Pick<Row<'lease_turn'>, 'company_id' | 'utility' | 'served'>
export type Wanted = {
  readonly utilities?: readonly string[]
  readonly companyId?: string
}

/** Rows marked in one lease; more become due in one moment only after a long stop. */
const MOST_MARKED = 100
/** An inactive company is looked at again after this; its connections leave the schedule meanwhile. */
const INACTIVE_MS = 3_600_000

/** Marks the rows that became due. */
export async function markDue({ db }: Db, now: number): Promise<void> {
  const due = await db
    .selectFrom('lease_turn')
    .select(['company_id', 'utility'])
    .where('is_waiting', '=', 0)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(MOST_MARKED)
    .execute()
  for (const { company_id, utility } of due) {
    await db
      .updateTable('lease_turn')
      .set({ is_waiting: 1 })
      .where('company_id', '=', company_id)
      .where('utility', '=', utility)
      .execute()
  }
}

/** The row whose company was served least recently. */
export async function nextTurn(context: Db, { utilities, companyId }: Wanted): Promise<Turn | null> {
  if (companyId !== undefined) return ownTurn(context, companyId, utilities)
  if (utilities === undefined) return (await waiting(context).executeTakeFirst()) ?? null
  // One walk for each: of many utilities at once, the index would not give them in order.
  const firsts: Turn[] = []
  for (const utility of new Set(utilities)) {
    const first = await waiting(context).where('utility', '=', utility).executeTakeFirst()
    if (first) firsts.push(first)
  }
  return firsts.sort((a, b) => a.served - b.served)[0] ?? null
}

/** Held before its connections are looked at, so that none of them becomes due earlier unnoticed. */
const waiting = (context: Db) =>
  holding(
    context,
    context.db
      .selectFrom('lease_turn')
      .select(['company_id', 'utility', 'served'])
      .where('is_waiting', '=', 1)
      .orderBy('served')
      .limit(1),
  )

/** One company has as many rows as utilities, so they are simply read; the longest due goes first. */
async function ownTurn(
  context: Db,
  companyId: string,
  utilities: readonly string[] | undefined,
): Promise<Turn | null> {
  const ofCompany = context.db
    .selectFrom('lease_turn')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('is_waiting', '=', 1)
  const rows = await holding(context, ofCompany).execute()
  const wanted = rows.filter(({ utility }) => utilities?.includes(utility) ?? true)
  return wanted.sort((a, b) => (a.due_at ?? 0) - (b.due_at ?? 0))[0] ?? null
}

/** The connection of this row that is due longest; otherwise the row is put back. Null: none. */
export async function nextDue({ db }: Db, turn: Turn, now: number): Promise<string | null> {
  const { company_id, utility } = turn
  const first = await db
    .selectFrom('connection')
    .select(['id', 'next_login_at'])
    .where('company_id', '=', company_id)
    .where('utility', '=', utility)
    .where('next_login_at', 'is not', null)
    .where('deleted_at', 'is', null)
    .orderBy('next_login_at')
    .limit(1)
    .executeTakeFirst()
  const dueAt = first?.next_login_at ?? null
  if (first && dueAt !== null && dueAt <= now) return first.id
  await putBack({ db }, turn, dueAt)
  return null
}

const putBack = ({ db }: Db, { company_id, utility }: Turn, dueAt: number | null) =>
  db
    .updateTable('lease_turn')
    .set({ is_waiting: 0, due_at: dueAt })
    .where('company_id', '=', company_id)
    .where('utility', '=', utility)
    .execute()

/** Takes a company out of the queue for a while. */
export async function setAside({ db }: Db, companyId: string, now: number): Promise<void> {
  await db
    .updateTable('lease_turn')
    .set({ is_waiting: 0, due_at: now + INACTIVE_MS })
    .where('company_id', '=', companyId)
    .execute()
}

/** Sends a company to the end of the queue, in all its rows. */
export async function countServed({ db }: Db, companyId: string): Promise<void> {
  const last = await db
    .selectFrom('lease_turn')
    .select('served')
    .where('served', '>=', 0)
    .orderBy('served', 'desc')
    .limit(1)
    .executeTakeFirst()
  await db
    .updateTable('lease_turn')
    .set({ served: (last?.served ?? 0) + 1 })
    .where('company_id', '=', companyId)
    .execute()
}
