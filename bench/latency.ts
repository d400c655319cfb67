import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import { type RelayProcess, startProcess } from '../test/support/process.ts'
import { testEnvironment } from '../test/support/relay.ts'
import { buildProgram } from './built.ts'
import { oneByOne, paced } from './latency/measure.ts'
import { type Provisioned, provisionMany, startRunners } from './latency/runners.ts'
import { ageStore, billMail, endlessExtractor, makeTrouble } from './latency/trouble.ts'
import { machine, median, printTable, quantile, writeResults } from './report.ts'

/*
 * From the end of DATA to the runner holding the code. The relay is a process of its own; this process is the portals
 * and the runners. Every code is checked against the one that was sent; in the end the relay is killed, and its store
 * must know of exactly as many claims as codes were held.
 */

const MOST_WAITING = 1_000
const WARM_UP_MESSAGES = 1_500
const PER_SECOND = 300
const PURGED_AT_LEAST = 2_000

type Samples = Map<string, number[][]>
type Stage = {
  readonly relay: RelayProcess
  readonly dataDir: string
  readonly connections: readonly Provisioned[]
  readonly messages: number
  readonly seconds: number
  answers: number
}

/** `npm run bench -- latency [--rounds N] [--messages N] [--seconds N]` */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      messages: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '5' },
    },
  })
  const dataDir = mkdtempSync(join(tmpdir(), 'mfa-relay-bench-'))
  const settings = { LOG_LEVEL: 'info', UTILITIES_DIR: endlessExtractor(dataDir) }
  const built = buildProgram()
  const relay = await startProcess({ ...testEnvironment(dataDir), ...settings }, [
    ...(process.env.BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : []),
    '--import',
    './bench/latency/hurry.ts',
    ...built.program,
  ])
  try {
    const connections = await provisionMany(relay.url, MOST_WAITING)
    const stage: Stage = {
      relay,
      dataDir,
      connections,
      messages: Number(values.messages),
      seconds: Number(values.seconds),
      answers: 0,
    }
    const samples: Samples = new Map()
    await waiting(stage, 10, (runners) => oneByOne(relay.smtpPort, runners, WARM_UP_MESSAGES))
    for (let round = 0; round < Number(values.rounds); round += 1) await measureRound(stage, samples)
    print(samples, stage)
    const claims = await verify(stage)
    writeResults('latency', { figures: figuresOf(samples), claims })
  } finally {
    // It has been killed already, unless something went wrong, or a profile is wanted.
    if (relay.child.signalCode === null) await relay.stop()
    rmSync(dataDir, { recursive: true, force: true })
    built.remove()
  }
}

async function measureRound(stage: Stage, samples: Samples): Promise<void> {
  const { relay, messages, seconds, connections, dataDir } = stage
  const note = (name: string, latencies: number[]) => {
    samples.set(name, [...(samples.get(name) ?? []), latencies])
    return latencies
  }
  for (const count of [1, 100]) {
    await waiting(stage, count, async (runners) =>
      note(`${count} waiting, one by one`, await oneByOne(relay.smtpPort, runners, messages)),
    )
  }
  const load = { perSecond: PER_SECOND, seconds }
  await waiting(stage, MOST_WAITING, async (runners) => [
    ...note('1000 waiting, one by one', await oneByOne(relay.smtpPort, runners, messages)),
    ...note('1000 waiting, 300 a second', await paced(relay.smtpPort, runners, load)),
  ])
  await waiting(stage, MOST_WAITING, async (runners) => {
    const bill = billMail()
    const old = ageStore(dataDir)
    if (old < PURGED_AT_LEAST && seconds >= 5) throw new Error(`only ${old} messages are there to purge`)
    const target = {
      relay: { smtpPort: relay.smtpPort, pid: relay.child.pid! },
      address: connections[0]!.address,
    }
    const trouble = makeTrouble(target, bill)
    const latencies = await paced(relay.smtpPort, runners.slice(1), load)
    await trouble
    return note('the same, with bill, endless message and purge', latencies)
  })
}

/** Runners that wait while something is measured. */
async function waiting(
  stage: Stage,
  count: number,
  measure: (runners: Awaited<ReturnType<typeof startRunners>>['runners']) => Promise<number[]>,
): Promise<void> {
  const { runners, end } = await startRunners(stage.relay, stage.connections.slice(0, count))
  stage.answers += (await measure(runners)).length
  await end()
}

/** Kills the relay and looks: as many claims as answers, none read twice, the purge done, the endless unread. */
async function verify({ relay, dataDir, answers }: Stage): Promise<number> {
  if (process.env.BENCH_PROFILE) return answers
  await relay.kill()
  const database = new Database(join(dataDir, 'relay.db'), { readonly: true })
  const count = (sql: string) =>
    database.prepare<[], number>(`select count(*) from ${sql}`).pluck().get() ?? 0
  const claims = count("audit where action = 'code.claimed'")
  const unread = count("message where extraction_kind = 'unread' and extraction_reason = 'deadline'")
  const left = count('message_body where received_at < 1000 * (unixepoch() - 20 * 86400)')
  database.close()
  if (claims !== answers)
    throw new Error(`${answers} codes were held, and the store knows of ${claims} claims`)
  if (unread === 0) throw new Error('the endless message is not in the store as unread')
  if (left > 0) throw new Error(`the purge left ${left} bodies`)
  console.log(`\nkilled; its store knows of ${claims} claims, one for each code that was held`)
  return claims
}

const figuresOf = (samples: Samples) =>
  [...samples].map(([name, rounds]) => ({
    name,
    p50: rounds.map((values) => quantile(values, 0.5)),
    p99: rounds.map((values) => quantile(values, 0.99)),
    max: Math.max(...rounds.flat()),
  }))

function print(samples: Samples, { messages, seconds }: Stage): void {
  const ms = (value: number): string => value.toFixed(2)
  const spread = (values: number[]): string => `${ms(Math.min(...values))}–${ms(Math.max(...values))}`
  console.log(
    `End of DATA to the runner's answer, ms: medians of the rounds (lowest–highest); ${messages} messages one by one, ` +
      `or ${seconds} s of load in a round`,
  )
  console.log(`${Object.values(machine()).join(', ')}\n`)
  printTable(
    ['', 'p50', '(rounds)', 'p99', '(rounds)', 'max'],
    figuresOf(samples).map(({ name, p50, p99, max }) => [
      name,
      ms(median(p50)),
      spread(p50),
      ms(median(p99)),
      spread(p99),
      ms(max),
    ]),
  )
}
