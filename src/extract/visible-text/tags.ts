import { type Attributes, NO_ATTRIBUTES } from './elements.ts'
import { decodeEntities } from './entities.ts'

/** Bounds of what is remembered of tags: a few MB in a thread. */
const MAX_CACHED = 5_000
const MAX_CACHED_LENGTH = 600

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
export function tagEnd(html: string, from: number): number {
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

const attributesCache = new Map<string, Attributes>()

/** What a tag says, of what reading needs. A portal's mails are all made from one layout: most tags were read before, if not in this mail then in another. */
export function attributesOf(source: string): Attributes {
  if (!source.includes('=') && !source.includes('hidden')) return NO_ATTRIBUTES
  const known = attributesCache.get(source)
  if (known) return known
  // A slice keeps the whole mail in memory for as long as it is remembered; a copy does not.
  const copy = ` ${source}`.slice(1)
  const attributes = readAttributes(copy)
  if (attributesCache.size >= MAX_CACHED) attributesCache.clear()
  if (source.length < MAX_CACHED_LENGTH) attributesCache.set(copy, attributes)
  return attributes
}

function readAttributes(source: string): Attributes {
  const attributes = new Map<string, string>()
  for (const [, name, double, single, bare] of source.matchAll(ATTRIBUTE)) {
    const key = name!.toLowerCase()
    if (READ_ATTRIBUTES.has(key) && !attributes.has(key)) {
      attributes.set(key, decodeEntities(double ?? single ?? bare ?? ''))
    }
  }
  return attributes
}
