import { allMatches } from './matches.ts'
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
/** "Reg. No. 482913": these dots end no sentence. */
const SENTENCE_END =
  /(?<!\b(?:no|nr|num|reg|ref|acct|cust|conf|inv|tel|ext|mr|mrs|ms|dr))[.!?…]["')\]»”]?\s|[\t]/g
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
  for (const match of allMatches(text, boundary)) from = match.index + match[0].length
  return text.slice(from)
}

function head(text: string, boundary: RegExp): string {
  const [match] = allMatches(text, boundary, 1)
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
  const flat = flatHeads(reading, place.line)
  if (flat) return [flat]
  if (place.alone) {
    const tile = tileOf(reading, place.line)
    if (tile === 'unclear') return []
    const head = tile ?? stackedHead(reading, place.line)
    if (head) return [head]
  }
  const labels: Label[] = []
  for (let above = place.line - 1; above >= 0 && labels.length < LABEL_LINES; above -= 1) {
    const label = page.lines[above]!
    labels.push({ start: label.start, end: label.end, kind: 'line', distance: place.line - above })
  }
  return labels
}

/**
 * Tiles of a value and its name: the name is on top where the row of tiles begins with a name, below where it begins
 * with a value, and nobody knows where a name stands at both ends.
 */
export function tileOf({ page, hasSubject }: Reading, line: number): Label | 'unclear' | null {
  const isValue = (i: number) =>
    /^(?=.{0,28}\d)(?!.*\p{L}{4})(?!.*\d{5} \d{3}).{1,32}$/u.test(lineText(page, i).slice(0, 40))
  const isHead = (i: number) => i >= (hasSubject ? 1 : 0) && HEAD_LINE.test(lineText(page, i).trim())
  if (!VALUE_LINE.test(lineText(page, line).trim())) return null
  let [first, last] = [line, line]
  while (line - first < 20 && isHead(first - 1) && isValue(first - 2)) first -= 2
  while (last - line < 20 && isHead(last + 1) && isValue(last + 2)) last += 2
  if (first === last || /:\s*$/.test(lineText(page, line - 1))) return null
  const [above, below] = [isHead(first - 1), isHead(last + 1)]
  if (above && !below) return null
  if (above || !below) return 'unclear'
  const { start, end } = page.lines[line + 1]!
  return { start, end, kind: 'column', distance: 1 }
}

const VALUE_LINE = /^[0-9][0-9 -]{1,14}$|^(?=[A-Z-]*[0-9])[A-Z0-9-]{4,12}$/
const HEAD_LINE = /^[\p{L}][\p{L} .#°'’]{1,27}:?$/u

/** `Account number  Case` above `482913 118204`: a table as text, whose first row names no code. */
function flatHeads({ page, mentions }: Reading, line: number): Label | null {
  const above = lineText(page, line - 1)
  if (
    line === 0 ||
    above.length > 120 ||
    /[\d.!?:;,]/.test(above) ||
    !/^\W{0,2}\d/.test(lineText(page, line))
  )
    return null
  const { start, end } = page.lines[line - 1]!
  let names = 0
  for (let i = lastBefore(mentions, end); i >= 0 && mentions[i]!.start >= start; i -= 1) {
    const { kind } = mentions[i]!
    if (kind !== 'number' && kind !== 'bare' && kind !== 'other') return null
    names += 1
  }
  const values = lineText(page, line).match(/\S*\d\S*/g)?.length ?? 0
  if (names === 0 || (names === 1 && values < 2)) return null
  return { start, end, kind: 'column', distance: 1 }
}

/** Columns that a narrow page stacks: all heads first, then as many values in the same order. */
function stackedHead({ page }: Reading, line: number): Label | null {
  const isValue = (i: number) => VALUE_LINE.test(lineText(page, i).trim())
  let first = line
  while (first > 0 && line - first < 6 && isValue(first - 1)) first -= 1
  let last = line
  while (last - first < 6 && isValue(last + 1)) last += 1
  const count = last - first + 1
  if (count < 2 || first < count) return null
  for (let i = first - count; i < first; i += 1) if (!HEAD_LINE.test(lineText(page, i).trim())) return null
  const { start, end } = page.lines[line - count]!
  return { start, end, kind: 'column', distance: 1 }
}

/** Text of the nearest line above (-1) or below (1) that says anything; rules of dashes say nothing. */
export function spokenLine({ page }: Reading, line: number, step: 1 | -1): string {
  let at = line + step
  while (
    at >= 0 &&
    at < page.lines.length &&
    Math.abs(at - line) <= 3 &&
    isBlank(lineText(page, at).slice(0, 200))
  )
    at += step
  return fold(lineText(page, at).slice(0, 300))
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
