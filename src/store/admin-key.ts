import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { hashApiKey } from '../domain/api-key.ts'
import { readOrMake } from './key-file.ts'

/** The admin's key as it may be compared, and where to find it if it is in a file. */
export type AdminKey = { readonly hash: string; readonly path?: string }

/**
 * The admin key: ADMIN_API_KEY, which is never stored, else `admin.key` in the data directory, which is made on the
 * first start. Whoever starts the relay is told the path, never the key.
 */
export function loadAdminKey(config: Pick<Config, 'adminApiKey' | 'dataDir'>): AdminKey {
  if (config.adminApiKey) return { hash: hashApiKey(config.adminApiKey) }
  const path = join(config.dataDir, 'admin.key')
  const key = readOrMake(path, () => `mfa_admin_${randomBytes(32).toString('base64url')}`)
  return { hash: hashApiKey(key), path }
}
