import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore, type SqliteOptions } from '../../../src/store/sqlite/open.ts'
import type { TestStore } from '../contract.ts'

export const TEST_KEY = new Uint8Array(32).fill(7)

/** A directory for one store's files. */
export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'mfa-relay-store-'))

/** A store in a directory of its own. */
export async function openTestStore(
  options: Partial<SqliteOptions> = {},
): Promise<TestStore & { path: string }> {
  const folder = newFolder()
  const path = join(folder, 'relay.db')
  const open = () => openSqliteStore({ path, masterKeys: [TEST_KEY], ...options })
  let store = await open()
  return {
    path,
    get store() {
      return store
    },
    async reopen() {
      await store.close()
      store = await open()
      return store
    },
    async remove() {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
