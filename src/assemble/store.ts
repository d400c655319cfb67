import { type Config, isManyNodes } from '../config.ts'
import { loadMasterKeys, sqlitePath } from '../store/master-key.ts'
import type { Store } from '../store/store.ts'

export type StoreOptions = {
  /** The embedded store's writer died: nothing can be kept any more. PostgreSQL comes back by itself. */
  readonly onFatal?: (error: Error) => void
}

/**
 * The store that DATABASE_URL names: PostgreSQL, else SQLite. The driver of the other one is not even loaded.
 *
 * @throws StoreSetupError, Failure `unavailable`
 */
export async function openStore(config: Config, { onFatal }: StoreOptions = {}): Promise<Store> {
  const masterKeys = loadMasterKeys(config)
  if (isManyNodes(config)) {
    const { openPostgresStore } = await import('../store/postgres/open.ts')
    return openPostgresStore({ url: config.databaseUrl, masterKeys })
  }
  const { openSqliteStore } = await import('../store/sqlite/open.ts')
  return openSqliteStore({ path: sqlitePath(config), masterKeys, ...(onFatal ? { onFatal } : {}) })
}
