import { existsSync, readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Config, loadConfig } from '../config.ts'
import { sqlitePath } from '../store/master-key.ts'
import { copyStore, inspectStore, type StoreFacts } from '../store/sqlite/backup.ts'
import { CommandError, type CommandIo, EXIT } from './exit.ts'

type Env = Readonly<Record<string, string | undefined>>
export type BackupOptions = { readonly force: boolean; readonly withKey: boolean }

/** Beside the store's size, what a growing store and the file system itself may need. */
const SPARE_BYTES = 16 * 1024 * 1024
const TELL_EVERY_MS = 1_000

/**
 * Copies the store into a file, while a relay may be serving it, and checks the copy. Everything that was acknowledged
 * before this began is in it. Sealed values stay sealed: without the master key the file opens no code.
 *
 * @returns 0
 * @throws CommandError: no store (66), the file is there already (73), no room (69), the copy is damaged (65)
 */
export async function backup(file: string, options: BackupOptions, env: Env, io: CommandIo): Promise<number> {
  const config = loadConfig(env)
  const source = embeddedStore(config)
  const target = resolve(file)
  if (!existsSync(source)) throw new CommandError(EXIT.noInput, `there is no store at ${source}`)
  if (!options.force && existsSync(target)) {
    throw new CommandError(EXIT.cannotCreate, `${file} is there already: choose another name, or --force`)
  }
  checkRoom(source, target)
  await copy(source, target, io)
  const facts = inspectStore(target)
  if (facts.damage.length > 0) {
    throw new CommandError(EXIT.dataError, `the copy is damaged: ${facts.damage.slice(0, 3).join('; ')}`)
  }
  io.out(`${file}: ${describe(facts)}; checked, no damage`)
  if (options.withKey) writeKey(config, target, io)
  else io.out(`it opens with master key ${facts.keyIds.join(' and ')}, which is not in it: keep that apart`)
  return EXIT.ok
}

/** @throws CommandError for a store that other tools back up */
export function embeddedStore(config: Config): string {
  if (/^postgres/.test(config.databaseUrl)) {
    throw new CommandError(EXIT.usage, 'DATABASE_URL names a PostgreSQL store: use pg_dump and pg_restore')
  }
  return sqlitePath(config)
}

/** One line on what a store file holds. */
export const describe = ({ bytes, messages, schema }: StoreFacts): string =>
  `${(bytes / 1e6).toFixed(1)} MB, ${messages} messages, schema ${schema}`

/** @throws CommandError when the copy would not fit */
export function checkRoom(source: string, target: string): void {
  const folder = dirname(target)
  if (!existsSync(folder)) throw new CommandError(EXIT.cannotCreate, `there is no directory ${folder}`)
  const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0)
  const needed = sizeOf(source) + sizeOf(`${source}-wal`) + SPARE_BYTES
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize >= needed) return
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0)
  throw new CommandError(
    EXIT.unavailable,
    `${folder} has ${megabytes(bavail * bsize)} MB of room, ${megabytes(needed)} MB are needed`,
  )
}

async function copy(source: string, target: string, io: CommandIo): Promise<void> {
  let toldAt = performance.now()
  try {
    await copyStore(source, target, (done) => {
      if (performance.now() - toldAt < TELL_EVERY_MS) return
      toldAt = performance.now()
      io.err(`${Math.floor(done * 100)} %`)
    })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CommandError(EXIT.unavailable, `the store could not be copied: ${why}`)
  }
}

function writeKey(config: Config, target: string, io: CommandIo): void {
  const path = join(config.dataDir, 'master.key')
  const key = config.masterKey || (existsSync(path) ? readFileSync(path, 'utf8') : '')
  if (!key) throw new CommandError(EXIT.noInput, `there is no MASTER_KEY and no ${path}`)
  writeFileSync(`${target}.key`, `${key.trim()}\n`, { mode: 0o600 })
  io.out(`${target}.key: the master key. Whoever has both files can read everything`)
}
