import type { Figure } from '../../../domain/bill.ts'
import { type ExtraLabels, labelsOf } from './find.ts'
import { type Cell, type Line, overlap, placeOf } from './layout.ts'

/* Where the service is delivered: a street below or beside its label, and the city under it. */

const STREET = /^(?:(?:unit|apt|suite) \S+,? )?\d{1,6}[a-z]?(?:[ ,-]|1\/2)+(?=.*[a-z]{2})[a-z0-9 .,'#/()-]+$/
const NO_STREET = /^\d+[ -]*(?:days?|kwh|kw|therms?|ccf|m3|gallons?|jours?|%)|p\.? ?o\.? box|c\.? ?p\.? \d/
const POSTAL = /\b[a-z]\d[a-z] ?\d[a-z]\d\b|\b[a-z]{2}\.?,? \d{5}(?:-\d{4})?\b|\((?:quebec|ontario|qc|on)\)/
/** A name and a company may stand between a heading and the street. */
const LINES_TO_STREET = 4

type Found = {
  readonly street: string
  readonly full: string
  readonly figure: Omit<Figure<string>, 'confidence'>
}

/** The one address that the bill names as the place of service, lines joined by ", ". */
export function readServiceAddress(lines: readonly Line[], extra: ExtraLabels): Figure<string> | null {
  const found = lines.flatMap((line, index) =>
    line.cells.flatMap((cell) => beside(lines, index, cell, extra) ?? []),
  )
  if (new Set(found.map(({ street }) => street)).size !== 1) return null
  const longest = found.toSorted((a, b) => b.full.length - a.full.length)[0]
  if (!longest) return null
  const isTemplate = longest.figure.rule.startsWith('template')
  return { ...longest.figure, confidence: isTemplate ? 0.99 : found.length > 1 ? 0.97 : 0.9 }
}

function beside(lines: readonly Line[], index: number, cell: Cell, extra: ExtraLabels): Found | null {
  const label = labelsOf('serviceAddress', extra).find(({ pattern }) => pattern.test(cell.folded))
  if (!label) return null
  const start = label.pattern.exec(cell.folded)?.[0].length ?? 0
  if (start < cell.text.length) return compose(lines, index, cell, start, label.rule)
  const line = lines[index]
  const next = line?.cells[line.cells.indexOf(cell) + 1]
  const right = next ? compose(lines, index, next, 0, label.rule) : null
  if (right) return right
  for (const [i, below] of cellsBelow(lines, index, cell)) {
    const found = compose(lines, i, below, 0, label.rule)
    if (found) return found
  }
  return null
}

/** Cells under a cell that start at its left edge, one a line, as long as lines follow closely. */
function* cellsBelow(lines: readonly Line[], index: number, top: Cell): Generator<[number, Cell]> {
  let last = top
  for (let i = index + 1; i <= index + LINES_TO_STREET * 2; i += 1) {
    const line = lines[i]
    if (!line || line.page !== top.page || line.y - last.y > 2.2 * Math.max(last.size, top.size) + 2) return
    const cell = line.cells.find(
      (one) => Math.abs(one.x - top.x) < 6 || overlap(one, top) > top.right - top.x,
    )
    if (!cell) continue
    last = cell
    yield [i, cell]
  }
}

function compose(
  lines: readonly Line[],
  index: number,
  cell: Cell,
  start: number,
  rule: string,
): Found | null {
  const folded = cell.folded.slice(start)
  if (!STREET.test(folded) || NO_STREET.test(folded)) return null
  const street = cell.text.slice(start).trim()
  const [next] = cellsBelow(lines, index, cell)
  const city = start === 0 && next && POSTAL.test(next[1].folded) ? next[1].text : null
  const full = city === null ? street : `${street}, ${city}`
  const figure = { value: full, text: full, place: placeOf(cell, start), rule }
  return { street: folded.trim().replace(/[ ,.]+/g, ' '), full, figure }
}
