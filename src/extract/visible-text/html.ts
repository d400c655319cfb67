import { normalise } from './characters.ts'
import { type Box, isSeen, type OpenTag, openBox, RAW, ROOT, SCOPES, VOID } from './elements.ts'
import { decodeEntities } from './entities.ts'
import { createPageBuilder, type Page } from './page.ts'
import { createStyleSheet } from './style-sheet.ts'
import { readTag, tagName } from './tags.ts'

/** Markup beyond this is not read. */
const MAX_HTML = 2 * 1024 * 1024
/** Elements nested deeper than any mail nests them are not tracked; their text still is. */
const MAX_DEPTH = 400
/** How far up a close tag looks for what it closes; keeps crossed tags linear. */
const MAX_CLOSE = 60

/** Elements that HTML lets end without a close tag: a new one ends the open one. */
const IMPLIED_END: Readonly<Record<string, readonly string[]>> = {
  p: ['p'],
  li: ['li'],
  td: ['td', 'th'],
  th: ['td', 'th'],
  tr: ['td', 'th', 'tr'],
  option: ['option'],
}

const NONE: readonly string[] = []

/** Reads HTML in one pass, without recursion, into the page that a mail client would show. */
export function readHtml(source: string): Page {
  const html = source.length > MAX_HTML ? source.slice(0, MAX_HTML) : source
  const reader = createReader()
  let at = 0
  while (at < html.length && !reader.full()) {
    const open = html.indexOf('<', at)
    if (open < 0) {
      reader.text(html.slice(at))
      break
    }
    if (open > at) reader.text(html.slice(at, open))
    at = readMarkup(html, open, reader)
  }
  return reader.finish()
}

/** Reads one piece of markup at `<` and says where the next thing begins. */
function readMarkup(html: string, at: number, reader: Reader): number {
  const next = html.charCodeAt(at + 1) | 32
  if (next >= 97 && next <= 122) return readOpenTag(html, at, reader)
  if (html[at + 1] === '/') return readCloseTag(html, at, reader)
  if (html.startsWith('<!--', at)) return readComment(html, at)
  if (html[at + 1] === '!' || html[at + 1] === '?') return after(html.indexOf('>', at), 1, html)
  reader.text('<')
  return at + 1
}

const after = (found: number, skip: number, html: string): number => (found < 0 ? html.length : found + skip)

function readComment(html: string, at: number): number {
  // `<!-->` and `<!--->` are whole comments; Outlook's `<!--[if !mso]><!-->` ends the usual way.
  if (html.startsWith('<!-->', at)) return at + 5
  return after(html.indexOf('-->', at + 4), 3, html)
}

function readCloseTag(html: string, at: number, reader: Reader): number {
  const end = html.indexOf('>', at)
  if (end < 0) return html.length
  reader.close(tagName(html, at + 2))
  return end + 1
}

function readOpenTag(html: string, at: number, reader: Reader): number {
  const tag = readTag(html, at)
  if (!tag.closesItself) reader.open(tag)
  const next = Math.min(at + tag.length + 1, html.length)
  return RAW.has(tag.name) ? readRaw(html, next, tag.name, reader) : next
}

/** Content of `<style>`, `<script>` and their like, up to their close tag. */
function readRaw(html: string, from: number, name: string, reader: Reader): number {
  const close = new RegExp(`</${name}[\\s/>]`, 'gi')
  close.lastIndex = from
  const found = close.exec(html)?.index ?? html.length
  if (name === 'style') reader.style(html.slice(from, found))
  reader.close(name)
  return found === html.length ? found : after(html.indexOf('>', found), 1, html)
}

type Reader = {
  open(tag: OpenTag): void
  close(name: string): void
  text(raw: string): void
  style(css: string): void
  full(): boolean
  finish(): Page
}

/** Keeps the stack of open elements and writes what is seen. */
function createReader(): Reader {
  const page = createPageBuilder()
  const sheet = createStyleSheet()
  const stack: Box[] = [ROOT]
  const openCount = new Map<string, number>()
  const top = () => stack.at(-1)!

  const pop = () => {
    const box = stack.pop()!
    openCount.set(box.name, openCount.get(box.name)! - 1)
    if (!box.hidden) page.gap(gapOf(box))
    if (box.href) page.link(box.href, box.from)
    if (box.name === 'blockquote') page.quote(top().quote)
  }
  /** Closes the nearest open element of this name, unless a table cell or the like stands between. */
  const closeNearest = (name: string, throughScopes: boolean) => {
    if (!openCount.get(name)) return
    const lowest = Math.max(1, stack.length - MAX_CLOSE)
    for (let i = stack.length - 1; i >= lowest; i -= 1) {
      const open = stack[i]!.name
      if (open === name) {
        while (stack.length > i) pop()
        return
      }
      if (SCOPES.has(open) && !throughScopes) return
    }
  }
  /** What a form field shows; portals put a digit in each of six. */
  const writeInput = (tag: OpenTag) => {
    const type = tag.attributes.get('type')?.toLowerCase() ?? 'text'
    if (type !== 'text' && type !== 'number' && type !== 'tel') return
    const box = openBox(tag, top(), sheet, page.length)
    if (!isSeen(box, false)) return
    page.gap('\t')
    page.write(normalise(tag.attributes.get('value') ?? ''), box.look)
    page.gap('\t')
  }
  const openVoid = (tag: OpenTag) => {
    const { name } = tag
    if (top().hidden) return
    if (name === 'input') writeInput(tag)
    if (name === 'br' || name === 'hr') page.gap('\n')
    else if (name === 'img') page.gap(' ')
  }
  return {
    open(tag) {
      const { name } = tag
      if (VOID.has(name)) return openVoid(tag)
      for (const ended of IMPLIED_END[name] ?? NONE) closeNearest(ended, false)
      if (stack.length >= MAX_DEPTH) return
      const box = openBox(tag, top(), sheet, page.length)
      if (!top().hidden) page.gap(gapOf(box))
      stack.push(box)
      openCount.set(name, (openCount.get(name) ?? 0) + 1)
      if (name === 'blockquote') page.quote(box.quote)
    },
    close(name) {
      if (name === 'br' || name === 'p') page.gap('\n')
      closeNearest(name, SCOPES.has(name) || name === 'tr' || name === 'tbody')
    },
    text(raw) {
      const box = top()
      if (!isSeen(box, !sheet.hasUnreadBackground)) return
      const shown = normalise(decodeEntities(raw))
      const text = box.upper ? shown.toUpperCase() : shown
      if (!box.preserve) return page.write(text, box.look)
      text.split('\n').forEach((line, i) => {
        if (i > 0) page.gap('\n')
        page.write(line, box.look)
      })
    },
    style: (css) => sheet.add(css),
    full: () => page.full,
    finish() {
      while (stack.length > 1) pop()
      return page.finish()
    },
  }
}

/** Raised and lowered figures (footnote marks) are told apart from the number that they stand beside. */
function gapOf(box: Box): '' | ' ' | '\t' | '\n' {
  if (box.flow === 'block') return '\n'
  if (box.flow === 'cell') return '\t'
  if (box.name === 'sup' || box.name === 'sub') return '\t'
  return box.name === 'button' || box.name === 'text' ? ' ' : ''
}
