import type { Place } from '../../../domain/bill.ts'
import { fold } from './fold.ts'

/** A run of text as the PDF has it; y counts from the top, at the baseline. */
export type TextItem = {
  readonly text: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly size: number
}
export type TextPage = { readonly number: number; readonly items: readonly TextItem[] }

/** Text that stands together on a line; columns are apart. */
export type Cell = {
  readonly text: string
  /** Same length as `text`, for comparing. */
  readonly folded: string
  readonly page: number
  readonly x: number
  readonly right: number
  readonly y: number
  readonly size: number
  readonly line: number
}
export type Line = { readonly page: number; readonly y: number; readonly cells: readonly Cell[] }

/** Wider gaps than this many letter heights part two columns. */
const COLUMN_GAP = 0.85
/** Narrower ones are inside of a word. */
const WORD_GAP = 0.12
/** Items this close in height, by letter height, are on one line. */
const SAME_LINE = 0.4

/** Lines from top to bottom of all pages, cells from left to right. */
export function layOut(pages: readonly TextPage[]): Line[] {
  const lines: Line[] = []
  for (const page of pages)
    for (const row of rowsOf(page.items)) {
      const cells = cellsOf(row, page.number, lines.length)
      if (cells.length > 0) lines.push({ page: page.number, y: cells[0]?.y ?? 0, cells })
    }
  return lines
}

function rowsOf(items: readonly TextItem[]): TextItem[][] {
  const rows: TextItem[][] = []
  const printed = items.filter(({ text }) => text.trim() !== '')
  for (const item of printed.sort((a, b) => a.y - b.y || a.x - b.x)) {
    const row = rows.at(-1)
    const first = row?.[0]
    if (row && first && item.y - first.y <= SAME_LINE * Math.min(item.size, first.size)) row.push(item)
    else rows.push([item])
  }
  return rows.map((row) => row.sort((a, b) => a.x - b.x))
}

type Building = { text: string; x: number; right: number; y: number; size: number }

function cellsOf(row: readonly TextItem[], page: number, line: number): Cell[] {
  const cells: Building[] = []
  for (const { text, x, y, width, size } of row) {
    const last = cells.at(-1)
    const gap = last ? x - last.right : Number.POSITIVE_INFINITY
    // Printed twice with a small shift to look bold.
    if (last && gap < -0.5 * width && last.text.endsWith(text)) continue
    if (last && gap <= COLUMN_GAP * size) {
      last.text += (gap > WORD_GAP * size ? ' ' : '') + text
      last.right = Math.max(last.right, x + width)
    } else cells.push({ text, x, right: x + width, y, size })
  }
  return cells.flatMap(splitAtBars).map((cell) => {
    const text = cell.text.replace(/\s/g, ' ').trim()
    return { ...cell, text, folded: fold(text), page, line }
  })
}

const BAR = / +[/|•·] +/g

/** "Meter 123 / Usage 45 kWh" is two cells on one line. */
function splitAtBars(cell: Building): Building[] {
  const perLetter = (cell.right - cell.x) / Math.max(1, cell.text.length)
  const cuts = [...cell.text.matchAll(BAR)].map(({ index, 0: bar }) => [index, index + bar.length] as const)
  const starts = [0, ...cuts.map(([, end]) => end)]
  const ends = [...cuts.map(([start]) => start), cell.text.length]
  return starts.map((start, i) => {
    const end = ends[i] ?? cell.text.length
    const edges = { x: cell.x + start * perLetter, right: cell.x + end * perLetter }
    return { ...cell, ...edges, text: cell.text.slice(start, end) }
  })
}

/** Where a part of a cell stands; its edges are estimated, as letters differ in width. */
export function placeOf(cell: Cell, start = 0, end = cell.text.length): Place {
  const perLetter = (cell.right - cell.x) / Math.max(1, cell.text.length)
  const round = (value: number): number => Math.round(value * 10) / 10
  return {
    page: cell.page,
    x: round(cell.x + start * perLetter),
    y: round(cell.y - cell.size * 0.8),
    width: round((end - start) * perLetter),
    height: round(cell.size),
  }
}

/** How far two cells overlap from side to side; negative: the gap between them. */
export const overlap = (a: Pick<Cell, 'x' | 'right'>, b: Pick<Cell, 'x' | 'right'>): number =>
  Math.min(a.right, b.right) - Math.max(a.x, b.x)
