import { allMatches } from '../matches.ts'
import { type Attributes, NO_ATTRIBUTES, type OpenTag, VOID } from './elements.ts'
import { decodeEntities } from './entities.ts'

/** Bounds of what is remembered of tags: a few MB in a thread. */
const MAX_CACHED = 5_000
const MAX_CACHED_LENGTH = 600
const MAX_CLASSES = 12
/** Of a tag that is longer the rest is not read. */
const MAX_READ = 20_000

const [QUOTE, APOSTROPHE, EQUALS, GREATER] = [34, 39, 61, 62]
const ATTRIBUTE = /([^\s=/"'<>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?/g
const READ_ATTRIBUTES = new Set(
  'style class id hidden size color bgcolor background href type value width height'.split(' '),
)
/** The name at the beginning of a tag, in small letters. */
export function tagName(html: string, from: number): string {
  const limit = Math.min(html.length, from + 40)
  let end = from
  while (end < limit && !endsName(html.charCodeAt(end))) end += 1
  return html.slice(from, end).toLowerCase()
}

/** White space, `/` or `>`. */
const endsName = (code: number): boolean => code <= 32 || code === 47 || code === 62

/** Offset of the `>` that ends a tag; one inside a quoted value does not. */
function tagEnd(html: string, from: number): number {
  let afterEquals = false
  for (let at = from; at < html.length; at += 1) {
    const code = html.charCodeAt(at)
    if (code === GREATER) return at
    if (afterEquals && (code === QUOTE || code === APOSTROPHE)) {
      const close = html.indexOf(html[at]!, at + 1)
      if (close < 0) return html.length
      at = close
    }
    if (code > 32) afterEquals = code === EQUALS
  }
  return html.length
}

const tags = new Map<string, OpenTag>()

/**
 * The tag that begins at the `<` at an offset. A portal's mails are all made from one layout: most tags were read before,
 * if not in this mail then in another.
 */
export function readTag(html: string, at: number): OpenTag {
  const first = html.indexOf('>', at)
  const isShort = first >= 0 && first - at <= MAX_CACHED_LENGTH
  const known = isShort && tags.get(html.slice(at + 1, first))
  if (known) return known
  const name = tagName(html, at + 1)
  const end = tagEnd(html, at + 1 + name.length)
  // Of one with a `>` amid a quoted value the mail that it stands in has to be asked.
  if (!isShort || end !== first)
    return makeTag(name, html.slice(at + 1, Math.min(end, at + MAX_READ)), end - at)
  // A slice keeps the whole mail in memory for as long as it is remembered; a copy does not.
  const source = `<${html.slice(at + 1, end)}`.slice(1)
  const tag = makeTag(`<${name}`.slice(1), source, end - at)
  if (tags.size >= MAX_CACHED) tags.clear()
  tags.set(source, tag)
  return tag
}

function makeTag(name: string, source: string, length: number): OpenTag {
  // Of elements without content only a form field shows what it says.
  const isRead = !VOID.has(name) || name === 'input'
  const attributes = isRead ? attributesOf(source.slice(name.length)) : NO_ATTRIBUTES
  const classes = attributes.get('class')?.toLowerCase().split(/\s+/, MAX_CLASSES) ?? []
  const id = attributes.get('id')?.toLowerCase()
  return {
    name,
    attributes,
    classRules: classes.flatMap((part) => [`.${part}`, `${name}.${part}`]),
    idRules: id ? [`#${id}`, `${name}#${id}`] : [],
    // Office's own elements (`<o:p/>`) are the only ones that may do so.
    closesItself: name.includes(':') && source.endsWith('/'),
    length,
  }
}

/** What a tag says, of what reading needs. */
const attributesOf = (source: string): Attributes =>
  source.includes('=') || source.includes('hidden') ? readAttributes(source) : NO_ATTRIBUTES

function readAttributes(source: string): Attributes {
  const attributes = new Map<string, string>()
  for (const [, name, double, single, bare] of allMatches(source, ATTRIBUTE)) {
    const key = name!.toLowerCase()
    if (READ_ATTRIBUTES.has(key) && !attributes.has(key)) {
      attributes.set(key, decodeEntities(double ?? single ?? bare ?? ''))
    }
  }
  return attributes
}
