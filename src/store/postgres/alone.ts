import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'
import type { AdminStore } from '../store.ts'
import { translate } from './failures.ts'

type Ran<T> = { readonly value: T } | { readonly error: unknown }

/**
 * `alone` of the port: under an advisory lock of the session. It ends with the connection at the latest, so a node that
 * is killed keeps nobody from the task.
 *
 * @param db connections of its own, as a task may take long
 */
export function aloneOn(db: Kysely<Schema>): AdminStore['alone'] {
  return async <T>(task: string, run: () => Promise<T>): Promise<T | null> => {
    const ran = await underLock(db, `task:${task}`, run).catch((error: unknown) => {
      throw translate(error)
    })
    if (ran === null) return null
    // What the task itself throws is none of the store's.
    if ('error' in ran) throw ran.error
    return ran.value
  }
}

function underLock<T>(db: Kysely<Schema>, name: string, run: () => Promise<T>): Promise<Ran<T> | null> {
  const key = sql`hashtextextended(${name}, 0)`
  return db.connection().execute(async (held) => {
    const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${key}) as taken`.execute(held)
    if (!rows[0]?.taken) return null
    const ran = await run().then(
      (value): Ran<T> => ({ value }),
      (error: unknown): Ran<T> => ({ error }),
    )
    // Fails only where the connection broke, which has ended the lock.
    await sql`select pg_advisory_unlock(${key})`.execute(held).catch(() => {})
    return ran
  })
}
