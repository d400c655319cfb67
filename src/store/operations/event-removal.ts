import type { Context } from '../context.ts'
import { lookAgainAt, promoteNext } from './event-deliveries.ts'

type Db = Pick<Context, 'db' | 'shared'>

/** Removes what was told about a connection: it holds the customer's data. What was on its way stays here. */
export async function removeEventsOf({ db }: Db, connectionId: string): Promise<void> {
  const events = db.selectFrom('event').select('id').where('connection_id', '=', connectionId)
  await db.deleteFrom('event_delivery').where('event_id', 'in', events).execute()
  await db.deleteFrom('event').where('connection_id', '=', connectionId).execute()
}

/**
 * Removes events with their deliveries, and lets go on what waited behind them.
 *
 * @param now ms UTC
 * @returns how many events went
 */
export async function removeEvents(context: Db, ids: readonly string[], now: number): Promise<number> {
  if (ids.length === 0) return 0
  const { db } = context
  const heads = await db
    .selectFrom('event_delivery')
    .select(['webhook_id', 'line'])
    .where('event_id', 'in', ids)
    .where('tries', '=', 0)
    .where('finished_at', 'is', null)
    .where('state', '<>', 'queued')
    .execute()
  await db.deleteFrom('event_delivery').where('event_id', 'in', ids).execute()
  const { numDeletedRows } = await db.deleteFrom('event').where('id', 'in', ids).executeTakeFirst()
  for (const head of heads) {
    await promoteNext(context, head, now)
    await lookAgainAt(context, head.webhook_id)
  }
  return Number(numDeletedRows)
}
