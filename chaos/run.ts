import { parseArgs } from 'node:util'
import { printTable, writeResults } from '../bench/report.ts'
import { NOTHING } from './check.ts'
import type { Outcome, Plan, Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios/index.ts'

/*
 * npm run chaos -- [--kills N] [--seed S] [--scenario NAME] [--quick]
 *
 * Runs the real relay, breaks what it stands on, and checks from outside what it promised. Ends with 1 when a
 * promise was broken.
 */

const USAGE = `npm run chaos -- [options]
  --scenario NAME   only this one (may be repeated): ${SCENARIOS.map(({ name }) => name).join(', ')}
  --kills N         kills in all (default 200; 12 with --quick)
  --seed S          chooses instants, senders and pauses (default: a new one, printed)
  --quick           as little as shows the point, two scenarios at a time`

type Row = { scenario: Scenario; seconds: number } & ({ outcome: Outcome } | { skipped: string })

const HEADINGS = [
  'scenario',
  'kills',
  'acknowledged',
  'lost',
  'codes claimed',
  'handed out twice',
  'copies expected',
  'missing',
  'extra (allowed)',
  'verdict',
]
/** Of all kills, this share goes to the chosen steps. */
const SWEEP_SHARE = 0.4
const DEFAULT_KILLS = 200
const SECONDS = { full: 100, quick: 10 }

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', multiple: true },
      kills: { type: 'string' },
      seed: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const unknown = values.scenario?.find((name) => !SCENARIOS.some((scenario) => scenario.name === name))
  const kills = Number(values.kills ?? (values.quick ? 12 : DEFAULT_KILLS))
  if (values.help || unknown !== undefined || !Number.isSafeInteger(kills) || kills < 0) {
    console.error(USAGE)
    return values.help ? 0 : 64
  }
  const seed = values.seed ?? String(Date.now() % 1_000_000)
  console.log(`seed ${seed}`)
  const chosen = SCENARIOS.filter(({ name }) => values.scenario?.includes(name) ?? true)
  const rows: Row[] = []
  const waiting = [...chosen]
  // Most of a quick scenario is waiting; where figures count, each has the machine to itself.
  const lanes = Array.from({ length: values.quick ? 2 : 1 }, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      rows.push(await runOne(next, { seed, kills, isQuick: values.quick }))
  })
  await Promise.all(lanes)
  rows.sort((a, b) => SCENARIOS.indexOf(a.scenario) - SCENARIOS.indexOf(b.scenario))
  return report(seed, rows)
}

async function runOne(
  scenario: Scenario,
  { seed, kills, isQuick }: { seed: string; kills: number; isQuick: boolean },
): Promise<Row> {
  const startedAt = performance.now()
  const seconds = () => Math.round((performance.now() - startedAt) / 100) / 10
  const say = (line: string) => console.log(`  ${scenario.name} ${seconds().toFixed(0)} s: ${line}`)
  console.log(`${scenario.name}: ${scenario.about}`)
  const missing = scenario.missing?.() ?? null
  if (missing !== null) {
    console.log(`  skipped: ${missing}`)
    return { scenario, seconds: 0, skipped: missing }
  }
  const isSweep = scenario.name === 'kill-sweep'
  const share = Math.round(kills * (isSweep ? SWEEP_SHARE : 1 - SWEEP_SHARE))
  // Asked for many kills, it takes its time.
  const limit = Math.max(isQuick ? SECONDS.quick : SECONDS.full, kills > DEFAULT_KILLS ? kills * 4 : 0)
  const plan: Plan = { seed, kills: share, isQuick, seconds: limit, say }
  const outcome = await scenario.run(plan).catch(brokenOff)
  for (const note of outcome.notes) say(note)
  return { scenario, seconds: seconds(), outcome }
}

/** A scenario that could not go on has shown nothing: that must not pass for success. */
function brokenOff(error: unknown): Outcome {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { totals: NOTHING, violations: [`broken off: ${text}`], notes: [] }
}

function report(seed: string, rows: readonly Row[]): number {
  console.log()
  printTable(HEADINGS, rows.map(tableRow))
  const violations = rows.flatMap((row) =>
    'outcome' in row ? row.outcome.violations.map((text) => `${row.scenario.name}: ${text}`) : [],
  )
  for (const text of violations.slice(0, 50)) console.log(`VIOLATED ${text}`)
  if (violations.length > 50) console.log(`… and ${violations.length - 50} more`)
  const figures = rows.map(({ scenario, seconds, ...rest }) => ({
    scenario: scenario.name,
    seconds,
    ...rest,
  }))
  writeResults('chaos', { seed, scenarios: figures })
  return violations.length === 0 ? 0 : 1
}

function tableRow(row: Row): (string | number)[] {
  const { name } = row.scenario
  if ('skipped' in row)
    return [name, ...Array<string>(HEADINGS.length - 2).fill(''), `skipped: ${row.skipped}`]
  const { totals, violations } = row.outcome
  return [
    name,
    totals.kills,
    totals.acknowledged,
    totals.lost,
    totals.codesClaimed,
    totals.handedOutTwice,
    totals.copiesExpected,
    totals.copiesMissing,
    `${totals.extraCopies} (${totals.allowedExtra})`,
    violations.length === 0 ? 'held' : `VIOLATED ${violations.length}×`,
  ]
}

// Ends through process.exit, so that what was started and mounted is undone.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

// A scenario that was broken off may have runners that still try.
process.exit(await main())
