/** `@domain #code`, the last line by which an SMS binds its code to a web site. */
export type BoundCode = {
  readonly code: string
  readonly domain: string
  readonly start: number
  readonly end: number
}

const BOUND =
  /@((?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,18}) #([A-Za-z0-9-]{3,12})(?:[ \t]+(?:@|%)[\w.-]{1,100})?\s*$/i

export function findBoundCode(text: string): BoundCode | null {
  const tail = Math.max(0, text.length - 300)
  const match = BOUND.exec(text.slice(tail))
  if (!match) return null
  const start = tail + match.index + match[0].indexOf('#') + 1
  return {
    code: match[2]!.replace(/-/g, ''),
    domain: match[1]!.toLowerCase(),
    start,
    end: start + match[2]!.length,
  }
}
