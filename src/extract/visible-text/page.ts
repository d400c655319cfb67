/** How a stretch of text looks to the person who reads it. */
export type Look = {
  /** Font size in CSS pixels. */
  readonly size: number
  readonly bold: boolean
  /** Wide letter spacing, as portals set codes. */
  readonly spaced: boolean
  /** Has a box of its own: a border or a background that its surroundings lack. */
  readonly boxed: boolean
  readonly mono: boolean
  readonly link: boolean
}

/** From offset `at` on, the text looks like this. */
export type Run = { readonly at: number; readonly look: Look }
/** One line on the page: a block, a row of a table (cells parted by tabs) or a line of plain text. */
export type Line = { readonly start: number; readonly end: number; readonly quote: number }
export type Link = { readonly href: string; readonly text: string }

/** A message body as a person sees it. */
export type Page = {
  /** Lines joined by `\n`, cells of one row by `\t`, otherwise single spaces. */
  readonly text: string
  readonly lines: readonly Line[]
  /** Sorted by `at`, the first at 0. */
  readonly runs: readonly Run[]
  readonly links: readonly Link[]
  /** The size most characters have. */
  readonly bodySize: number
}

export const PLAIN: Look = {
  size: 16,
  bold: false,
  spaced: false,
  boxed: false,
  mono: false,
  link: false,
}
export const EMPTY_PAGE: Page = {
  text: '',
  lines: [],
  runs: [{ at: 0, look: PLAIN }],
  links: [],
  bodySize: 16,
}

/** Visible text beyond this is not read: no code is announced after forty pages. */
const MAX_VISIBLE = 100_000
const MAX_LINKS = 300

/** What white space collapses from: several characters, or one that is no plain space. */
const OTHER_SPACE = /[^\S ]| {2}/
const isBlank = (text: string, at: number): boolean => /\s/.test(text[at]!)

type Gap = '' | ' ' | '\t' | '\n'
const GAP_RANK: Readonly<Record<Gap, number>> = { '': 0, ' ': 1, '\t': 2, '\n': 3 }

/** Collects visible text in reading order; of several gaps between two words the widest counts. */
export type PageBuilder = {
  /** Adds text whose white space collapses, as in HTML. */
  write(text: string, look: Look): void
  gap(gap: Gap): void
  /** Quote depth of the lines that follow. */
  quote(depth: number): void
  link(href: string, from: number): void
  readonly length: number
  readonly full: boolean
  finish(): Page
}

export function createPageBuilder(): PageBuilder {
  const pieces: string[] = []
  const runs: Run[] = []
  const lines: Line[] = []
  const anchors: { href: string; from: number; to: number }[] = []
  let length = 0
  let pending: Gap = ''
  let lineStart = 0
  let depth = 0
  let lineDepth = 0

  const push = (piece: string) => {
    pieces.push(piece)
    length += piece.length
  }
  const closeLine = () => {
    lines.push({ start: lineStart, end: length, quote: lineDepth })
    push('\n')
    lineStart = length
  }
  const flushGap = () => {
    if (length > lineStart) {
      if (pending === '\n') closeLine()
      else if (pending !== '') push(pending)
    }
    if (length === lineStart) lineDepth = depth
    pending = ''
  }
  return {
    write(text, look) {
      const visible = text.trim()
      if (visible === '') {
        if (text !== '') this.gap(' ')
        return
      }
      if (isBlank(text, 0)) this.gap(' ')
      if (length < MAX_VISIBLE) {
        flushGap()
        if (runs.at(-1)?.look !== look) runs.push({ at: length, look })
        push(OTHER_SPACE.test(visible) ? visible.replace(/\s+/g, ' ') : visible)
      }
      if (isBlank(text, text.length - 1)) this.gap(' ')
    },
    gap(gap) {
      if (GAP_RANK[gap] > GAP_RANK[pending]) pending = gap
    },
    quote(value) {
      depth = value
    },
    link(href, from) {
      if (anchors.length < MAX_LINKS) anchors.push({ href, from, to: length })
    },
    get length() {
      return length
    },
    get full() {
      return length >= MAX_VISIBLE
    },
    finish() {
      if (length > lineStart) lines.push({ start: lineStart, end: length, quote: lineDepth })
      const text = pieces.join('')
      const links = anchors.map(({ href, from, to }) => ({ href, text: text.slice(from, to).trim() }))
      const first = runs[0]?.at === 0 ? runs : [{ at: 0, look: PLAIN }, ...runs]
      return { text, lines, runs: first, links, bodySize: commonSize(first, length) }
    },
  }
}

function commonSize(runs: readonly Run[], length: number): number {
  const counts = new Map<number, number>()
  runs.forEach((run, i) => {
    const end = runs[i + 1]?.at ?? length
    counts.set(run.look.size, (counts.get(run.look.size) ?? 0) + end - run.at)
  })
  let best = 16
  let most = 0
  for (const [size, count] of counts) if (count > most) [best, most] = [size, count]
  return best
}

/** The lines from `from` up to `to` as a page of their own. */
export function slicePage(page: Page, from: number, to: number): Page {
  const lines = page.lines.slice(from, to)
  if (lines.length === 0) return EMPTY_PAGE
  if (lines.length === page.lines.length) return page
  const start = lines[0]!.start
  const end = lines.at(-1)!.end
  const before = page.runs.findLastIndex((run) => run.at <= start)
  const runs = page.runs
    .slice(Math.max(before, 0))
    .filter((run) => run.at < end)
    .map((run) => ({ at: Math.max(0, run.at - start), look: run.look }))
  return {
    text: page.text.slice(start, end),
    lines: lines.map((line) => ({ start: line.start - start, end: line.end - start, quote: line.quote })),
    runs,
    links: page.links,
    bodySize: page.bodySize,
  }
}

/** How the character at an offset looks. */
export function lookAt(page: Page, offset: number): Look {
  let low = 0
  let high = page.runs.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (page.runs[middle]!.at <= offset) low = middle
    else high = middle - 1
  }
  return page.runs[low]!.look
}

/** Index of the line that holds an offset. */
export function lineAt(page: Page, offset: number): number {
  let low = 0
  let high = page.lines.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (page.lines[middle]!.start <= offset) low = middle
    else high = middle - 1
  }
  return low
}

export const lineText = (page: Page, index: number): string => {
  const line = page.lines[index]
  return line ? page.text.slice(line.start, line.end) : ''
}
