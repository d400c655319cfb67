import { parseArgs } from 'node:util'
import { FAULTS, type Servers } from '../chaos/cluster/faults.ts'
import { type ClusterOutcome, runCluster } from '../chaos/cluster/run.ts'
import { createClusterWorld } from '../chaos/cluster/world.ts'
import { query, startPostgres } from '../test/support/postgres.ts'
import { startRedis } from '../test/support/redis.ts'
import { machine, median, printTable, quantile, writeResults } from './report.ts'

/*
 * Three nodes in processes of their own behind a load balancer, on a real PostgreSQL and a real Redis. First the same
 * logins on one, two and three nodes, in alternating rounds; then many logins while nodes are killed, Redis is flushed
 * and stopped, PostgreSQL is restarted, crashed and paused. Every code is checked against the login it was sent for, and
 * the store is read back in the end.
 */

const NODES = [1, 2, 3]
/** For one round on so many nodes. */
const ROUND_CODES = 400
const RUNNERS = 40

/** `npm run bench -- cluster [--codes N] [--rounds N] [--seed S]` */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      codes: { type: 'string', default: '10000' },
      rounds: { type: 'string', default: '5' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  })
  const [codes, rounds] = [Number(values.codes), Number(values.rounds)]
  console.log(
    `seed ${values.seed}\n${Object.values(machine()).join(', ')}, shared by nodes, database and load\n`,
  )
  // As in production: what is acknowledged is on disk.
  const servers: Servers = { postgres: await startPostgres({ fsync: true }), redis: await startRedis() }
  try {
    const throughput = rounds > 0 ? await measure(servers, values.seed, rounds) : []
    const broken = codes > 0 ? await breakIt(servers, values.seed, codes) : null
    writeResults('cluster', { seed: values.seed, throughput, broken })
    if (broken && broken.violations.length > 0) process.exitCode = 1
  } finally {
    servers.postgres.remove()
    await servers.redis.close()
  }
}

type Round = {
  readonly nodes: number
  readonly round: number
  readonly codesASecond: number
  readonly kept: boolean
}

async function measure(servers: Servers, seed: string, rounds: number): Promise<Round[]> {
  const found: Round[] = []
  for (let round = 0; round < rounds; round += 1) {
    // Each round begins with another number of nodes, so that none is always first.
    const order = NODES.map((_, index) => NODES[(index + round) % NODES.length]!)
    for (const nodes of order) {
      const { totals, seconds, violations } = await once(servers, `${seed}/${round}/${nodes}`, {
        nodes,
        codes: ROUND_CODES,
        breaking: false,
        say: () => {},
      })
      const codesASecond = totals.codesClaimed / seconds
      found.push({ nodes, round, codesASecond, kept: violations.length === 0 })
      printViolations(violations)
    }
  }
  console.log(
    `Logins a second, end to end (attempt, mail, code, read again, outcome, copy); ${ROUND_CODES} a round`,
  )
  printTable(
    ['nodes', 'median', '(rounds)', 'promises'],
    NODES.map((nodes) => {
      const mine = found.filter((row) => row.nodes === nodes)
      const rates = mine.map(({ codesASecond }) => codesASecond)
      const spread = `${quantile(rates, 0).toFixed(0)}–${quantile(rates, 1).toFixed(0)}`
      return [nodes, median(rates).toFixed(0), spread, mine.every(({ kept }) => kept) ? 'held' : 'VIOLATED']
    }),
  )
  return found
}

async function breakIt(servers: Servers, seed: string, codes: number): Promise<ClusterOutcome> {
  console.log('\nThree nodes, while things go wrong')
  const outcome = await once(servers, `${seed}/broken`, {
    nodes: 3,
    codes,
    breaking: true,
    say: (line) => console.log(`  ${line}`),
  })
  const { totals, faults, violations, seconds } = outcome
  printTable(
    [
      'codes',
      'claimed',
      'kills',
      'acknowledged',
      'lost',
      'handed out twice',
      'copies missing',
      'extra (allowed)',
      's',
    ],
    [
      [
        codes,
        totals.codesClaimed,
        totals.kills,
        totals.acknowledged,
        totals.lost,
        totals.handedOutTwice,
        totals.copiesMissing,
        `${totals.extraCopies} (${totals.allowedExtra})`,
        seconds.toFixed(0),
      ],
    ],
  )
  console.log('')
  printTable(['what went wrong', 'times'], Object.entries(faults))
  printViolations(violations)
  return { ...outcome, violations: violations.slice(0, SHOWN) }
}

/** A promise that is broken is mostly broken many times. */
const SHOWN = 20

function printViolations(violations: readonly string[]): void {
  for (const violation of violations.slice(0, SHOWN)) console.log(`VIOLATED: ${violation}`)
  if (violations.length > SHOWN) console.log(`VIOLATED: and ${violations.length - SHOWN} more`)
}

type Once = { nodes: number; codes: number; breaking: boolean; say(line: string): void }

/** On a database of its own, with everything else as it was. */
async function once(
  servers: Servers,
  seed: string,
  { nodes, codes, breaking, say }: Once,
): Promise<ClusterOutcome> {
  const name = `bench_${seed.replace(/\W/g, '_')}`
  await query(servers.postgres.url, `create database ${name}`)
  const databaseUrl = new URL(servers.postgres.url)
  databaseUrl.pathname = `/${name}`
  const world = await createClusterWorld({
    seed,
    nodes,
    connections: RUNNERS + (breaking ? 5 : 0),
    databaseUrl: databaseUrl.href,
    redisUrl: servers.redis.url,
  })
  try {
    return await runCluster(world, servers, {
      codes,
      runners: RUNNERS,
      floods: breaking ? 4 : 0,
      faults: breaking ? FAULTS : [],
      calmMs: 4_000,
      say,
    })
  } finally {
    await world.close()
    await query(servers.postgres.url, `drop database ${name} with (force)`)
  }
}
