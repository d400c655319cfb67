import type { Figure } from '../../../domain/bill.ts'
import { decide, type ExtraLabels, findLabelled, type Hit, labelsOf } from './find.ts'
import { type Cell, type Line, placeOf } from './layout.ts'
import { NOT_THIS_PERIOD } from './lexicon.ts'
import { type DateOrder, dateShape, daysBetween, type Shape, yearNear } from './values.ts'

/* From when to when, and how many days the bill says that is. */

export type Period = {
  readonly from: Figure<string> | null
  readonly to: Figure<string> | null
  readonly days: Figure<number> | null
}
type Range = { readonly from: Hit<string>; readonly to: Hit<string>; readonly rank: number }

/** Bills cover a week to four months. */
const SHORTEST = 5
const LONGEST = 130
/** Days from the last day of a period to its bill. */
const LONGEST_TO_BILL = 100
const CONNECTOR = /^ *(?:-|to|through|thru|until|and|au|a|et)(?: *:)? *(?:le )?/
const PERIOD_WORDS =
  /\b(?:period|service|billing|reading|from|days|periode|consommation|facturation|jours|du)\b/
const DAYS_ASIDE = /(?:^|[(,; ])(\d{1,3}) (?:billing |service )?(?:days|jours)\b/

/** The service period by ranges of dates in the text, labelled dates, and the rows of a table. */
export function readPeriod(
  lines: readonly Line[],
  { order, billDate }: { readonly order: DateOrder; readonly billDate: string | null },
  extra: ExtraLabels,
  tableRanges: readonly { from: Hit<string>; to: Hit<string> }[] = [],
): Period {
  const dates = dateShape(order, yearNear(billDate, { before: LONGEST + LONGEST_TO_BILL, after: 0 }))
  const ranges = [
    ...tableRanges.map((range) => ({ ...range, rank: 0 })),
    ...lines.flatMap(({ cells }) => cells.filter(isThisPeriod).flatMap((cell) => rangesIn(cell, dates))),
  ]
    .filter(({ from, to }) => isPlausible(from.value, to.value))
    .filter(({ to }) => billDate === null || isBilledOn(billDate, to.value))
  const range = oneRange(ranges) ?? labelledRange(lines, dates, extra)
  return { from: range?.from ?? null, to: range?.to ?? null, days: readDays(lines, range, extra) }
}

/** Neither the cell nor what stands right before it is about another period. */
const isThisPeriod = (cell: Cell, index: number, cells: readonly Cell[]): boolean =>
  ![cells[index - 1], cell].some((one) => one && NOT_THIS_PERIOD.test(one.folded))

const isPlausible = (from: string, to: string): boolean => {
  const days = daysBetween(from, to)
  return days >= SHORTEST && days <= LONGEST
}

const isBilledOn = (billDate: string, to: string): boolean => {
  const days = daysBetween(to, billDate)
  return days >= -1 && days <= LONGEST_TO_BILL
}

function rangesIn(cell: Cell, dates: Shape<string>): Range[] {
  const ranges: Range[] = []
  for (const { index } of cell.folded.matchAll(/(?<![a-z0-9/.-])[a-z0-9]/g)) {
    const from = dates(cell.folded.slice(index))
    const joint = from && CONNECTOR.exec(cell.folded.slice(index + from.end))
    if (!from || !joint) continue
    const start = index + from.end + joint[0].length
    const to = dates(cell.folded.slice(start))
    if (!to) continue
    const rank = PERIOD_WORDS.test(cell.folded) ? 0 : 1
    const rule = 'range'
    ranges.push({ from: hit(cell, index, from, rank, rule), to: hit(cell, start, to, rank, rule), rank })
  }
  return ranges
}

const hit = (
  cell: Cell,
  start: number,
  { value, end }: { value: string; end: number },
  rank: number,
  rule: string,
): Hit<string> => ({
  value,
  text: cell.text.slice(start, start + end),
  place: placeOf(cell, start, start + end),
  rank,
  rule,
})

function oneRange(ranges: readonly Range[]): { from: Figure<string>; to: Figure<string> } | null {
  const same = ({ from, to }: Range): string => `${from.value}/${to.value}`
  const best = Math.min(...ranges.map(({ rank }) => rank))
  const strongest = ranges.filter(({ rank }) => rank === best)
  const [first] = strongest
  if (!first || new Set(strongest.map(same)).size > 1) return null
  const from = decide(ranges.filter((r) => same(r) === same(first)).map((r) => r.from))
  const to = decide(ranges.filter((r) => same(r) === same(first)).map((r) => r.to))
  return from && to ? { from, to } : null
}

function labelledRange(lines: readonly Line[], dates: Shape<string>, extra: ExtraLabels) {
  const from = decide(findLabelled(lines, labelsOf('periodFrom', extra), dates, NOT_THIS_PERIOD))
  const to = decide(findLabelled(lines, labelsOf('periodTo', extra), dates, NOT_THIS_PERIOD))
  return from && to && isPlausible(from.value, to.value) ? { from, to } : null
}

const daysShape: Shape<number> = (text) => {
  const match = /^(\d{1,3})(?: (?:days|jours))?(?![\d.,/-])/.exec(text)
  return match ? { value: Number(match[1]), end: match[0].length } : null
}

/** Days as printed; where the dates are known they must fit, whether or not the last day is counted. */
function readDays(
  lines: readonly Line[],
  range: { from: Figure<string>; to: Figure<string> } | null,
  extra: ExtraLabels,
): Figure<number> | null {
  const asides = lines.flatMap(({ cells }) =>
    cells.flatMap((cell) => {
      const match = DAYS_ASIDE.exec(cell.folded)
      if (!match?.[1]) return []
      const start = match.index + match[0].indexOf(match[1])
      const place = placeOf(cell, start, start + match[1].length)
      return [{ value: Number(match[1]), text: match[1], place, rank: 1, rule: 'aside' }]
    }),
  )
  const hits = [...findLabelled(lines, labelsOf('days', extra), daysShape, NOT_THIS_PERIOD), ...asides]
  if (!range)
    return decide(hits.filter(({ value, rule }) => value >= SHORTEST && value <= LONGEST && rule !== 'aside'))
  const expected = daysBetween(range.from.value, range.to.value)
  const found = decide(hits.filter(({ value }) => value === expected || value === expected + 1))
  return found && { ...found, confidence: Math.max(found.confidence, 0.97) }
}
