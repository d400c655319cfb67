import type { Unit, Usage, UtilityType } from '../../../domain/bill.ts'
import { type ExtraLabels, findLabelled, type Hit, labelsOf, readCell } from './find.ts'
import type { Cell, Line } from './layout.ts'
import { NOT_THIS_USAGE } from './lexicon.ts'
import { isDemand, type Quantity, quantityShape, unitIn, unitShape, utilityTypeOf } from './quantities.ts'
import { findTables, type Row, serviceOf } from './table.ts'
import { type DateOrder, dateShape, numberShape, type Shape } from './values.ts'

/* Meters, and which usage belongs to which. */

export type Language = 'en' | 'fr'
type Ranges = { readonly from: Hit<string>; readonly to: Hit<string> }[]
export type TableMeter = {
  readonly number: Hit<string>
  readonly service: UtilityType | null
  readonly usage: Usage[]
}

export const meterShape: Shape<string> = (text) => {
  const match = /^(?:[a-z]{0,4}[- ]?)?\d[\da-z-]{2,13}(?![\w/.,])/.exec(text)?.[0]
  if (match === undefined || match.replace(/\D/g, '').length < 4) return null
  if (/^\d{4}-\d{2}-\d{2}$|^\d{1,2}-\d{1,2}-\d{2,4}$/.test(match)) return null
  return { value: match.toUpperCase(), end: match.length }
}

/** What the tables say: meters with their usage, and the periods in their rows. */
export function readTables(
  lines: readonly Line[],
  language: Language,
  order: DateOrder,
): { meters: TableMeter[]; ranges: Ranges; headLines: ReadonlySet<number> } {
  const tables = findTables(lines)
  const rows = tables.flatMap((table) => table.rows)
  const dates = dateShape(order)
  const ranges = rows.flatMap(({ cells }) => {
    const [from, to] = [cells.get('from'), cells.get('to')].map((cell) => cell && readCell(cell, 0, dates))
    return from && to
      ? [{ from: { ...from, rank: 0, rule: 'table' }, to: { ...to, rank: 0, rule: 'table' } }]
      : []
  })
  const meters = rows.flatMap((row) => {
    const cell = row.cells.get('meter')
    const number = cell && readCell(cell, 0, meterShape)
    if (!number) return []
    const usage = [rowUsage(row, language), rowDemand(row, language)].filter((one) => one !== null)
    return [{ number: { ...number, rank: 0, rule: 'table' }, service: serviceOf(row), usage }]
  })
  return { meters, ranges, headLines: new Set(tables.map(({ headLine }) => headLine)) }
}

function rowUsage(row: Row, language: Language): Usage | null {
  const cell = row.cells.get('usage')
  if (!cell) return null
  const found = readQuantity(cell, language, headUnit(row, 'usage') ?? unitCell(row))
  if (!found || isDemand(found.value.unit)) return null
  const check = arithmetic(row, found.value.value, language)
  return check === 'wrong' ? null : asUsage(found, check === 'right' ? 0.99 : 0.9, 'table', serviceText(row))
}

function rowDemand(row: Row, language: Language): Usage | null {
  const cell = row.cells.get('demand')
  const found = cell && readQuantity(cell, language, headUnit(row, 'demand') ?? 'kW')
  return found && isDemand(found.value.unit) ? asUsage(found, 0.9, 'table', '') : null
}

const headUnit = (row: Row, column: 'usage' | 'demand'): Unit | null =>
  row.heads.find((head) => head.column === column)?.unit ?? null

function unitCell(row: Row): Unit | null {
  const cell = row.cells.get('unit')
  return cell ? (unitShape(cell.folded)?.value ?? null) : null
}

/** "612 kWh", or "612" where a heading has named the unit. */
function readQuantity(cell: Cell, language: Language, unit: Unit | null) {
  const whole = readCell(cell, 0, quantityShape(language))
  if (whole || unit === null) return whole
  const plain = readCell(cell, 0, numberShape(language))
  return plain && { ...plain, value: { value: plain.value, unit } }
}

/** Whether current less previous reading, times the multiplier, is the usage. */
function arithmetic(row: Row, usage: number, language: Language): 'right' | 'wrong' | 'unknown' {
  const number = (column: 'previous' | 'current' | 'multiplier'): number | null => {
    const cell = row.cells.get(column)
    return cell ? (readCell(cell, 0, numberShape(language))?.value ?? null) : null
  }
  const [previous, current, multiplier] = [number('previous'), number('current'), number('multiplier')]
  if (previous === null || current === null || current < previous) return 'unknown'
  const product = (current - previous) * (multiplier ?? 1)
  if (Math.abs(product - usage) <= Math.max(1, usage * 0.002)) return 'right'
  return multiplier === null && isHiddenFactor(usage / product) ? 'unknown' : 'wrong'
}

/** A factor that the table does not show: tens of a meter's constant, or the correction of a volume of gas. */
const isHiddenFactor = (ratio: number): boolean =>
  ratio > 0.8 && (ratio < 1.2 || Math.abs(ratio - Math.round(ratio)) < 0.001 * ratio)

type FoundQuantity = Pick<Hit<Quantity>, 'text' | 'place' | 'value'>

/** @param about the words that say of what it is, folded */
const asUsage = (
  { value, text, place }: FoundQuantity,
  confidence: number,
  rule: string,
  about: string,
): Usage => ({
  value: value.value,
  unit: value.unit,
  kind: isDemand(value.unit) ? 'demand' : 'consumption',
  utilityType: utilityTypeOf(about, value.unit),
  text,
  place,
  confidence,
  rule,
})

const serviceText = (row: Row): string => row.cells.get('service')?.folded ?? ''

/** Usage that stands beside a label, outside of tables. Stronger labels have lower ranks. */
export type LabelledUsage = Usage & { readonly rank: number }

/**
 * Reads it from all lines; "kWh used: 1,234" has the unit in the label.
 *
 * @param headLines headings of tables: what is below them is the table's business, where it can be checked
 */
export function labelledUsage(
  lines: readonly Line[],
  language: Language,
  extra: ExtraLabels,
  headLines: ReadonlySet<number>,
): LabelledUsage[] {
  const labels = labelsOf('usage', extra)
  const whole = findLabelled(lines, labels, quantityShape(language), NOT_THIS_USAGE)
  const bare = findLabelled(lines, labels, numberShape(language), NOT_THIS_USAGE).flatMap((hit) => {
    const unit = unitIn(hit.label.folded)
    return unit === null ? [] : [{ ...hit, value: { value: hit.value, unit } }]
  })
  const demand = findLabelled(lines, labelsOf('demand', extra), quantityShape(language), NOT_THIS_USAGE)
  return [
    ...[...whole, ...bare].filter(({ value }) => !isDemand(value.unit)),
    ...demand.filter(({ value }) => isDemand(value.unit)),
  ]
    .filter(({ label }) => !headLines.has(label.line))
    .map((hit) => ({ ...asUsage(hit, 0.9, hit.rule, hit.label.folded), rank: hit.rank }))
}

/** A meter named outside of tables, perhaps with what it measures. */
export type NamedMeter = Hit<string> & { readonly utilityType: UtilityType | null }

/** "… for meter number 123": the words leave no doubt, wherever they stand. */
const MENTION = /\b(?:meter (?:number|no\.?|#)|numero (?:de |du )?compteur|compteur no)[ :.]*(?=[a-z0-9])/

/** Meters named by label, such as "Gas meter # 123", or in a sentence. */
export function namedMeters(lines: readonly Line[], extra: ExtraLabels): NamedMeter[] {
  const labelled = findLabelled(lines, labelsOf('meterNumber', extra), meterShape)
  const mentioned = lines.flatMap(({ cells }) =>
    cells.flatMap((cell) => {
      const match = MENTION.exec(cell.folded)
      const found = match && readCell(cell, match.index + match[0].length, meterShape)
      return found ? [{ ...found, label: cell, rank: 1, rule: 'mention' }] : []
    }),
  )
  return [...labelled, ...mentioned].map((hit) => ({
    ...hit,
    utilityType: utilityTypeOf(hit.label.folded, null),
  }))
}
