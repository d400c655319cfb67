import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely'
import pg from 'pg'
import type { Schema } from '../schema.ts'
import { isDisconnect } from './failures.ts'

export type PoolOptions = {
  /** `postgres://user:password@host:port/database`, with what libpq allows behind `?`. */
  readonly url: string
  /** The most connections of this process. */
  readonly connections: number
  /** How long a statement may take, ms. */
  readonly statementMs: number
  /** Runs on each new connection before it is used. */
  readonly onConnect?: (query: Query) => Promise<void>
}
export type Query = (sql: string, parameters: readonly unknown[]) => Promise<{ rows: unknown[] }>

/** How long to wait for a connection: a fresh one, or one of ours that is busy. */
const CONNECT_MS = 5_000
/** Half as long again as its own limit, and a server does not answer any more: it is paused, or the network is. */
const SILENCE = 1.5
const INT8 = 20

/** All instants and counters are whole numbers that JavaScript holds exactly. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
}

/** PostgreSQL as kysely sees it, over a pool that comes back by itself after a restart of the server. */
export function connect(options: PoolOptions): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool: createPool(options) }) })
}

function createPool({ url, connections, statementMs, onConnect }: PoolOptions): PostgresPool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    types,
    application_name: 'mfa-relay',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: statementMs * SILENCE,
  })
  // An idle connection that breaks leaves the pool; the next who asks gets a new one. One that is at work tells whoever
  // waits for it, and must not end the process by telling nobody else.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>()
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect()
      const known = clients.get(client)
      if (known) return known
      const wrapped = wrap(client)
      try {
        await client.query(SETTINGS, [statementMs])
        await onConnect?.(async (sql, parameters) => client.query(sql, [...parameters]))
      } catch (error) {
        client.release(true)
        throw error
      }
      clients.set(client, wrapped)
      return wrapped
    },
  }
}

/**
 * "250 only after commit" is worth nothing where a commit is not on disk. A transaction whose process hangs must not
 * keep others waiting. The isolation is what docs/decisions/090-many-writers.md was thought through for.
 */
const SETTINGS = `
  select set_config('statement_timeout', $1::text, false), set_config('lock_timeout', $1::text, false),
    set_config('idle_in_transaction_session_timeout', $1::text, false),
    set_config('default_transaction_isolation', 'read committed', false),
    case when current_setting('synchronous_commit') = 'off'
      then set_config('synchronous_commit', 'on', false) end`

function wrap(client: pg.PoolClient): PostgresPoolClient {
  let isBroken = false
  let last: Promise<unknown> = Promise.resolve()
  const run = async (sql: string, parameters: readonly unknown[]): Promise<unknown> => {
    if (isBroken) throw new Error('Connection terminated')
    try {
      return await client.query(sql, parameters.map(storable))
    } catch (error) {
      // After a silence the answer may still come, and would be taken for that to the next question.
      isBroken ||= isDisconnect(error)
      throw error
    }
  }
  // Some operations ask two things at once; the driver wants them one after the other.
  const query = (sql: string, parameters: readonly unknown[]): Promise<unknown> => {
    const result = last.then(() => run(sql, parameters))
    last = result.catch(() => {})
    return result
  }
  return {
    query: query as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy || isBroken),
  }
}

/** PostgreSQL's text holds no NUL, mail does: it must not keep a message out. */
export const storable = (value: unknown): unknown =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
