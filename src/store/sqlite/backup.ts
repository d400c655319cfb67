import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { MIGRATIONS } from '../migrations/migrate.ts'
import type { Sealer } from '../seal.ts'
import { openForReading } from './database.ts'

/* Copying the embedded store while it is used, and finding out whether a copy is whole. */

/** Pages of 4 KB between two looks at how far it is. */
const PAGES_A_STEP = 2_000

/** What is known of a store file. */
export type StoreFacts = {
  readonly bytes: number
  /** The newest migration that it went through; 0: it is no store of ours. */
  readonly schema: number
  readonly messages: number
  /** Master keys that something in it is sealed under. */
  readonly keyIds: readonly string[]
  /** What SQLite's own check found wrong. */
  readonly damage: readonly string[]
}

/**
 * Copies a store that may be in use, as it is at this moment: who writes meanwhile is not held up, and is not in the
 * copy. The file appears under its name once it is whole and on disk, readable by its owner only.
 *
 * @param onProgress told of the part that is done, 0..1
 * @throws what SQLite or the disk say; nothing is left behind then
 */
export async function copyStore(
  source: string,
  target: string,
  onProgress: (done: number) => void,
): Promise<void> {
  const part = `${target}.part`
  rmSync(part, { force: true })
  closeSync(openSync(part, 'wx', 0o600))
  const database = openForReading(source)
  try {
    // A snapshot held all the time: without it, SQLite begins anew whenever somebody writes.
    database.exec('begin')
    database.prepare('select count(*) from sqlite_schema').get()
    await database.backup(part, {
      progress({ totalPages, remainingPages }) {
        onProgress(totalPages === 0 ? 1 : 1 - remainingPages / totalPages)
        return PAGES_A_STEP
      },
    })
    makeSingleFile(part)
    moveIntoPlace(part, target)
  } catch (error) {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${part}${suffix}`, { force: true })
    throw error
  } finally {
    database.close()
  }
}

/** A copy in WAL mode would be three files once somebody looks at it. */
function makeSingleFile(path: string): void {
  const database = new Database(path)
  database.pragma('journal_mode = DELETE')
  database.close()
}

/** Renames what is complete, and sees to it that both the bytes and the name are on disk. */
export function moveIntoPlace(part: string, target: string): void {
  flush(part)
  renameSync(part, target)
  flush(dirname(target))
}

function flush(path: string): void {
  const file = openSync(path, 'r')
  fsyncSync(file)
  closeSync(file)
}

/** Reads a whole file to see whether it is a store, and sound. @throws SqliteError when it is no database at all */
export function inspectStore(path: string): StoreFacts {
  const database = openForReading(path)
  try {
    const damage = database
      .prepare<[], { integrity_check: string }>('pragma integrity_check')
      .all()
      .map((row) => row.integrity_check)
      .filter((line) => line !== 'ok')
    const isStore = hasTable(database, 'migration') && hasTable(database, 'key_check')
    const number = (sql: string): number => database.prepare<[], number | null>(sql).pluck().get() ?? 0
    return {
      bytes: statSync(path).size,
      schema: isStore ? number('select max(number) from migration') : 0,
      messages: isStore ? number('select count(*) from message') : 0,
      keyIds: isStore ? database.prepare<[], string>('select key_id from key_check').pluck().all() : [],
      damage,
    }
  } finally {
    database.close()
  }
}

const hasTable = (database: Database.Database, name: string): boolean =>
  database.prepare("select 1 from sqlite_schema where type = 'table' and name = ?").get(name) !== undefined

/** The newest schema that this program knows. */
export const KNOWN_SCHEMA = MIGRATIONS.at(-1)?.number ?? 0

/** Master keys that the store needs and the sealer does not have. */
export const missingKeys = ({ keyIds }: StoreFacts, sealer: Pick<Sealer, 'keyIds'>): string[] =>
  keyIds.filter((id) => !sealer.keyIds.includes(id))

/** Whether another process has this store open. Asks for what only a lone user can have. */
export function isInUse(path: string): boolean {
  const database = new Database(path, { fileMustExist: true, timeout: 0 })
  try {
    database.pragma('locking_mode = EXCLUSIVE')
    database.exec('begin exclusive; rollback')
    return false
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return true
    throw error
  } finally {
    database.close()
  }
}

/**
 * Lays aside what was open in a store that is older than now: a code that looks free in it may have been handed out
 * since, and a copy that looks due may have been sent.
 *
 * @returns how many codes and copies will not be handed out, or sent
 */
export function layAsideOpen(path: string, now: number): { codes: number; copies: number } {
  const database = new Database(path)
  try {
    const codes = database.prepare("update code set state = 'superseded' where state = 'available'").run()
    const copies = database
      .prepare(
        `update delivery set state = 'expired', holder = null, leased_until = null, finished_at = ?,
          last_error = 'it was open in a backup that was restored, and may have been sent since'
         where finished_at is null and message_id is not null`,
      )
      .run(now)
    return { codes: codes.changes, copies: copies.changes }
  } finally {
    database.close()
  }
}
