import { openPostgresStore, type PostgresOptions } from '../../../src/store/postgres/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { createDatabase } from '../../support/postgres.ts'
import type { TestStore } from '../contract.ts'

export const TEST_KEY = new Uint8Array(32).fill(7)

/** A database of its own on the server of this run, and as many stores on it as nodes are wanted. */
export async function openNodes(
  count: number,
  options: Partial<PostgresOptions> = {},
): Promise<{ url: string; nodes: Store[]; open(): Promise<Store>; remove(): Promise<void> }> {
  const { url, drop } = await createDatabase()
  const nodes: Store[] = []
  const open = async (): Promise<Store> => {
    const store = await openPostgresStore({ url, masterKeys: [TEST_KEY], connections: 8, ...options })
    nodes.push(store)
    return store
  }
  for (let node = 0; node < count; node += 1) await open()
  return {
    url,
    nodes,
    open,
    async remove() {
      await Promise.all(nodes.map((store) => store.close()))
      await drop()
    },
  }
}

/** One store on a database of its own. */
export async function openTestStore(): Promise<TestStore> {
  const { nodes, open, remove } = await openNodes(1)
  let store = nodes[0]!
  return {
    get store() {
      return store
    },
    async reopen() {
      await store.close()
      nodes.length = 0
      store = await open()
      return store
    },
    remove,
  }
}
