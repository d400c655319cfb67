import { type Kysely, sql } from 'kysely'
import { removeExpired, selectExpired } from '../operations/expired.ts'
import { listOldKeys, resealRows, selectStale } from '../operations/reseal.ts'
import { purgeInSteps } from '../purge.ts'
import { resealInSteps } from '../reseal.ts'
import type { Schema } from '../schema.ts'
import type { PurgeCounts, PurgeRequest, Resealed } from '../store.ts'
import { translate } from './failures.ts'
import { retireIfUnused } from './keys.ts'
import { NO_LOCKS } from './locks.ts'
import type { Database } from './transact.ts'

/* What one node does at a time: retention, and the change of keys. */

/** The connections for what takes long, and the others. */
export type Slow = { readonly db: Kysely<Schema>; readonly database: Database }

const NOTHING_REMOVED: PurgeCounts = {
  codes: 0,
  bodies: 0,
  documents: 0,
  events: 0,
  notices: 0,
  idempotency: 0,
}

/** As `purge` of the port; nothing is left to do while another node does it. */
export async function purgeOnce({ db, database }: Slow, request: PurgeRequest): Promise<PurgeCounts> {
  const purged = await whileHolding(db, 'purge', (held) =>
    purgeInSteps(
      {
        select: (asked) => selectExpired({ ...database.context, db: held }, asked),
        remove: (step, now) => database.write(NO_LOCKS, (context) => removeExpired(context, step, now)),
      },
      request,
    ),
  )
  return purged ?? NOTHING_REMOVED
}

/** As `reseal` of the port. */
export async function resealOnce({ db, database }: Slow, isStopped: () => boolean): Promise<Resealed> {
  const resealed = await whileHolding(db, 'reseal', (held) => {
    const context = { ...database.context, db: held }
    return resealInSteps(
      {
        listOldKeys: () => listOldKeys(context),
        selectStale: (...args) => selectStale(context, ...args),
        resealRows: (...args) => database.write(NO_LOCKS, (inside) => resealRows(inside, ...args)),
        retireKeys: () => held.transaction().execute((db) => retireIfUnused({ ...context, db })),
      },
      isStopped,
    )
  })
  return resealed ?? { oldKeys: [], rows: 0, broken: 0, isDone: false }
}

/** Runs while no other node does the same; null when one does. The lock ends with the connection at the latest. */
async function whileHolding<T>(
  db: Kysely<Schema>,
  name: string,
  run: (held: Kysely<Schema>) => Promise<T>,
): Promise<T | null> {
  const key = sql`hashtextextended(${name}, 0)`
  try {
    return await db.connection().execute(async (held) => {
      const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${key}) as taken`.execute(
        held,
      )
      if (!rows[0]?.taken) return null
      try {
        return await run(held)
      } finally {
        await sql`select pg_advisory_unlock(${key})`.execute(held)
      }
    })
  } catch (error) {
    throw translate(error)
  }
}
