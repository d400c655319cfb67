import type { RefusalFact } from '../../domain/connection-facts.ts'
import type { Context, Operations } from '../context.ts'

const DAY_MS = 86_400_000

/** Mail that the doors refused because its address is retired: what writes. */
export const refusalWrites: Operations<'countRefusal'> = {
  /** One row an address and day, so that a stubborn sender costs a counter and no growth. */
  async countRefusal({ db }, { address, connectionId, sender, at, count = 1 }) {
    const erased = await db
      .selectFrom('connection')
      .select('id')
      .where('id', '=', connectionId)
      .where('erased_at', 'is not', null)
      .executeTakeFirst()
    if (erased) return
    await db
      .insertInto('refusal')
      .values({
        address,
        connection_id: connectionId,
        day: Math.floor(at / DAY_MS),
        count,
        first_at: at,
        last_at: at,
        last_sender: sender,
      })
      .onConflict((conflict) =>
        conflict.columns(['address', 'day']).doUpdateSet((eb) => ({
          count: eb('refusal.count', '+', count),
          last_at: at,
          last_sender: sender,
        })),
      )
      .execute()
  },
}

/** What was refused for a connection's retired addresses since then, oldest first. */
export async function refusalsOf(
  { db }: Pick<Context, 'db'>,
  connectionId: string,
  since: number,
): Promise<RefusalFact[]> {
  const rows = await db
    .selectFrom('refusal')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('last_at', '>=', since)
    .orderBy('last_at')
    .execute()
  return rows.map((row) => ({
    address: row.address,
    count: row.count,
    firstAt: row.first_at,
    lastAt: row.last_at,
    lastSender: row.last_sender || null,
  }))
}
