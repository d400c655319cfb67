import { CAUSES } from '../src/domain/diagnosis.ts'
import { printTable, writeResults } from './report.ts'
import { type Case, simulateYear } from './year/simulate.ts'

/*
 * A scripted year: a portal that works, moves its sender, changes its format, resends, delays, drops, locks; customers
 * who switch their rule off, enter a retired address or another login's. Prints what was truly wrong beside what the
 * diagnosis said. Nothing is timed: the figure is how many are right.
 */

const CONNECTIONS = 340

/** `npm run bench -- year [--connections N] [--seed N]` */
export async function run(args: string[]): Promise<void> {
  const connections = option(args, '--connections', CONNECTIONS)
  const seed = option(args, '--seed', 7)
  const startedAt = performance.now()
  const year = await simulateYear({ connections, seed })
  const rows = summarise(year.cases)
  printTable(
    ['what was wrong', 'class', 'cases', 'right', 'after 6 days', 'diagnosed as'],
    rows.map((row) => [row.trouble, row.truth, row.cases, row.right, row.rightLater ?? '-', row.diagnosed]),
  )
  const ofTrouble = rows.filter(({ trouble }) => trouble !== 'none')
  const cases = ofTrouble.reduce((sum, row) => sum + row.cases, 0)
  const right = ofTrouble.reduce((sum, row) => sum + row.right, 0)
  console.log(
    `\n${connections} connections, ${year.logins} logins, seed ${seed}: ${right} of ${cases} troubles told rightly (${Math.round((performance.now() - startedAt) / 1000)} s)`,
  )
  const later = ofTrouble.reduce((sum, row) => sum + (row.rightLater ?? 0), 0)
  console.log(`six days later, without the codes that retention took: ${later} of ${cases}`)
  console.log(`classes met: ${new Set(year.cases.map(({ truth }) => truth)).size} of ${CAUSES.length}`)
  writeResults('year', { connections, seed, logins: year.logins, cases, right, rows })
}

type Row = {
  readonly trouble: string
  readonly truth: string
  readonly cases: number
  readonly right: number
  /** Once retention took the codes; null for rows about nothing. */
  readonly rightLater: number | null
  readonly diagnosed: string
}

/** A row for each trouble: how often it came, how often it was told rightly, and as what. */
export function summarise(cases: readonly Case[]): Row[] {
  const byTrouble = Map.groupBy(cases, ({ trouble }) => trouble)
  return [...byTrouble]
    .map(([trouble, all]) => {
      const truth = all[0]?.truth ?? 'unknown'
      const counts = Map.groupBy(all, ({ diagnosis }) => diagnosis.cause)
      return {
        trouble,
        truth,
        cases: all.length,
        right: counts.get(truth)?.length ?? 0,
        rightLater: all.every(({ lateDiagnosis }) => lateDiagnosis === null)
          ? null
          : all.filter(({ lateDiagnosis }) => lateDiagnosis?.cause === truth).length,
        diagnosed: [...counts].map(([cause, told]) => `${cause} ${told.length}`).join(', '),
      }
    })
    .sort((one, other) => one.truth.localeCompare(other.truth) || one.trouble.localeCompare(other.trouble))
}

function option(args: readonly string[], name: string, fallback: number): number {
  const at = args.indexOf(name)
  const value = at === -1 ? fallback : Number(args[at + 1])
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} needs a whole number`)
  return value
}
