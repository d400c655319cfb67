import { type Kysely, sql } from 'kysely'
import type { Context } from '../context.ts'
import { StoreMoveError } from '../errors.ts'
import { checkKeys } from '../key-check.ts'
import { migrate } from '../migrations/migrate.ts'
import { translate } from '../postgres/failures.ts'
import { takeLocks } from '../postgres/locks.ts'
import { POSTGRES_TYPES } from '../postgres/open.ts'
import { connect } from '../postgres/pool.ts'
import type { Schema } from '../schema.ts'
import { createSealer } from '../seal.ts'
import { openForWriting } from '../sqlite/database.ts'
import { openSqliteStore } from '../sqlite/open.ts'
import { copyRows, setCounters } from './copy.ts'
import { listTables, rowsOf, type Table } from './tables.ts'
import { verifyRows } from './verify.ts'

export type MoveOptions = {
  /** The SQLite file. */
  readonly from: string
  /** `postgres://…`, an empty database. */
  readonly to: string
  readonly masterKeys: readonly Uint8Array[]
  readonly onProgress: (progress: MoveProgress) => void
}
export type MoveProgress = {
  readonly step: 'copied' | 'verified'
  readonly table: string
  readonly rows: number
  readonly of: number
}

const STATEMENT_MS = 600_000

/**
 * Copies a store from SQLite to PostgreSQL and compares both, row by row, before anything of it is committed: in the end
 * all of it is there, or nothing is. Sealed values stay as they are. While it runs nobody writes to the SQLite store,
 * and no node starts on the other one.
 *
 * @returns how many rows there are
 * @throws StoreSetupError (another master key, a store of a newer version, a database that is not empty),
 *   StoreMoveError, Failure `unavailable`
 */
export async function moveToPostgres({ from, to, masterKeys, onProgress }: MoveOptions): Promise<number> {
  // Upgrades it to our schema, and checks the keys.
  await (await openSqliteStore({ path: from, masterKeys })).close()
  const database = openForWriting(from, {})
  const db = connect({ url: to, connections: 1, statementMs: STATEMENT_MS })
  try {
    database.exec('begin immediate')
    const tables = listTables(database)
    await db.transaction().execute(async (target) => {
      await prepareTarget(target, tables)
      for (const table of tables) {
        const tell = (rows: number) => onProgress({ step: 'copied', table: table.name, rows, of: table.rows })
        await copyRows(target, table, rowsOf(database, table), tell)
      }
      await setCounters(target)
      for (const table of tables) {
        await verifyRows(target, table, rowsOf(database, table))
        onProgress({ step: 'verified', table: table.name, rows: table.rows, of: table.rows })
      }
      const context: Context = { db: target, sealer: createSealer(masterKeys) }
      await checkKeys(context, Date.now())
    })
    return tables.reduce((sum, { rows }) => sum + rows, 0)
  } catch (error) {
    throw translate(error)
  } finally {
    // Nothing was written to it.
    if (database.inTransaction) database.exec('rollback')
    database.close()
    await db.destroy()
  }
}

async function prepareTarget(db: Kysely<Schema>, tables: readonly Table[]): Promise<void> {
  await takeLocks(db, { keys: ['migrations'] })
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = current_schema() order by tablename`.execute(
    db,
  )
  if (rows.length > 0) {
    const some = rows.slice(0, 3).map(({ name }) => name)
    throw new StoreMoveError(
      `The database is not empty (it has ${rows.length} tables: ${some.join(', ')} …): give it a new one`,
    )
  }
  await migrate(db, { types: POSTGRES_TYPES, now: Date.now() })
  const made = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = current_schema()`.execute(db)
  const missing = tables.filter(({ name }) => !made.rows.some((table) => table.name === name))
  if (missing.length > 0) {
    throw new StoreMoveError(`The database has no table ${missing.map(({ name }) => name).join(', ')}`)
  }
}
