import { existsSync } from 'node:fs'
import { loadConfig } from '../config.ts'
import { Failure } from '../domain/failure.ts'
import { StoreMoveError, StoreSetupError } from '../store/errors.ts'
import { loadMasterKeys, sqlitePath } from '../store/master-key.ts'
import { type MoveProgress, moveToPostgres } from '../store/move/move.ts'
import { isInUse } from '../store/sqlite/backup.ts'
import { CommandError, type CommandIo, EXIT } from './exit.ts'

type Env = Readonly<Record<string, string | undefined>>
export type MigrateOptions = { readonly from?: string; readonly to?: string }

/** Large tables say how far they are; small ones only that they are done. */
const TELL_EVERY_ROWS = 50_000

/**
 * Moves the embedded store to PostgreSQL, all of it or nothing, and says how far it is.
 *
 * @param options where it is (default: DATA_DIR's) and where it is to go (default: DATABASE_URL, which keeps a password
 *   out of the list of processes)
 * @throws CommandError: no such store (66), a relay is running on it (75), not PostgreSQL (64), a database that is not
 *   empty or rows that differ (65), keys that do not fit (78), a server that does not answer (69)
 */
export async function migrateStore(options: MigrateOptions, env: Env, io: CommandIo): Promise<number> {
  const to = options.to ?? env.DATABASE_URL ?? ''
  if (!/^postgres(ql)?:\/\//.test(to)) {
    throw new CommandError(EXIT.usage, '--to (or DATABASE_URL) must be postgres://…')
  }
  if (options.from !== undefined && !options.from.startsWith('sqlite:')) {
    throw new CommandError(EXIT.usage, '--from must be sqlite:<path>')
  }
  const config = loadConfig({ ...env, DATABASE_URL: options.from ?? '' })
  const from = sqlitePath(config)
  if (!existsSync(from)) throw new CommandError(EXIT.noInput, `there is no store ${from}`)
  if (isInUse(from)) throw new CommandError(EXIT.temporary, `a relay is running on ${from}: stop it first`)
  try {
    const masterKeys = loadMasterKeys(config)
    const rows = await moveToPostgres({ from, to, masterKeys, onProgress: teller(io) })
    io.out(`${rows} rows are moved and verified.`)
    io.err(`${from} is as it was. Keep it as a backup, and start no relay on it again.`)
    return EXIT.ok
  } catch (error) {
    throw explain(error)
  }
}

function teller(io: CommandIo): (progress: MoveProgress) => void {
  let told = 0
  return ({ step, table, rows, of }) => {
    if (rows < of && rows - told < TELL_EVERY_ROWS) return
    told = rows < of ? rows : 0
    io.err(rows < of ? `${table}: ${rows} of ${of} rows ${step}` : `${table}: ${of} rows ${step}`)
  }
}

function explain(error: unknown): unknown {
  if (error instanceof StoreMoveError) return new CommandError(EXIT.dataError, error.message)
  if (error instanceof StoreSetupError) return new CommandError(EXIT.config, error.message)
  if (error instanceof Failure && error.code === 'unavailable') {
    const why = `${error.message} (${error.details?.reason})`
    return new CommandError(EXIT.unavailable, `${why}; nothing is moved, and both stores are as they were`)
  }
  return error
}
