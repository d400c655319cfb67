import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { StoreSetupError } from './errors.ts'
import { readOrMake } from './key-file.ts'

type Settings = Pick<Config, 'dataDir' | 'databaseUrl' | 'masterKey'>

/** The embedded store's file: named by `DATABASE_URL=sqlite:<path>`, else in the data directory. */
export const sqlitePath = ({ dataDir, databaseUrl }: Omit<Settings, 'masterKey'>): string =>
  databaseUrl.replace(/^sqlite:(\/\/)?/, '') || join(dataDir, 'relay.db')

/**
 * The keys that seal what the store holds: from MASTER_KEY, else from `master.key` in the data directory, which is
 * made on the first start. The first seals, all open.
 *
 * @throws StoreSetupError when a key is unreadable, or when the store is there and its key is not
 */
export function loadMasterKeys(config: Settings): Uint8Array[] {
  const path = join(config.dataDir, 'master.key')
  const lines = config.masterKey || readOrMake(path, () => newKeyFor(config, path))
  const keys = lines.split(/[\s,]+/).map((line) => parseKey(line.trim()))
  if (keys.includes(null)) {
    const where = config.masterKey ? 'MASTER_KEY' : path
    throw new StoreSetupError(`${where}: a key has 32 bytes, as 64 hex digits or base64`)
  }
  return keys.filter((key) => key !== null)
}

/** A new key would open nothing of an existing store, and hide that the old one is missing. */
function newKeyFor(config: Settings, path: string): string {
  if (existsSync(sqlitePath(config))) {
    const why = `MASTER_KEY is not set and ${path} is gone, but the store is there`
    throw new StoreSetupError(`${why}: put the file back from your backup`)
  }
  return randomBytes(32).toString('hex')
}

function parseKey(text: string): Uint8Array | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === 32 ? bytes : null
}
