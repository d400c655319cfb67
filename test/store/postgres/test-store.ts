import { Failure } from '../../../src/domain/failure.ts'
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

/** Two nodes on a database of its own that take turns: what one has written the next call finds on the other. */
export async function openTestStore(): Promise<TestStore> {
  const { nodes, open, remove } = await openNodes(2)
  let store = inTurns(nodes)
  return {
    get store() {
      return store
    },
    async reopen() {
      await store.close()
      nodes.length = 0
      store = inTurns([await open(), await open()])
      return store
    },
    remove,
  }
}

function inTurns(stores: readonly Store[]): Store {
  let calls = 0
  const all = [...stores]
  const methods = Object.keys(all[0]!).map((method) => [
    method,
    (...args: unknown[]) => {
      calls += 1
      const store = all[calls % all.length] as unknown as Record<string, (...args: unknown[]) => unknown>
      return store[method]!(...args)
    },
  ])
  const close = async (): Promise<void> => {
    await Promise.all(all.map((store) => store.close()))
  }
  return { ...Object.fromEntries(methods), close }
}

/** So many calls at once, spread over the nodes; how each ended. */
export function spread<T>(
  nodes: readonly Store[],
  count: number,
  call: (store: Store, n: number) => Promise<T>,
): Promise<PromiseSettledResult<T>[]> {
  const calls = Array.from({ length: count }, (_, n) => call(nodes[n % nodes.length]!, n))
  return Promise.allSettled(calls)
}

/** What those that succeeded answered. */
export const answers = <T>(settled: readonly PromiseSettledResult<T>[]): T[] =>
  settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))

/** The codes of the failures of those that did not; anything else that was thrown is thrown again. */
export const failures = (settled: readonly PromiseSettledResult<unknown>[]): string[] =>
  settled.flatMap((one) => {
    if (one.status === 'fulfilled') return []
    if (one.reason instanceof Failure) return [one.reason.code]
    throw one.reason
  })
