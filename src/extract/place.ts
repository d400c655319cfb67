import type { Mention } from './mentions.ts'
import { lastBefore } from './mentions.ts'
import { lineOf, type Reading } from './reading.ts'
import type { Sighting } from './shapes.ts'
import type { Surroundings } from './vetoes.ts'
import { fold } from './visible-text/characters.ts'
import { lineText } from './visible-text/page.ts'

/** Where a sighting stands on the page and what is around it. */
export type Place = Surroundings & {
  readonly line: number
  readonly inSubject: boolean
  /** Nothing else on its line, or in its table cell. */
  readonly alone: boolean
  readonly aloneInCell: boolean
  /** First on its line or in its cell. */
  readonly leads: boolean
  /** The sentence before and after it, folded, within its line. */
  readonly sentenceBefore: string
  readonly sentenceAfter: string
  /** The clause next to it: up to a comma, a dash or another number. */
  readonly clauseBefore: string
  readonly clauseAfter: string
}

const WINDOW = 240
const SENTENCE_END = /[.!?…]["')\]»”]?\s|[\t]/g
const CLAUSE_END = /[,;:]\s|\s-\s|[()]/g

export function placeOf(reading: Reading, s: Sighting): Place {
  const { page, folded } = reading
  const line = lineOf(reading, s.start)
  const { start, end } = page.lines[line]!
  const from = Math.max(start, s.start - WINDOW)
  const to = Math.min(Math.max(end, s.end), s.end + WINDOW)
  const before = page.text.slice(from, s.start)
  const after = page.text.slice(s.end, to)
  const foldedBefore = folded.slice(from, s.start)
  const foldedAfter = folded.slice(s.end, to)
  const sentenceBefore = tail(foldedBefore, SENTENCE_END)
  const sentenceAfter = head(foldedAfter, SENTENCE_END)
  const cellBefore = before.slice(before.lastIndexOf('\t') + 1)
  const cellAfter = after.split('\t', 1)[0]!
  return {
    line,
    inSubject: reading.hasSubject && line === 0,
    before,
    after,
    foldedBefore,
    foldedAfter,
    previousLine: fold(lineText(page, line - 1).slice(-120)),
    nextLine: fold(lineText(page, line + 1).slice(0, 40)),
    alone: isBlank(before) && isBlank(after),
    aloneInCell: isBlank(cellBefore) && isBlank(cellAfter),
    leads: isBlank(cellBefore),
    sentenceBefore,
    sentenceAfter,
    clauseBefore: tail(sentenceBefore.replace(/[\s("'«“[*#:-]+$/, ' '), CLAUSE_END).replace(/^.*\d/, ''),
    clauseAfter: head(sentenceAfter, CLAUSE_END).replace(/\d.*$/, ''),
  }
}

/** Nothing to read; the number of a list item is nothing. */
const isBlank = (text: string): boolean =>
  !/[\p{L}\p{N}]/u.test(text.replace(/^\W{0,3}(?:\d{1,2}|[A-Za-z])[.):]\s/, ''))

function tail(text: string, boundary: RegExp): string {
  let from = 0
  for (const match of text.matchAll(boundary)) from = match.index + match[0].length
  return text.slice(from)
}

function head(text: string, boundary: RegExp): string {
  boundary.lastIndex = 0
  const match = boundary.exec(text)
  return match ? text.slice(0, match.index) : text
}

/** The line or cell that labels a sighting which leads its own: the cell to the left, the column's head, the line above. */
export type Label = {
  readonly start: number
  readonly end: number
  readonly kind: 'cell' | 'column' | 'line'
  /** How many lines above. */
  readonly distance: number
}

const LABEL_LINES = 3

export function labelsOf(reading: Reading, s: Sighting, place: Place): Label[] {
  const { page } = reading
  const line = page.lines[place.line]!
  const cells = place.before.split('\t')
  if (cells.length === 1 && place.after.includes('\t')) {
    const column = columnHead(reading, place.line, 0)
    if (column) return [column]
  }
  if (cells.length > 1) {
    const labels: Label[] = []
    const cellEnd = s.start - cells.at(-1)!.length - 1
    labels.push({ start: cellEnd - cells.at(-2)!.length, end: cellEnd, kind: 'cell', distance: 0 })
    const column = columnHead(
      reading,
      place.line,
      page.text.slice(line.start, s.start).split('\t').length - 1,
    )
    return column ? [column, ...labels] : labels
  }
  const labels: Label[] = []
  for (let above = place.line - 1; above >= 0 && labels.length < LABEL_LINES; above -= 1) {
    const label = page.lines[above]!
    labels.push({ start: label.start, end: label.end, kind: 'line', distance: place.line - above })
  }
  return labels
}

/** In a table whose upper row holds only words, the cell above names the value. */
function columnHead(reading: Reading, line: number, column: number): Label | null {
  const above = lineText(reading.page, line - 1)
  const cells = above.split('\t')
  const here = lineText(reading.page, line).split('\t')
  if (cells.length !== here.length || cells.length < 2 || /\d/.test(above)) return null
  const upper = reading.page.lines[line - 1]!
  const start = upper.start + cells.slice(0, column).join('\t').length + (column > 0 ? 1 : 0)
  return { start, end: start + cells[column]!.length, kind: 'column', distance: 1 }
}

/** The last phrase inside a stretch of text. */
export function lastMentionIn(reading: Reading, start: number, end: number): Mention | null {
  const mention = reading.mentions[lastBefore(reading.mentions, end)]
  return mention && mention.start >= start ? mention : null
}
