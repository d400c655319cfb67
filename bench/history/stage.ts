import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { KNOWN_SCHEMA } from '../../src/store/sqlite/backup.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { fill } from './fill.ts'

export const KEY = new Uint8Array(32).fill(3)
/** A year of logins, about one in five weeks. */
export const MESSAGES_EACH = 10

const FOLDER = join(tmpdir(), 'mfa-relay-bench-history')

/** A store that has seen a year. */
export type History = {
  readonly connections: number
  readonly messages: number
  readonly path: string
  readonly bytes: number
}

/** Forgets the stores that earlier runs built. */
export const removeHistories = (): void => rmSync(FOLDER, { recursive: true, force: true })

/** Builds a store with so many connections, or takes the one that an earlier run built. */
export async function openHistory(connections: number): Promise<History> {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 })
  const path = join(FOLDER, `schema-${KNOWN_SCHEMA}-${connections}.db`)
  if (!existsSync(path)) await build(path, connections)
  return { connections, messages: connections * MESSAGES_EACH, path, bytes: statSync(path).size }
}

async function build(path: string, connections: number): Promise<void> {
  const startedAt = performance.now()
  const part = `${path}.part`
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${part}${suffix}`, { force: true })
  await (await openSqliteStore({ path: part, masterKeys: [KEY] })).close()
  const database = new Database(part)
  for (const pragma of [
    'journal_mode = OFF',
    'synchronous = OFF',
    'foreign_keys = OFF',
    'cache_size = -500000',
  ])
    database.pragma(pragma)
  withoutIndexes(database, () =>
    fill(database, { connections, messages: connections * MESSAGES_EACH, key: KEY }),
  )
  database.pragma('journal_mode = WAL')
  database.close()
  renameSync(part, path)
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  console.log(`built a store of ${connections.toLocaleString('en')} connections in ${seconds} s`)
}

/** Indexes that are made in one go are built several times as fast, and come out as they would otherwise. */
function withoutIndexes(database: Database.Database, work: () => void): void {
  const indexes = database
    .prepare<[], { name: string; sql: string }>(
      "select name, sql from sqlite_schema where type = 'index' and sql is not null",
    )
    .all()
  for (const { name } of indexes) database.exec(`drop index ${name}`)
  work()
  for (const { sql } of indexes) database.exec(sql)
}
