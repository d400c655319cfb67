import { allMatches } from '../matches.ts'
import { normalise } from './characters.ts'
import { decodeEntities } from './entities.ts'
import { readHtml } from './html.ts'
import { createPageBuilder, type Page, PLAIN } from './page.ts'

const MAX_PLAIN = 2 * 1024 * 1024
const HTML_IN_DISGUISE = /<(?:html|body|table|tbody|div|p|br|span|center|font)\b[^<>]{0,200}>/i
const ENTITY_IN_TEXT = /&(?:nbsp|amp|#\d{2,5}|#x[0-9a-f]{2,4});/i
const URL = /\bhttps?:\/\/[^\s<>"]{1,2000}/gi
/** Writers break lines at 65 to 80 characters; a shorter line was ended on purpose. */
const WRAPPED_AT = 58

/** Reads a text part. Lines that were broken only for width are joined again, quote marks become depth. */
export function readPlain(source: string): Page {
  const text = source.length > MAX_PLAIN ? source.slice(0, MAX_PLAIN) : source
  // Some portals label their HTML as text/plain; two tags are no accident.
  if (HTML_IN_DISGUISE.test(text) && /<\/[a-z]{1,10}>/i.test(text)) return readHtml(text)
  // Others leave HTML's entities in their text.
  const plain = ENTITY_IN_TEXT.test(text) ? decodeEntities(text) : text
  const page = createPageBuilder()
  let previous: { words: string; depth: number } | null = null
  for (const raw of normalise(plain).split(/\r\n|\r|\n/)) {
    if (page.full) break
    const { depth, rest } = unquote(raw)
    const words = rest.trim()
    const joins = previous !== null && previous.depth === depth && continues(previous.words, words)
    page.quote(depth)
    page.gap(joins ? ' ' : '\n')
    writeCells(page, words)
    previous = words === '' ? null : { words, depth }
  }
  return { ...page.finish(), links: linksIn(text) }
}

/** Runs of white space inside a line are columns. */
function writeCells(page: ReturnType<typeof createPageBuilder>, words: string): void {
  const cells = words.split('\t')
  cells.forEach((cell, i) => {
    if (i > 0) page.gap('\t')
    page.write(cell, PLAIN)
  })
}

function unquote(line: string): { depth: number; rest: string } {
  let at = 0
  let depth = 0
  while (line[at] === '>' || (line[at] === ' ' && line[at + 1] === '>')) {
    if (line[at] === '>') depth += 1
    at += 1
  }
  return { depth, rest: line.slice(at) }
}

/** Whether a line goes on a sentence that the line before had no room for. */
function continues(previous: string, line: string): boolean {
  if (previous.length < WRAPPED_AT || line === '') return false
  if (/[.!?:]$/.test(previous)) return false
  // A header-like start, a rule, a list mark or a line without words begins something new.
  return /[a-z]{2}/.test(line) && !/^(?:[-*=_#•>+|]|\d{1,2}[.)] |[A-Z][\w-]{1,14}:)/.test(line)
}

function linksIn(text: string): Page['links'] {
  const links: { href: string; text: string }[] = []
  for (const [href] of allMatches(text, URL)) {
    if (links.length >= 300) break
    links.push({ href: href.replace(/[.,;:!?)\]]+$/, ''), text: '' })
  }
  return links
}
