import type { Context } from '../context.ts'

/* What all tables have in common whose rows wait, are leased, and end. */

type Db = Context['db']
type QueueTable = 'document_item' | 'event_delivery' | 'notice_mail'

/** When somebody is to look next: the first is due, or the lease of somebody who died ends. Null: nothing waits. */
export async function nextOf(db: Db, table: QueueTable): Promise<number | null> {
  const due = await db
    .selectFrom(table)
    .select('due_at as at')
    .where('state', '=', 'due')
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst()
  return earliest(due?.at, await firstLeaseEnd(db, table))
}

/** When the first lease ends that nobody has ended. */
export async function firstLeaseEnd(db: Db, table: QueueTable): Promise<number | null> {
  const leased = await db
    .selectFrom(table)
    .select('leased_until as at')
    .where('state', '=', 'leased')
    .orderBy('leased_until')
    .limit(1)
    .executeTakeFirst()
  return leased?.at ?? null
}

/** Gives back what this process holds and has not ended. Resolves to how many. */
export async function giveBack(db: Db, table: 'delivery' | 'notice_mail', holder: string): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable(table)
    .set({ state: 'due', holder: null, leased_until: null })
    .where('state', '=', 'leased')
    .where('holder', '=', holder)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** The first of those that are known. */
export function earliest(...instants: readonly (number | null | undefined)[]): number | null {
  const known = instants.filter((at) => typeof at === 'number')
  return known.length === 0 ? null : Math.min(...known)
}
