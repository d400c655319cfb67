import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startProcess } from '../test/support/process.ts'
import { ADMIN_KEY, testEnvironment } from '../test/support/relay.ts'
import { waitFor } from '../test/support/wait-for.ts'
import { type Built, buildProgram } from './built.ts'
import { machine, median, printTable, quantile, writeResults } from './report.ts'
import { type Crowd, next, startCrowd } from './waiters/crowd.ts'
import type { FromRelay, RelayOrder } from './waiters/relay.ts'
import {
  CODE,
  countClaims,
  MASTER_KEY,
  openWaitersStage,
  putCodes,
  type Runner,
  type WaitersStage,
} from './waiters/stage.ts'

/*
 * Thousands of long polls in one process. First the real program: its memory and its processor time while they wait,
 * and how fast all are answered when it stops. Then its waiters and its store with a hand on the hints: how fast one is
 * woken, by the commit of its code and by a hint, how fast all are, and what the store is asked while nothing happens. In the end the
 * store must hold one code for each runner that was given one.
 */

const WAITERS = 15_000
const IDLE_SECONDS = 5
/** Until the program has given back what its start left behind. */
const SETTLE_MS = 3_000
/** So many are woken in each way before that is measured: a relay is a program that runs for weeks. */
const WARM_UP = 500
const WOKEN_ALONE = 200
const ALONE = WARM_UP + WOKEN_ALONE
const WAIT_SECONDS = 60
/** So long it may take until all wait, on a machine that is busy with much else. */
const OPEN_MS = 300_000

/** `npm run bench -- waiters [--waiters N] [--rounds N]` */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      waiters: { type: 'string', default: String(WAITERS) },
      rounds: { type: 'string', default: '5' },
    },
  })
  const count = Number(values.waiters)
  console.log(`${Object.values(machine()).join(', ')}\n`)
  const built = buildProgram()
  const memory = await withStage(count, (stage, crowd) => measureProgram(built, stage, crowd)).finally(
    built.remove,
  )
  const rounds: Record<string, number>[] = []
  for (let round = 0; round < Number(values.rounds); round += 1)
    rounds.push(await withStage(count + 2 * ALONE, (stage, crowd) => measureWaking(stage, crowd)))
  printTable(
    ['waking', 'median of rounds', 'lowest', 'highest'],
    Object.keys(rounds[0]!).map((name) => {
      const figures = rounds.map((round) => round[name]!)
      return [name, ...[median(figures), Math.min(...figures), Math.max(...figures)].map((n) => n.toFixed(2))]
    }),
  )
  writeResults('waiters', { count, memory, rounds })
}

async function withStage<T>(
  count: number,
  measure: (stage: WaitersStage, crowd: Crowd) => Promise<T>,
): Promise<T> {
  const stage = await openWaitersStage(count)
  const crowd = startCrowd()
  try {
    return await measure(stage, crowd)
  } finally {
    crowd.close()
    stage.remove()
  }
}

const environment = (dataDir: string): Record<string, string> => ({
  ...testEnvironment(dataDir),
  MASTER_KEY,
  LOG_LEVEL: 'info',
})

/** The real program, built: resident memory with 0, 1,000, 10,000 and all waiting, and processor time while they wait. */
async function measureProgram(built: Built, { dataDir, runners }: WaitersStage, crowd: Crowd) {
  const count = runners.length
  const relay = await startProcess(environment(dataDir), built.program)
  const pid = relay.child.pid!
  await sleep(SETTLE_MS)
  const empty = residentBytes(pid)
  const steps = [1_000, 10_000].filter((step) => step < count).concat(count)
  const rows: { waiting: number; totalMb: number; eachKib: number | null }[] = []
  let warm: number | undefined
  let open = 0
  for (const step of steps) {
    const ids = runners.slice(open, step).map(({ attemptId }) => attemptId)
    await crowd.open(relay.httpPort, ADMIN_KEY, ids, WAIT_SECONDS)
    await waitFor(async () => (await countWaiting(relay.url)) >= step * 0.999, `${step} waiters`, OPEN_MS)
    open = step
    const bytes = residentBytes(pid)
    warm ??= bytes
    // The first thousand also have the code compiled that serves them.
    const eachKib = step === steps[0] ? null : (bytes - warm) / (step - steps[0]!) / 1024
    rows.push({ waiting: step, totalMb: bytes / 1e6, eachKib })
  }
  const before = processorMs(pid)
  await sleep(IDLE_SECONDS * 1000)
  const idleMs = (processorMs(pid) - before) / IDLE_SECONDS
  crowd.last()
  await sleep(100)
  const stopAt = process.hrtime.bigint()
  const stopped = relay.stop()
  await waitFor(() => crowd.answers.size === count, 'all answers', 30_000)
  const lastMs = Math.max(...[...crowd.answers.values()].map(({ at }) => msBetween(stopAt, at)))
  await stopped
  printTable(
    ['waiting', 'resident, MB', 'KiB each beyond the first'],
    [
      [0, (empty / 1e6).toFixed(0), '-'],
      ...rows.map((row) => [row.waiting, row.totalMb.toFixed(0), row.eachKib?.toFixed(1) ?? '-']),
    ],
  )
  console.log(`\nprocessor time while all wait: ${idleMs.toFixed(1)} ms a second`)
  console.log(`SIGTERM to the last of ${count} answers: ${lastMs.toFixed(0)} ms\n`)
  return { emptyMb: empty / 1e6, rows, idleMs, stopMs: lastMs }
}

/** The parts of the program with a hand on the hints. */
async function measureWaking({ dataDir, runners }: WaitersStage, crowd: Crowd) {
  const relay = fork(fileURLToPath(new URL('./waiters/relay.ts', import.meta.url)), {
    env: { ...process.env, ...environment(dataDir), LOG_LEVEL: 'silent' },
  })
  const ask = async <M extends FromRelay>(order: RelayOrder, kind: M['kind']): Promise<M> => {
    const answer = next<M>(relay, kind)
    relay.send(order)
    return answer
  }
  const { port } = await next<Extract<FromRelay, { kind: 'ready' }>>(relay, 'ready')
  const count = () => ask<Extract<FromRelay, { kind: 'counted' }>>({ kind: 'count' }, 'counted')
  const ids = runners.map(({ attemptId }) => attemptId)
  await crowd.open(port, ADMIN_KEY, ids, WAIT_SECONDS)
  await waitFor(async () => (await count()).waiting >= ids.length * 0.999, 'all to wait', 60_000)
  // The last few are still on their way to their places.
  await sleep(1_000)
  const { calls } = await count()
  await sleep(IDLE_SECONDS * 1000)
  const idleCalls = (await count()).calls - calls

  const hint = (topics: readonly string[]) =>
    ask<Extract<FromRelay, { kind: 'hinted' }>>({ kind: 'hint', topics }, 'hinted')
  const save = (runner: Runner) =>
    ask<Extract<FromRelay, { kind: 'saved' }>>({ kind: 'save', runner }, 'saved')
  const wake = async (some: readonly Runner[], how: (runner: Runner) => Promise<{ at: string }>) => {
    const times: number[] = []
    for (const runner of some) {
      const { at } = await how(runner)
      times.push(msBetween(at, (await crowd.answerOf(runner.attemptId)).at))
    }
    return times
  }
  const byCommit = runners.slice(0, ALONE)
  const byHint = runners.slice(ALONE, 2 * ALONE)
  const others = runners.slice(2 * ALONE)
  putCodes(dataDir, byHint)
  const withCommit = (await wake(byCommit, save)).slice(WARM_UP)
  const withHint = (await wake(byHint, ({ source }) => hint([source]))).slice(WARM_UP)
  putCodes(dataDir, others)
  const { at } = await hint(others.map(({ source }) => source))
  await waitFor(() => crowd.answers.size === runners.length, 'all answers', 60_000)
  const times = others.map(({ attemptId }) => msBetween(at, crowd.answers.get(attemptId)!.at))
  relay.disconnect()
  check(dataDir, crowd, runners.length)
  return {
    'store calls while idle': idleCalls,
    'one, from the commit of its code to its answer, ms, median': median(withCommit),
    'one, 99th percentile': quantile(withCommit, 0.99),
    'one, from a hint to its answer, with the claim, ms, median': median(withHint),
    'one by a hint, 99th percentile': quantile(withHint, 0.99),
    [`${others.length} at once, ms to the middle one`]: median(times),
    [`${others.length} at once, ms to the last one`]: Math.max(...times),
  }
}

/** Everyone was answered with a code, and the store says that each has one, and that no code has two. */
function check(dataDir: string, crowd: Crowd, expected: number): void {
  const bad = [...crowd.answers.values()].find(({ status, body }) => status !== 200 || !body.includes(CODE))
  if (bad) throw new Error(`a poll was answered ${bad.status}: ${bad.body}`)
  const { attempts, codes } = countClaims(dataDir)
  if (attempts !== expected || codes !== expected)
    throw new Error(`${codes} codes are claimed by ${attempts} attempts instead of ${expected}`)
}

const msBetween = (from: bigint | string, to: string): number => Number(BigInt(to) - BigInt(from)) / 1e6

async function countWaiting(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^mfa_relay_waiters (\d+)/m.exec(text)?.[1] ?? Number.NaN)
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
}

/** User and system time so far; the kernel counts in hundredths of a second. */
function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
