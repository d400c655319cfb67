import { parseArgs } from 'node:util'
import { connectionSource } from '../src/domain/code.ts'
import { newId } from '../src/domain/id.ts'
import { openSqliteStore } from '../src/store/sqlite/open.ts'
import type { Store } from '../src/store/store.ts'
import { record } from '../test/store/samples.ts'
import { addressOf, COMPANY_SIZE, companyId, connectionId, END, UTILITIES } from './history/fill.ts'
import { measurePurge, type Purged } from './history/purge.ts'
import { type History, KEY, openHistory, removeHistories } from './history/stage.ts'
import { machine, median, printTable, quantile, writeResults } from './report.ts'

/*
 * What a year of history costs: the same work on a store of 10,000 connections and on a large one. They take turns in
 * each round, so that a busy moment of the machine hits both; ratios are what counts.
 */

const SMALL = 10_000
const LARGE = 100_000
const FULL = 1_000_000
const ROUNDS = 5
const TIMES_A_ROUND = 60
const FIRST_PAGE = { page: 1, limit: 100 }
const TEN = { page: 1, limit: 10 }

type Stage = History & { readonly store: Store; readonly startMs: number; now: number }
type Task = { readonly name: string; readonly act: (stage: Stage, connection: number) => Promise<unknown> }

const TASKS: readonly Task[] = [
  { name: 'RCPT look-up', act: ({ store }, n) => store.findMailbox(addressOf(n)) },
  {
    name: 'RCPT look-up, unknown',
    act: async ({ store }, n) => !(await store.findMailbox(`x${addressOf(n)}`)),
  },
  { name: 'message, attempt, claim, outcome', act: logIn },
  { name: 'lease', act: lease },
  {
    name: 'connections of a company of 1,000',
    act: ({ store }) => store.listConnections({ companyId: companyId(1) }, FIRST_PAGE),
  },
  {
    name: 'those that need attention',
    act: ({ store }) => store.listConnections({ companyId: companyId(1), needsAttention: true }, FIRST_PAGE),
  },
  { name: 'counts by status', act: ({ store }) => store.countStatuses(companyId(1)) },
  { name: 'all connections (administrator)', act: ({ store }) => store.listConnections({}, FIRST_PAGE) },
  {
    name: 'all that need attention',
    act: ({ store }) => store.listConnections({ needsAttention: true }, FIRST_PAGE),
  },
  // As many as the small store has: a longer page costs more because it shows more.
  { name: 'companies, a page of ten', act: ({ store }) => store.listCompanies(TEN) },
  {
    name: 'messages of a connection',
    act: ({ store }, n) => store.listMessages({ connectionId: connectionId(n) }, FIRST_PAGE),
  },
  {
    name: 'copies of a connection',
    act: ({ store }, n) => store.listDeliveries(connectionId(n), FIRST_PAGE),
  },
  { name: 'facts for a diagnosis', act: ({ store, now }, n) => store.loadFacts(connectionId(n), now) },
  { name: 'audit log', act: ({ store }) => store.listAudit({}, FIRST_PAGE) },
  { name: 'oldest due copy', act: async ({ store }) => (await store.nextDeliveryAt()) !== 1 },
]

/** `npm run bench -- history [--connections N | --full] [--rounds N] [--clean]` */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      connections: { type: 'string' },
      full: { type: 'boolean', default: false },
      rounds: { type: 'string', default: String(ROUNDS) },
      clean: { type: 'boolean', default: false },
    },
  })
  if (values.clean) return removeHistories()
  const large = Number(values.connections ?? (values.full ? FULL : LARGE))
  const histories = [await openHistory(SMALL), await openHistory(large)]
  const purges = []
  for (const history of histories) purges.push(await measurePurge(history))
  const stages: Stage[] = []
  try {
    for (const history of histories) stages.push(await open(history))
    const rows = await measureAll(stages, Number(values.rounds))
    print(stages, rows, purges)
  } finally {
    for (const { store } of stages) await store.close()
  }
}

async function open(history: History): Promise<Stage> {
  const startedAt = performance.now()
  const store = await openSqliteStore({ path: history.path, masterKeys: [KEY] })
  // After everything that earlier runs left there.
  const now = END + (Date.now() - Date.UTC(2026, 0, 1))
  return { ...history, store, startMs: performance.now() - startedAt, now }
}

type Row = { readonly name: string; readonly p50: number[]; readonly p99: number[]; readonly ratio: number }

async function measureAll(stages: Stage[], rounds: number): Promise<Row[]> {
  const rows: Row[] = []
  for (const task of TASKS) {
    const samples = stages.map((): number[][] => [])
    // The first round only warms up.
    for (let round = 0; round <= rounds; round += 1)
      for (const [index, stage] of stages.entries()) {
        const times = await measure(stage, task)
        if (round > 0) samples[index]!.push(times)
      }
    const p50 = samples.map((all) => median(all.map((times) => median(times))))
    const p99 = samples.map((all) => quantile(all.flat(), 0.99))
    rows.push({ name: task.name, p50, p99, ratio: p50[1]! / p50[0]! })
  }
  return rows
}

async function measure(stage: Stage, { name, act }: Task): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < TIMES_A_ROUND; n += 1) {
    stage.now += 1_000
    const connection = Math.floor(Math.random() * stage.connections)
    const before = performance.now()
    const result = await act(stage, connection)
    times.push(performance.now() - before)
    if (!result) throw new Error(`${name}: found nothing`)
  }
  return times
}

/** What the store does for one login from beginning to end. */
async function logIn({ store, now }: Stage, n: number): Promise<boolean> {
  const id = newId()
  const login = connectionId(n)
  const source = connectionSource(login)
  await store.openAttempt({
    id,
    connectionId: login,
    runner: 'bench',
    purpose: 'login',
    openedAt: now,
    expiresAt: now + 600_000,
    closedAt: null,
    outcome: null,
  })
  const code = {
    id: newId(),
    code: '123456',
    source,
    verdict: 'trusted' as const,
    rule: 'bench',
    confidence: 1,
  }
  await store.saveInbound([
    record(login, {
      mailbox: addressOf(n),
      receivedAt: now + 1,
      sentAt: now + 1,
      raw: new Uint8Array(14_000),
      code: { ...code, expiresAt: now + 600_000 },
    }),
  ])
  const rules = { now: now + 2, clockSkewMs: 120_000, offerCandidates: true }
  const claimed = await store.claimCode(id, rules, 'bench')
  await store.closeAttempt(id, { status: 'CONNECTED', code: 'accepted' }, now + 3)
  return claimed.kind === 'code'
}

async function lease({ store, now }: Stage): Promise<boolean> {
  const leased = await store.leaseLogin({
    attemptId: newId(),
    runner: 'bench',
    now,
    expiresAt: now + 600_000,
    actor: 'bench',
    utilities: UTILITIES,
  })
  if (leased) await store.closeAttempt(leased.attempt.id, {}, now + 1)
  return leased !== null
}

function print(stages: Stage[], rows: Row[], purges: Purged[]): void {
  const [small, large] = stages as [Stage, Stage]
  const count = (n: number): string => n.toLocaleString('en')
  console.log(`${Object.values(machine()).join(', ')}; companies of ${count(COMPANY_SIZE)}\n`)
  printTable(
    ['ms, median', count(small.connections), count(large.connections), 'ratio', 'p99', 'p99 '],
    rows.map(({ name, p50, p99, ratio }) => [
      name,
      p50[0]!.toFixed(3),
      p50[1]!.toFixed(3),
      ratio.toFixed(2),
      p99[0]!.toFixed(2),
      p99[1]!.toFixed(2),
    ]),
  )
  console.log()
  const each = (stage: Stage): number => Math.round(stage.bytes / stage.messages)
  printTable(
    ['store', count(small.connections), count(large.connections)],
    [
      ['messages', count(small.messages), count(large.messages)],
      ['size, MB', (small.bytes / 1e6).toFixed(0), (large.bytes / 1e6).toFixed(0)],
      ['bytes a message, with its login and its copy', each(small), each(large)],
      ['start, ms', small.startMs.toFixed(0), large.startMs.toFixed(0)],
      ['purged, rows', ...purges.map(({ rows: purged }) => count(purged))],
      [
        'purge, rows a second',
        ...purges.map(({ rows: purged, ms }) => count(Math.round((purged / ms) * 1000))),
      ],
      ['longest write meanwhile, ms', ...purges.map(({ longestMs }) => longestMs.toFixed(1))],
      ['longest write without a purge, ms', ...purges.map(({ longestAloneMs }) => longestAloneMs.toFixed(1))],
    ],
  )
  const stores = stages.map(({ connections, messages, bytes, startMs }) => ({
    connections,
    messages,
    bytes,
    startMs,
  }))
  writeResults('history', { stores, rows, purges })
}
