import pg from 'pg'
import { type Config, isManyNodes } from '../../config.ts'
import { loadMasterKeys } from '../../store/master-key.ts'
import { createSealer } from '../../store/seal.ts'
import { openRedis } from '../../wakeup/redis-client.ts'
import { type Finding, PATIENCE_MS, reason } from './check.ts'
import { judgeOldKeys } from './local.ts'
import { owedNumbersFinding } from './numbers.ts'

/** The oldest server that its makers still mend when this was written. */
const OLDEST_POSTGRES = 14
/** Streams and the settings that pub/sub is sent with are as we know them since then. */
const OLDEST_REDIS = 6

/** Does PostgreSQL answer, may we make tables there, and does it keep what it acknowledges? */
export async function checkDatabase(config: Config): Promise<Finding[]> {
  const part = 'database'
  if (!isManyNodes(config)) return [{ part, state: 'ok', text: 'SQLite, embedded' }]
  const client = new pg.Client({
    connectionString: config.databaseUrl,
    connectionTimeoutMillis: PATIENCE_MS,
    query_timeout: PATIENCE_MS,
  })
  // It may still complain when all is said.
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<Facts>(FACTS)
    return [
      ...judge(part, rows[0]!),
      ...(await oldKeysFinding(client, config)),
      ...(await owedNumbersFinding(client, config)),
    ]
  } catch (error) {
    const advice = 'check DATABASE_URL, the server, and what pg_hba.conf allows from here'
    return [{ part, state: 'fail', text: `PostgreSQL does not answer: ${reason(error)}`, advice }]
  } finally {
    await client.end().catch(() => {})
  }
}

/** During a change of master keys: may the old ones go? */
async function oldKeysFinding(client: pg.Client, config: Config): Promise<Finding[]> {
  const { keyId, keyIds } = createSealer(loadMasterKeys(config))
  if (keyIds.length === 1) return []
  const known = await client.query("select 1 where to_regclass('key_check') is not null")
  if (known.rowCount === 0) return []
  const { rows } = await client.query<{ key_id: string }>('select key_id from key_check where key_id <> $1', [
    keyId,
  ])
  return judgeOldKeys(rows.map(({ key_id: id }) => id))
}

type Facts = {
  readonly version: number
  readonly may_create: boolean
  readonly fsync: string
  readonly commit: string
  readonly is_standby: boolean
  readonly room: number
}
const FACTS = `
  select current_setting('server_version_num')::int / 10000 as version,
    has_schema_privilege(current_schema(), 'create') as may_create,
    current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
    pg_is_in_recovery() as is_standby,
    current_setting('max_connections')::int - (select count(*)::int from pg_stat_activity) as room`

/** A node opens up to this many connections; see src/store/postgres/open.ts. */
const CONNECTIONS_OF_A_NODE = 26

function judge(part: string, facts: Facts): Finding[] {
  const { version, room } = facts
  const found: Finding[] = []
  const fail = (text: string, advice: string) => found.push({ part, state: 'fail', text, advice })
  const warn = (text: string, advice: string) => found.push({ part, state: 'warn', text, advice })
  if (facts.is_standby)
    fail('this PostgreSQL is a standby: it takes no writes', 'point DATABASE_URL at the primary')
  if (!facts.may_create) {
    fail('our user may not make tables there', 'grant create on schema public to the user of DATABASE_URL')
  }
  if (facts.fsync === 'off') {
    warn('fsync is off: a power failure loses mail that was acknowledged', 'set fsync = on')
  }
  if (facts.commit === 'off') {
    warn('synchronous_commit is off; the relay turns it on for itself', 'set synchronous_commit = on')
  }
  if (version < OLDEST_POSTGRES) warn(`PostgreSQL ${version} is not mended any more`, 'upgrade the server')
  if (room < CONNECTIONS_OF_A_NODE) {
    warn(`${room} connections are free; a node opens up to ${CONNECTIONS_OF_A_NODE}`, 'raise max_connections')
  }
  const text = `PostgreSQL ${version}, ${room} connections free`
  return found.length > 0 ? found : [{ part, state: 'ok', text }]
}

/** Does Redis answer, and may we publish there? */
export async function checkRedis({ redisUrl, databaseUrl }: Config): Promise<Finding[]> {
  const part = 'redis'
  if (!redisUrl) return [{ part, state: 'off', text: 'REDIS_URL is not set: one node, limits in its memory' }]
  let trouble: Error | undefined
  const client = openRedis(redisUrl, 'mfa-relay-doctor', (error) => {
    trouble = error
  })
  try {
    await ready(client)
    const info = await client.info('server')
    await client.publish('mfa-relay:doctor', 'hello')
    const version = /redis_version:(\S+)/.exec(info)?.[1] ?? 'of unknown version'
    if (Number.parseInt(version, 10) < OLDEST_REDIS) {
      return [
        { part, state: 'warn', text: `Redis ${version} was not tried`, advice: 'upgrade to 6 or newer' },
      ]
    }
    return [{ part, state: 'ok', text: `Redis ${version}` }]
  } catch (error) {
    const text = `Redis does not answer: ${reason(trouble ?? error)}`
    const what = isManyNodes({ databaseUrl })
      ? 'codes are found by slow polling meanwhile'
      : 'limits are per process'
    return [{ part, state: 'fail', text, advice: `check REDIS_URL and the server; ${what}` }]
  } finally {
    client.disconnect()
  }
}

function ready(client: ReturnType<typeof openRedis>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer in time')), PATIENCE_MS)
    const end = (settle: () => void) => () => {
      clearTimeout(timer)
      settle()
    }
    client.once('ready', end(resolve))
    client.once(
      'close',
      end(() => reject(new Error('it hung up'))),
    )
  })
}
