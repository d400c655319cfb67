import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Config, loadConfig } from '../config.ts'
import { loadMasterKeys } from '../store/master-key.ts'
import { createSealer } from '../store/seal.ts'
import {
  inspectStore,
  isInUse,
  KNOWN_SCHEMA,
  layAsideOpen,
  missingKeys,
  moveIntoPlace,
  type StoreFacts,
} from '../store/sqlite/backup.ts'
import { checkRoom, describe, embeddedStore } from './backup.ts'
import { CommandError, type CommandIo, EXIT } from './exit.ts'

type Env = Readonly<Record<string, string | undefined>>
export type RestoreOptions = { readonly force: boolean; readonly keepOpen: boolean }

/**
 * Puts a backup in the place of the store. The former store, if there is one, is kept beside it under another name.
 *
 * @returns 0
 * @throws CommandError: no such file (66), damaged or no store (65), a relay is running (75), a store is there (73),
 *   keys are missing or the schema is too new (78), no room (69)
 */
export async function restore(
  file: string,
  options: RestoreOptions,
  env: Env,
  io: CommandIo,
): Promise<number> {
  const config = loadConfig(env)
  const target = embeddedStore(config)
  const source = resolve(file)
  if (!existsSync(source)) throw new CommandError(EXIT.noInput, `there is no ${file}`)
  const facts = inspect(source, file)
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  const isReplaced = existsSync(target)
  if (isReplaced) requirePermission(target, options.force)
  const newKey = checkKeys(config, source, facts)
  checkRoom(source, target)

  const part = `${target}.part`
  copyFileSync(source, part)
  chmodSync(part, 0o600)
  const laidAside = options.keepOpen ? null : layAsideOpen(part, Date.now())
  if (newKey !== null) writeFileSync(join(config.dataDir, 'master.key'), newKey, { mode: 0o600, flag: 'wx' })
  const former = isReplaced ? keepFormer(target) : null
  moveIntoPlace(part, target)
  io.out(`${target}: restored, ${describe(facts)}`)
  if (former !== null) io.out(`${former}: the store that was there before`)
  if (laidAside !== null) {
    const { codes, copies } = laidAside
    io.out(`${codes} codes and ${copies} copies that were open in it are laid aside: see --keep-open`)
  }
  return EXIT.ok
}

function inspect(source: string, file: string): StoreFacts {
  let facts: StoreFacts
  try {
    facts = inspectStore(source)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CommandError(EXIT.dataError, `${file} is no backup of a store: ${why}`)
  }
  if (facts.damage.length > 0)
    throw new CommandError(EXIT.dataError, `${file} is damaged: ${facts.damage.slice(0, 3).join('; ')}`)
  if (facts.schema === 0) throw new CommandError(EXIT.dataError, `${file} is no backup of a store`)
  if (facts.schema > KNOWN_SCHEMA) {
    const why = `it has schema ${facts.schema}, this program knows ${KNOWN_SCHEMA}`
    throw new CommandError(EXIT.config, `${file} comes from a newer version: ${why}`)
  }
  return facts
}

function requirePermission(target: string, isForced: boolean): void {
  if (isInUse(target)) {
    throw new CommandError(EXIT.temporary, `a relay has ${target} open: stop it first`)
  }
  if (!isForced) {
    const advice = '--force puts it aside, under another name'
    throw new CommandError(EXIT.cannotCreate, `there is a store at ${target}: ${advice}`)
  }
}

/**
 * The start would find out, but only after the old store is out of its place.
 *
 * @returns the key file to be written: what lies beside the backup, where there is no other key
 */
function checkKeys(config: Config, source: string, facts: StoreFacts): string | null {
  const path = join(config.dataDir, 'master.key')
  const hasOwn = config.masterKey !== '' || existsSync(path)
  const beside = !hasOwn && existsSync(`${source}.key`) ? readFileSync(`${source}.key`, 'utf8') : null
  if (!hasOwn && beside === null) {
    const where = `set MASTER_KEY, or put master.key into ${config.dataDir}`
    throw new CommandError(
      EXIT.config,
      `the backup opens with master key ${facts.keyIds.join(' and ')}: ${where}`,
    )
  }
  const keys = loadMasterKeys(beside === null ? config : { ...config, masterKey: beside.trim() })
  const missing = missingKeys(facts, createSealer(keys))
  if (missing.length > 0) {
    throw new CommandError(
      EXIT.config,
      `the backup needs master key ${missing.join(' and ')}, which is not given`,
    )
  }
  return beside
}

/** The store that was there, out of the way but not gone; answers where it is now. */
function keepFormer(target: string): string {
  const former = `${target}.before-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  // What is in the -wal file belongs to it: without it, the file alone would be older than it was.
  for (const suffix of ['-wal', '-shm'])
    if (existsSync(`${target}${suffix}`)) renameSync(`${target}${suffix}`, `${former}${suffix}`)
  renameSync(target, former)
  for (const suffix of ['-wal', '-shm', '-journal']) rmSync(`${target}${suffix}`, { force: true })
  return former
}
