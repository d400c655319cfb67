import { newId } from '../src/domain/id.ts'
import { openStage, SMALL_COMPANY, START, type Stage, UTILITIES } from './leases/stage.ts'
import { machine, median, printTable, quantile, writeResults } from './report.ts'

/*
 * What a lease and a needs-attention list cost with 100, 10,000 and 100,000 connections, all of which are due. The
 * sizes take turns in each round, so that a busy moment of the machine hits them alike; ratios are what counts.
 */

const SIZES = [100, 10_000, 100_000]
const ROUNDS = 5
const TIMES_A_ROUND = 100
const FIRST_PAGE = { page: 1, limit: 100 }
/** Between leases, so that pauses after logins that told nothing never run out of connections. */
const STEP_MS = 2 * 86_400_000

type Task = { readonly name: string; readonly act: (stage: Stage, now: number) => Promise<unknown> }

const lease = (stage: Stage, now: number, utilities?: readonly string[]) =>
  stage.store.leaseLogin({
    attemptId: newId(),
    runner: 'bench',
    now,
    expiresAt: now + 600_000,
    actor: 'bench',
    ...(utilities ? { utilities } : {}),
  })

const TASKS: readonly Task[] = [
  { name: 'lease', act: (stage, now) => lease(stage, now) },
  { name: 'lease, three utilities', act: (stage, now) => lease(stage, now, UTILITIES.slice(0, 3)) },
  {
    name: `needs attention, company of ${SMALL_COMPANY}`,
    act: ({ store, small }) => store.listConnections({ companyId: small, needsAttention: true }, FIRST_PAGE),
  },
  {
    name: 'needs attention, company with half of all',
    act: ({ store, large }) => store.listConnections({ companyId: large, needsAttention: true }, FIRST_PAGE),
  },
  { name: `counts, company of ${SMALL_COMPANY}`, act: ({ store, small }) => store.countStatuses(small) },
]

/** `npm run bench -- leases` */
export async function run(_args: string[]): Promise<void> {
  const stages: Stage[] = []
  try {
    for (const size of SIZES) stages.push(await openStage(size))
    const samples = await measureAll(stages)
    print(samples)
  } finally {
    for (const stage of stages) await stage.close()
  }
}

/** Milliseconds by task and size, one list for each round. */
type Samples = ReadonlyMap<string, ReadonlyMap<number, number[][]>>

async function measureAll(stages: readonly Stage[]): Promise<Samples> {
  const samples = new Map(
    TASKS.map(({ name }) => [name, new Map(SIZES.map((size) => [size, [] as number[][]]))]),
  )
  let now = START
  // The first round only warms up.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const task of TASKS) {
      for (const stage of stages) {
        const times = await measure(stage, task, now)
        if (round > 0) samples.get(task.name)!.get(stage.size)!.push(times)
      }
      now += (TIMES_A_ROUND + 1) * STEP_MS
    }
  }
  return samples
}

async function measure(stage: Stage, { name, act }: Task, start: number): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < TIMES_A_ROUND; n += 1) {
    const now = start + n * STEP_MS
    const before = performance.now()
    const result = (await act(stage, now)) as { attempt?: { id: string } } | null
    times.push(performance.now() - before)
    if (result === null) throw new Error(`${name}: nothing is due among ${stage.size}`)
    if (result.attempt) await stage.store.closeAttempt(result.attempt.id, {}, now + 1)
  }
  return times
}

function print(samples: Samples): void {
  const figures = [...samples].map(([task, bySize]) => {
    const p50 = SIZES.map((size) => median(bySize.get(size)!.map((times) => median(times))))
    const p99 = SIZES.map((size) => quantile(bySize.get(size)!.flat(), 0.99))
    return { task, sizes: SIZES, p50, p99, ratios: p50.map((value) => value / p50[0]!) }
  })
  console.log(
    `Milliseconds, medians of ${ROUNDS} rounds of ${TIMES_A_ROUND}; × is the ratio to ${SIZES[0]} connections`,
  )
  console.log(`${Object.values(machine()).join(', ')}\n`)
  const heads = SIZES.slice(1).flatMap((size) => [size.toLocaleString('en'), '×'])
  printTable(
    ['', String(SIZES[0]), ...heads],
    figures.map(({ task, p50, ratios }) => [
      task,
      p50[0]!.toFixed(2),
      ...p50.slice(1).flatMap((value, n) => [value.toFixed(2), ratios[n + 1]!.toFixed(1)]),
    ]),
  )
  writeResults('leases', figures)
}
