import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { keyCheck } from '../key-check.ts'
import { listOldKeys, retireKeys, SEALED_COLUMNS, selectStale } from '../operations/reseal.ts'
import type { Sealer } from '../seal.ts'
import type { Query } from './pool.ts'

/* Master keys of many nodes, which change them one after the other. */

const keyLock = (keyId: string): string => `sealing:${keyId}`

/**
 * Says on a connection, for as long as it lives, that this process seals with its first key: while a single one says
 * so, no other node forgets that key.
 *
 * @param isNoted whether the key was noted when the store was opened; one that was forgotten since, while we were cut
 * off, is noted again
 */
export async function sayThatWeSeal(sealer: Sealer, isNoted: boolean, query: Query): Promise<void> {
  await query('select pg_advisory_lock_shared(hashtextextended($1, 0))', [keyLock(sealer.keyId)])
  if (!isNoted) return
  const { rows } = await query('select 1 from key_check where key_id = $1', [sealer.keyId])
  if (rows.length > 0) return
  const { key_id, sealed, created_at } = keyCheck(sealer, Date.now())
  await query(
    'insert into key_check (key_id, sealed, created_at) values ($1, $2, $3) on conflict do nothing',
    [key_id, sealed, created_at],
  )
}

/**
 * Forgets all keys but the first, in the caller's transaction.
 *
 * @returns false when a node still seals with one of them, or did after we looked
 */
export async function retireIfUnused(context: Context): Promise<boolean> {
  for (const keyId of await listOldKeys(context)) {
    const { rows } = await sql<{ is_unused: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended(${keyLock(keyId)}, 0)) as is_unused`.execute(
      context.db,
    )
    if (!rows[0]?.is_unused) return false
  }
  for (const index of SEALED_COLUMNS.keys()) {
    if ((await selectStale(context, index, null, 1)).length > 0) return false
  }
  await retireKeys(context)
  return true
}
