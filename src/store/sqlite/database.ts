import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import type { ColumnTypes } from '../migrations/migration.ts'
import type { Schema } from '../schema.ts'

/** How SQLite names what the databases name differently. */
export const SQLITE_TYPES: ColumnTypes = { serial: 'integer primary key autoincrement', bytes: 'blob' }

/** How long another process (the command line, say) may hold the write lock before we give up. */
const BUSY_MS = 5_000

export type Pragmas = Readonly<Record<string, string | number>>

/**
 * Opens the file for writing, made on first use and readable by its owner only.
 *
 * @param pragmas further settings of this connection, e.g. `cache_size`
 */
export function openForWriting(path: string, pragmas: Pragmas): Database.Database {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // SQLite gives its -wal and -shm files the mode of the main file.
  closeSync(openSync(path, 'a', 0o600))
  const database = new Database(path, { timeout: BUSY_MS })
  database.pragma('journal_mode = WAL')
  // Every commit is flushed: "250 only after commit" is worth nothing without it.
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  for (const [name, value] of Object.entries(pragmas)) database.pragma(`${name} = ${value}`)
  return database
}

/** Opens a file that is there already; what this connection is asked to write fails. */
export function openForReading(path: string): Database.Database {
  return new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_MS })
}

/** The same connection as kysely sees it. The driver is synchronous: statements never interleave. */
export const asKysely = (database: Database.Database): Kysely<Schema> =>
  new Kysely<Schema>({ dialect: new SqliteDialect({ database }) })
