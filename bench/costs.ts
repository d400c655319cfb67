import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { createClusterWorld } from '../chaos/cluster/world.ts'
import { deliverOnce, logIn } from '../chaos/load.ts'
import { openPortal } from '../chaos/smtp.ts'
import { until } from '../chaos/wait.ts'
import { createWorld, type World } from '../chaos/world.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { startRedis } from '../test/support/redis.ts'
import { machine, median, printTable, quantile, writeResults } from './report.ts'

/*
 * What a message and a login cost, in processor time and bytes, on the embedded store and on PostgreSQL with Redis. The
 * load is light, so that nothing is shared by what comes at once: under load each costs less. Processor time, as that
 * is counted right on a machine that others use too. docs/scale.md reckons with these figures.
 */

const ROUNDS = 5
const MAILS = 40
const LOGINS = 10
/** ms of processor time in a tick of /proc. */
const TICK_MS = 10

type Side = {
  readonly name: string
  readonly world: World
  /** Processes by what they are. */
  readonly pids: () => Readonly<Record<string, readonly number[]>>
  readonly bytes: () => Promise<Readonly<Record<string, number>>>
}
type Cost = Readonly<Record<string, number>>

/** `npm run bench -- costs` */
export async function run(): Promise<void> {
  const postgres = await startPostgres({ fsync: true })
  const redis = await startRedis()
  const client = new pg.Client(postgres.url)
  await client.connect()
  const embedded = await createWorld({
    seed: 'costs',
    connections: 10,
    // What is short of processors here is no hostile message.
    env: { READ_DEADLINE_MS: '60000' },
  })
  const cluster = await createClusterWorld({
    seed: 'costs',
    nodes: 1,
    connections: 10,
    databaseUrl: postgres.url,
    redisUrl: redis.url,
  })
  const redisPid = Number(/process_id:(\d+)/.exec(await redis.command('INFO', 'server'))?.[1])
  const sides: Side[] = [
    {
      name: 'SQLite',
      world: embedded,
      pids: () => ({ node: [embedded.relay.pid!] }),
      bytes: async () => ({}),
    },
    {
      name: 'PostgreSQL',
      world: cluster,
      pids: () => ({
        node: [cluster.nodes[0]!.pid!],
        database: [postgres.pid, ...childrenOf(postgres.pid)],
        redis: [redisPid],
      }),
      bytes: () => databaseFacts(client),
    },
  ]
  try {
    const found: { side: string; work: string; cost: Cost }[] = []
    for (const side of sides) await measure(side, mails(side.world, 10), 10)
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
        found.push({
          side: side.name,
          work: 'mail',
          cost: await measure(side, mails(side.world, MAILS), MAILS),
        })
        found.push({ side: side.name, work: 'login', cost: await measure(side, logins(side.world), LOGINS) })
      }
    }
    report(found)
  } finally {
    await client.end()
    await Promise.all([embedded.close(), cluster.close()])
    postgres.remove()
    await redis.close()
  }
}

/** Mails that nobody waits for, one after the other on one connection; their copies too. */
const mails = (world: World, count: number) => async (): Promise<void> => {
  const portal = await openPortal(world.relay.smtpPort, { tls: false })
  for (let n = 0; n < count; n += 1) {
    await deliverOnce(portal, world.ledger.newMail(world.mailboxes[n % 5]!))
  }
  portal.close()
}

/** Five runners that log in, each with a mail on a connection of its own; copies too. */
const logins = (world: World) => async (): Promise<void> => {
  await Promise.all(
    world.mailboxes.slice(5).map(async (mailbox) => {
      for (let n = 0; n < LOGINS / 5; n += 1) await logIn(world, mailbox)
    }),
  )
}

/** What one of `count` costs. */
async function measure(
  { world, pids, bytes }: Side,
  work: () => Promise<void>,
  count: number,
): Promise<Cost> {
  const before = { time: processorMs(pids()), bytes: await bytes() }
  await work()
  const isSent = await until(() => world.sink.taken.length >= world.ledger.mails.size, 120_000)
  if (!isSent) throw new Error('not all copies were sent')
  const after = { time: processorMs(pids()), bytes: await bytes() }
  const times = Object.keys(after.time).map((name) => [
    `${name} ms`,
    (after.time[name]! - before.time[name]!) / count,
  ])
  const sizes = Object.keys(after.bytes).map((name) => [
    name,
    (after.bytes[name]! - before.bytes[name]!) / count,
  ])
  return Object.fromEntries([...times, ...sizes])
}

async function databaseFacts(client: pg.Client): Promise<Record<string, number>> {
  const { rows } = await client.query(`
    select pg_database_size(current_database())::float8 as "bytes kept",
      pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as "bytes logged",
      (select xact_commit::float8 from pg_stat_database where datname = current_database()) as transactions`)
  return rows[0]
}

function processorMs(pids: ReturnType<Side['pids']>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(pids).map(([name, list]) => [
      name,
      list.reduce((sum, pid) => sum + ticksOf(pid) * TICK_MS, 0),
    ]),
  )
}

const fieldsOf = (pid: number): string[] => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
/** Of user and system, with children that have ended. */
function ticksOf(pid: number): number {
  const fields = fieldsOf(pid)
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0)
}
const childrenOf = (parent: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Number(fieldsOf(pid)[1]) === parent
      } catch {
        return false
      }
    })

function report(found: readonly { side: string; work: string; cost: Cost }[]): void {
  console.log(`${Object.values(machine()).join(', ')}; medians of ${ROUNDS} rounds (spread)\n`)
  const rows: string[][] = []
  for (const side of ['SQLite', 'PostgreSQL']) {
    for (const work of ['mail', 'login']) {
      const mine = found.filter((one) => one.side === side && one.work === work).map(({ cost }) => cost)
      for (const name of Object.keys(mine[0] ?? {})) {
        const values = mine.map((cost) => cost[name]!)
        const [low, middle, high] = [quantile(values, 0), median(values), quantile(values, 1)].map(rounded)
        rows.push([side, work, name, middle!, `${low}–${high}`])
      }
    }
  }
  printTable(['store', 'one', 'costs', 'median', '(rounds)'], rows)
  writeResults('costs', found)
}

const rounded = (value: number): string => (Math.abs(value) < 100 ? value.toFixed(2) : value.toFixed(0))
