import { createBillReader } from '../src/collection/documents/bill-reader.ts'
import { billsOf, LAYOUTS, type Layout } from '../test/collection/documents/bills/index.ts'
import { type Mark, type Scored, score } from '../test/collection/documents/score.ts'
import { scoreTorn } from '../test/collection/documents/torn.ts'
import { median, printTable, writeResults } from './report.ts'

type Counts = Record<Mark, number>
type Group = {
  readonly name: string
  readonly isHeldOut: boolean
  readonly counts: Counts
  readonly ms: number[]
}

const USAGE = `npm run bench -- documents [--held-out | --develop] [--list]

  --develop   only the layouts that the reader was written with
  --held-out  only the others
  --list      each figure that is not right, with what was expected
  --torn      as well: all bills again, 20 times each, with 15 and 40 percent of their text gone
`

/**
 * Reads 30 synthetic bills of 6 layouts with no templates, as the relay does: in a thread, from the PDF. Figures are
 * right, wrong or missing, counted apart, by layout and by field. Wrong includes figures that the bill does not have.
 */
export async function run(args: string[]): Promise<void> {
  if (args.includes('--help')) return console.log(USAGE)
  const layouts = LAYOUTS.filter(({ isHeldOut }) => !args.includes(isHeldOut ? '--develop' : '--held-out'))
  const reader = createBillReader()
  const groups: Group[] = []
  const scores: (Scored & { readonly layout: Layout })[] = []
  for (const layout of layouts) {
    const group: Group = { name: layout.name, isHeldOut: layout.isHeldOut, counts: noCounts(), ms: [] }
    for (const { truth, pdf } of billsOf(layout)) {
      const bytes = await pdf()
      const startedAt = performance.now()
      const result = await reader.read(bytes)
      group.ms.push(performance.now() - startedAt)
      const marks = score(truth, result)
      for (const { mark } of marks) group.counts[mark] += 1
      scores.push(...marks.map((one) => ({ ...one, layout })))
    }
    groups.push(group)
  }
  await reader.close()
  report(groups, scores, args.includes('--list'))
  if (args.includes('--torn')) await reportTorn()
}

const noCounts = (): Counts => ({ right: 0, wrong: 0, missing: 0 })

function report(
  groups: readonly Group[],
  scores: readonly (Scored & { layout: Layout })[],
  isListed: boolean,
): void {
  const layoutRows = groups.map(({ name, isHeldOut, counts, ms }) => [
    name,
    isHeldOut ? 'held out' : 'develop',
    ...Object.values(counts),
    Math.round(median(ms) * 10) / 10,
  ])
  printTable(['layout', 'used to', 'right', 'wrong', 'missing', 'ms a bill'], layoutRows)
  console.log()
  const fields = [...new Set(scores.map(({ field }) => field))].map((field) => ({
    field,
    ...count(scores, field),
  }))
  printTable(
    ['field', 'right', 'wrong', 'missing'],
    [...fields, { field: 'all', ...count(scores) }].map(({ field, right, wrong, missing }) => [
      field,
      right,
      wrong,
      missing,
    ]),
  )
  if (isListed)
    for (const { layout, field, mark, expected, got } of scores.filter((one) => one.mark !== 'right'))
      console.log(`${layout.name}  ${field}  ${mark}: expected ${expected}, got ${got}`)
  writeResults('documents', {
    layouts: groups.map(({ ms, ...group }) => ({ ...group, msMedian: median(ms) })),
    fields,
  })
}

/** Text that is gone stands for words that the reader does not know: figures may go missing, none may be wrong. */
async function reportTorn(): Promise<void> {
  console.log()
  const rows: (string | number)[][] = []
  for (const percent of [15, 40]) {
    const { right, wrong, missing } = count(await scoreTorn(percent, 20))
    rows.push([`${percent} %`, right, wrong, missing])
  }
  printTable(['text gone', 'right', 'wrong', 'missing'], rows)
}

function count(scores: readonly Scored[], field?: string): Counts {
  const counts = noCounts()
  for (const one of scores) if (field === undefined || one.field === field) counts[one.mark] += 1
  return counts
}
