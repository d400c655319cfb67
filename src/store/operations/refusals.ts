import type { Kysely } from 'kysely'
import type { RefusalFact } from '../../domain/connection-facts.ts'
import type { Context } from '../context.ts'
import type { Schema } from '../schema.ts'

/**
 * Mail that was refused because its address is retired: one row an address and day, so that a stubborn sender costs
 * a counter and no growth.
 */
export type RefusalTable = {
  address: string
  connection_id: string
  /** Days since 1970, UTC. */
  day: number
  count: number
  first_at: number
  last_at: number
  last_sender: string
}

/** For the migration that brings it. */
export const refusalStatements: readonly string[] = [
  `create table refusal (
    address text not null, connection_id text not null references connection (id), day integer not null,
    count integer not null, first_at bigint not null, last_at bigint not null, last_sender text not null,
    primary key (address, day))`,
  'create index refusal_by_connection on refusal (connection_id, last_at)',
]

const DAY_MS = 86_400_000

const tables = ({ db }: Pick<Context, 'db'>) => db as unknown as Kysely<Schema & { refusal: RefusalTable }>

/** Counts one refused recipient. Called by the door that refused it; losing one is no harm. */
export async function countRefusal(
  context: Pick<Context, 'db'>,
  refused: { address: string; connectionId: string; sender: string; at: number },
): Promise<void> {
  const { address, connectionId, sender, at } = refused
  await tables(context)
    .insertInto('refusal')
    .values({
      address,
      connection_id: connectionId,
      day: Math.floor(at / DAY_MS),
      count: 1,
      first_at: at,
      last_at: at,
      last_sender: sender,
    })
    .onConflict((conflict) =>
      conflict.columns(['address', 'day']).doUpdateSet((eb) => ({
        count: eb('refusal.count', '+', 1),
        last_at: at,
        last_sender: sender,
      })),
    )
    .execute()
}

/** What was refused for a connection's retired addresses since then, oldest first. */
export async function refusalsOf(
  context: Pick<Context, 'db'>,
  connectionId: string,
  since: number,
): Promise<RefusalFact[]> {
  const rows = await tables(context)
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
