import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { ReadableMessage } from '../src/domain/message.ts'
import { extract } from '../src/extract/read.ts'
import { corpus, mail, readFixture, sms } from '../test/extract/support.ts'
import { measureHostile } from './extraction/hostile.ts'
import { peers } from './extraction/peers.ts'
import { median, printTable, quantile, writeResults } from './report.ts'

/** One message with what it holds. */
type Case = {
  readonly name: string
  readonly class: string
  readonly language: string
  readonly message: ReadableMessage
  /** Null: there is no code in it. */
  readonly code: string | null
}
/** exact and none are right; wrong and false lock accounts; missed costs one login. */
type Outcome = 'exact' | 'wrong' | 'missed' | 'none' | 'false'
type Read = (message: ReadableMessage) => string | null

const ours: Read = (message) => {
  const extraction = extract(message, null)
  return extraction.kind === 'code' ? extraction.code : null
}

/** Codes compare without what only groups them, and without a brand's prefix where the expectation has none. */
const bare = (code: string): string => code.replace(/[\s-]/g, '').toUpperCase()

function judge({ code }: Case, read: string | null): Outcome {
  if (code === null) return read === null ? 'none' : 'false'
  if (read === null) return 'missed'
  return bare(read) === bare(code) ? 'exact' : 'wrong'
}

/**
 * Exact, wrong and false by class and language. The develop half names its failures; of the report half and of
 * outside cases only figures are printed, so that nobody is led to tune for them.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { corpus: { type: 'string' }, failures: { type: 'boolean' }, hostile: { type: 'boolean' } },
  })
  if (values.hostile) {
    writeResults('extraction-hostile', measureHostile())
    return
  }
  const sets: [string, Case[]][] = [
    ['develop', await fixtureCases('develop')],
    ['report', await fixtureCases('report')],
    ...(values.corpus ? outsideCases(values.corpus) : []),
  ]
  const figures: Record<string, unknown> = {}
  for (const [name, cases] of sets) {
    console.log(`\n${name}: ${cases.length} messages`)
    const byClass = tally(cases, ours, (c) => c.class)
    printFigures('class', byClass)
    const byLanguage = tally(cases, ours, (c) => c.language)
    console.log()
    printFigures('language', byLanguage)
    if (name === 'develop' || values.failures) printFailures(cases)
    const reliability = name === 'report' ? undefined : measureReliability(cases)
    figures[name] = { reliability, byClass, byLanguage, peers: await comparePeers(cases) }
  }
  figures.speed = measureSpeed(sets[0]![1])
  writeResults('extraction', figures)
}

async function fixtureCases(half: 'develop' | 'report'): Promise<Case[]> {
  return Promise.all(
    corpus(half).map(async ({ name, class: group, path, expected }) => ({
      name,
      class: group,
      language: expected.language,
      message: await readFixture(path),
      code: expected.kind === 'code' ? expected.code! : null,
    })),
  )
}

/** Public cases in JSON lines with `text` and `expect`; they stay outside the repository. */
function outsideCases(folder: string): [string, Case[]][] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl'))
    .map((file) => [
      file,
      readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean).flatMap(outsideCase),
    ])
}

function outsideCase(line: string, index: number): Case[] {
  const row = JSON.parse(line) as {
    text: string
    subject?: string
    html?: string | null
    expect?: string | null
    channel?: string
    lang?: string
    label?: string
  }
  if (row.expect === undefined) return []
  const message =
    row.channel === 'email'
      ? { ...mail(row.text, row.subject ?? null), html: row.html ?? null }
      : sms(row.text)
  const group = row.label ?? row.channel ?? 'text'
  return [{ name: `line ${index + 1}`, class: group, language: row.lang ?? '?', message, code: row.expect }]
}

type Counts = Record<Outcome, number>
const NO_COUNTS: Counts = { exact: 0, wrong: 0, missed: 0, none: 0, false: 0 }

function tally(cases: readonly Case[], read: Read, key: (c: Case) => string): Record<string, Counts> {
  const counts: Record<string, Counts> = {}
  for (const one of cases) {
    const outcome = judge(one, read(one.message))
    for (const group of new Set([key(one), 'all'])) {
      counts[group] ??= { ...NO_COUNTS }
      counts[group][outcome] += 1
    }
  }
  return counts
}

const total = (cases: readonly Case[], read: Read): Counts => tally(cases, read, () => 'all').all ?? NO_COUNTS

const percent = (part: number, whole: number): string =>
  whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`

function printFigures(title: string, counts: Record<string, Counts>): void {
  const groups = Object.keys(counts).sort(
    (a, b) => Number(a === 'all') - Number(b === 'all') || a.localeCompare(b),
  )
  printTable(
    [title, 'with code', 'exact', 'wrong', 'missed', 'without', 'false', 'exact %', 'wrong %', 'false %'],
    groups.map((group) => rowOf(group, counts[group]!)),
  )
}

function rowOf(name: string, c: Counts): (string | number)[] {
  const positives = c.exact + c.wrong + c.missed
  const negatives = c.none + c.false
  const shares = [percent(c.exact, positives), percent(c.wrong, positives), percent(c.false, negatives)]
  return [name, positives, c.exact, c.wrong, c.missed, negatives, c.false, ...shares]
}

const BINS = [0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99]

/** Whether the score of the best candidate is the share of messages in which it is the code. */
function measureReliability(cases: readonly Case[]): (string | number)[][] {
  const best = cases.flatMap(({ message, code }) => {
    const extraction = extract(message, null)
    // Where two could be it, neither score claims to be right.
    if (extraction.kind === 'none' && extraction.reason === 'ambiguous') return []
    const { candidates } = extraction
    const [first] = [...candidates].sort((a, b) => b.score - a.score)
    return first ? [{ score: first.score, right: code !== null && bare(first.code) === bare(code) }] : []
  })
  const rows = BINS.flatMap((from, i) => {
    const to = BINS[i + 1] ?? 1.001
    const bin = best.filter(({ score }) => score >= from && score < to)
    if (bin.length === 0) return []
    const right = bin.filter((one) => one.right).length
    const mean = bin.reduce((sum, { score }) => sum + score, 0) / bin.length
    return [[`${from}-${Math.min(to, 1)}`, bin.length, mean.toFixed(3), (right / bin.length).toFixed(3)]]
  })
  console.log('\nreliability: score of the best candidate, and how often it is the code')
  printTable(['score', 'messages', 'mean score', 'is the code'], rows)
  return rows
}

function printFailures(cases: readonly Case[]): void {
  for (const one of cases) {
    const read = ours(one.message)
    const outcome = judge(one, read)
    if (outcome === 'wrong' || outcome === 'missed' || outcome === 'false') {
      console.log(
        `  ${outcome} ${one.class} ${one.name}: expected ${one.code ?? 'none'}, read ${read ?? 'none'}`,
      )
    }
  }
}

/** The same messages given to what npm has: as visible text, which spares the peers our hardest part. */
async function comparePeers(cases: readonly Case[]): Promise<Record<string, Counts>> {
  const rows: Record<string, Counts> = { 'mfa-relay': total(cases, ours) }
  for (const peer of await peers()) rows[peer.name] = total(cases, peer.read)
  console.log()
  printTable(
    ['reader', 'with code', 'exact', 'wrong', 'missed', 'without', 'false', 'exact %', 'wrong %', 'false %'],
    Object.entries(rows).map(([name, counts]) => rowOf(name, counts)),
  )
  if (Object.keys(rows).length === 1) {
    console.log(
      'to compare: npm i --no-save parse-otp-message otp-message-extractor @onedaydevelopers/otp-detector',
    )
  }
  return rows
}

/** Microseconds a message, parsed already, and messages a second on one core. */
function measureSpeed(cases: readonly Case[]): Record<string, number> {
  for (let i = 0; i < 3; i += 1) for (const { message } of cases) ours(message)
  const times = cases.map(({ message }) => {
    const startedAt = performance.now()
    ours(message)
    return (performance.now() - startedAt) * 1000
  })
  const total = times.reduce((sum, time) => sum + time, 0)
  const speed = {
    medianMicroseconds: Math.round(median(times)),
    p99Microseconds: Math.round(quantile(times, 0.99)),
    messagesPerSecond: Math.round((cases.length / total) * 1e6),
  }
  console.log('\nspeed (develop, already parsed)')
  printTable(Object.keys(speed), [Object.values(speed)])
  return speed
}
