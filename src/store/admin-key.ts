import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { hashApiKey } from '../domain/api-key.ts'
import { newId } from '../domain/id.ts'
import { readOrMake } from './key-file.ts'
import type { AdminStore } from './store.ts'

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

/** No key has this hash. */
const NO_HASH = ''

/**
 * The same where many nodes share a store, each with a data directory of its own: the node that starts first makes a
 * key, and the store knows it from then on, so that it is good on all of them.
 */
export async function loadSharedAdminKey(
  config: Pick<Config, 'adminApiKey' | 'dataDir'>,
  store: Pick<AdminStore, 'listApiKeys' | 'createApiKey'>,
): Promise<AdminKey> {
  if (config.adminApiKey) return loadAdminKey(config)
  const keys = await store.listApiKeys()
  if (keys.some(({ scope, revokedAt }) => scope === 'admin' && revokedAt === null)) return { hash: NO_HASH }
  const { hash, path } = loadAdminKey(config)
  const about = { companyId: null, label: 'made on the first start', createdAt: Date.now(), revokedAt: null }
  await store.createApiKey({ id: newId(), scope: 'admin', ...about }, hash)
  return { hash: NO_HASH, ...(path ? { path } : {}) }
}
