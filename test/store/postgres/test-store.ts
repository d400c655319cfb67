import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { Failure } from '../../../src/domain/failure.ts'
import { openPostgresStore, type PostgresOptions } from '../../../src/store/postgres/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { createDatabase } from '../../support/postgres.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { TestStore } from '../contract.ts'

export const TEST_KEY = new Uint8Array(32).fill(7)

export type Nodes = {
  readonly url: string
  readonly key: Uint8Array
  readonly nodes: Store[]
  /** One more of them. */
  open(change?: Partial<PostgresOptions>): Promise<Store>
  /** @throws Error when a query walked through a table that grows */
  remove(): Promise<void>
}

/** A database of its own on the server of this run, and as many stores on it as nodes are wanted. */
export async function openNodes(count: number, options: Partial<PostgresOptions> = {}): Promise<Nodes> {
  const { url, drop } = await createDatabase()
  await makeTables(url)
  const nodes: Store[] = []
  const open = async (change: Partial<PostgresOptions> = {}): Promise<Store> => {
    const all = { url, masterKeys: [TEST_KEY], connections: 8, ...options, ...change }
    const store = await openPostgresStore(all)
    nodes.push(store)
    return store
  }
  for (let node = 0; node < count; node += 1) await open()
  return {
    url,
    key: TEST_KEY,
    nodes,
    open,
    async remove() {
      await Promise.all(nodes.map((store) => store.close()))
      const scanned = await scannedTables(url)
      await drop()
      if (scanned.length > 0) throw new Error(`no index served a query on ${scanned.join(', ')}`)
    },
  }
}

/**
 * So many nodes, shared by all cases of a file, and `store`, the first of them.
 *
 * @returns how a case gets at them: only inside of it, as they are opened before the first
 */
export function shareNodes(count: number): () => Nodes & { readonly store: Store } {
  let opened: Nodes
  beforeAll(async () => {
    opened = await openNodes(count)
  })
  afterAll(() => opened.remove())
  return () => ({ ...opened, store: opened.nodes[0]! })
}

/** Tables that may be read as a whole: they have few rows, or are asked for all that is in them. */
const WHOLE = new Set(['api_key', 'company', 'key_check', 'meta', 'migration', 'rule_result', 'utility_pin'])

/** Makes the tables, and lets the planner walk through one from then on only where no index serves, few rows or not. */
async function makeTables(url: string): Promise<void> {
  await (await openPostgresStore({ url, masterKeys: [TEST_KEY], connections: 1 })).close()
  const name = new URL(url).pathname.slice(1)
  await withClient(url, async (client) => {
    await lastOne(client)
    await client.query(`alter database ${name} set enable_seqscan = off`)
    // Making indexes walks through their tables.
    await client.query('select pg_stat_reset()')
  })
}

/** Tables that grow, and that a query walked through all the same since they were made. */
const scannedTables = (url: string): Promise<string[]> =>
  withClient(url, async (client) => {
    await lastOne(client)
    const { rows } = await client.query<{ relname: string; seq_scan: string }>(
      'select relname, seq_scan from pg_stat_user_tables where seq_scan > 0',
    )
    return rows
      .filter(({ relname }) => !WHOLE.has(relname))
      .map(({ relname, seq_scan }) => `${relname} (${seq_scan})`)
  })

/** Each connection tells what it counted when it ends. */
async function lastOne(client: pg.Client): Promise<void> {
  const others = `select 1 from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`
  await waitFor(async () => (await client.query(others)).rowCount === 0, 'the end of all other connections')
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
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
