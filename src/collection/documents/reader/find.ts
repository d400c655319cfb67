import type { BillField, Figure } from '../../../domain/bill.ts'
import { type Cell, type Line, overlap, placeOf } from './layout.ts'
import { LABELS, OPENING } from './lexicon.ts'
import type { Shape } from './values.ts'

/* Finds values by their labels: behind the label, in the next cell, or below it. */

/** Ways to name a field. Lower ranks are asked first; `rule` says who read it. */
export type Label = { readonly pattern: RegExp; readonly rank: number; readonly rule: string }

/** A value beside one label, before it is known whether the bill says otherwise elsewhere. */
export type Hit<T> = Omit<Figure<T>, 'confidence'> & { readonly rank: number }
/** With the cell that named it. */
export type LabelledHit<T> = Hit<T> & { readonly label: Cell }

/** What a template adds to the labels of a field, as plain text; they are asked before all others. */
export type ExtraLabels = Partial<Readonly<Record<BillField, readonly string[]>>>

/** "Amount due by Nov 5", "Montant à payer avant le 5 novembre 2026", "Amount due 11/05/2026". */
const BY = "by|on or before|before|if paid by|avant le|au plus tard le|d'ici le|le"
const DAY =
  '\\d{1,4}[-/.]\\d{1,2}(?:[-/.]\\d{2,4})?|[a-z]{3,9}\\.? \\d{1,2}(?:,? \\d{4})?|\\d{1,2}(?:er)? [a-z]{3,9}\\.? \\d{4}'
const BY_DATE = `(?: (?:(?:${BY}) )?(?:${DAY})(?![a-z0-9/-]))?`
const TAIL = '(?: (?:is|are|est))? *(?:\\([^)]{0,60}\\))? *[:.]* *'
const TEMPLATE_RANK = -1

/** All labels of a field. */
export function labelsOf(field: BillField, extra: ExtraLabels = {}): Label[] {
  const aside = field === 'amountDue' ? BY_DATE : ''
  const general = LABELS[field].map((source, rank) => ({ source, rank, rule: `label:${field}` }))
  const own = (extra[field] ?? []).map((text) => ({
    source: literal(text),
    rank: TEMPLATE_RANK,
    rule: `template:${field}`,
  }))
  return [...own, ...general].map(({ source, rank, rule }) => ({
    pattern: new RegExp(`^${OPENING}(?:${source})(?![a-z0-9])${aside}${TAIL}(?=[^ ]|$)`),
    rank,
    rule,
  }))
}

const literal = (text: string): string =>
  text
    .trim()
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\s+/g, ' +')

/** What may follow a value in its cell: a letter for actual or estimated, a remark, but no second value. */
const END = /^(?: [aer](?![a-z0-9]))?[ .*†]*(?:$|[,;(])/

/**
 * Every value of the shape that stands beside one of the labels.
 *
 * @param veto words in the label, or before the value in its row, that make it another thing
 */
export function findLabelled<T>(
  lines: readonly Line[],
  labels: readonly Label[],
  shape: Shape<T>,
  veto?: RegExp,
): LabelledHit<T>[] {
  const hits: LabelledHit<T>[] = []
  for (const [index, line] of lines.entries())
    for (const cell of line.cells) {
      const match = firstMatch(labels, cell.folded)
      if (!match || veto?.test(cell.folded)) continue
      const found = besideLabel(lines, index, cell, match.end, shape, veto)
      if (found) hits.push({ ...found, label: cell, rank: match.label.rank, rule: match.label.rule })
    }
  return hits
}

function firstMatch(labels: readonly Label[], folded: string): { label: Label; end: number } | null {
  for (const label of labels) {
    const match = label.pattern.exec(folded)
    if (match) return { label, end: match[0].length }
  }
  return null
}

type Found<T> = Omit<Hit<T>, 'rank' | 'rule'>

function besideLabel<T>(
  lines: readonly Line[],
  index: number,
  label: Cell,
  labelEnd: number,
  shape: Shape<T>,
  veto: RegExp | undefined,
): Found<T> | null {
  if (labelEnd < label.folded.length) return readCell(label, labelEnd, shape)
  const cells = lines[index]?.cells ?? []
  const next = cells.slice(cells.indexOf(label) + 1).find(({ text }) => text !== '$')
  const right = next ? readCell(next, 0, shape) : null
  const below = readBelow(lines, index, label, shape, veto)
  // Both fit and differ: in a list of two columns the row is meant, elsewhere nobody knows.
  if (right && below && right.value !== below.value) return cells.length === 2 ? right : null
  return right ?? below
}

function readBelow<T>(
  lines: readonly Line[],
  index: number,
  label: Cell,
  shape: Shape<T>,
  veto: RegExp | undefined,
): Found<T> | null {
  for (const line of lines.slice(index + 1, index + 4)) {
    if (line.page !== label.page) return null
    const cell = line.cells.find((one) => overlap(one, label) > 0 || Math.abs(one.x - label.x) < 3)
    if (!cell) continue
    const isNear = cell.y - label.y <= 2.2 * Math.max(cell.size, label.size) + 2
    const isOther = veto !== undefined && line.cells.some(({ x, folded }) => x <= cell.x && veto.test(folded))
    return isNear && !isOther ? readCell(cell, 0, shape) : null
  }
  return null
}

/** Reads the shape from a place in a cell on; null unless it ends where a value may end. */
export function readCell<T>(cell: Cell, start: number, shape: Shape<T>): Found<T> | null {
  const parsed = shape(cell.folded.slice(start))
  if (!parsed || !END.test(cell.folded.slice(start + parsed.end))) return null
  const end = start + parsed.end
  return {
    value: parsed.value,
    text: cell.text.slice(start, end).trim(),
    place: placeOf(cell, start, end),
  }
}

const SURE = { template: 0.99, agreed: 0.97, single: 0.9, weak: 0.8 } as const

/**
 * The one value that the strongest labels agree on. Null where they disagree: no guess.
 *
 * @param same what counts as the same value
 */
export function decide<T>(hits: readonly Hit<T>[], same: (value: T) => unknown = (v) => v): Figure<T> | null {
  const best = Math.min(...hits.map(({ rank }) => rank))
  const strongest = hits.filter(({ rank }) => rank === best)
  const [first] = strongest
  if (!first || new Set(strongest.map(({ value }) => same(value))).size > 1) return null
  const { value, text, place, rule } = first
  const agreeing = hits.filter((hit) => same(hit.value) === same(value)).length
  const single = best >= 2 ? SURE.weak : SURE.single
  const confidence = best === TEMPLATE_RANK ? SURE.template : agreeing > 1 ? SURE.agreed : single
  return { value, text, place, confidence, rule }
}
