/** How a run of characters is written. */
export type Shape =
  | 'digits'
  | 'grouped digits'
  | 'uneven groups'
  | 'spaced characters'
  | 'letters and digits'
  | 'grouped letters and digits'
  | 'letters'

/** A run of characters that has the outside of a code. */
export type Sighting = {
  readonly start: number
  readonly end: number
  readonly shape: Shape
  readonly code: string
  readonly shown: string
  /** A brand's letter before the digits, as in `G-507316`. */
  readonly prefix?: string
}

type Token = { readonly start: number; readonly end: number; readonly text: string }

export const MIN_LENGTH = 4
export const MAX_LENGTH = 10
/** A message with more numbers than this is a table, not a code. */
const MAX_TOKENS = 20_000
const MAX_SIGHTINGS = 400

const TOKEN = /[A-Za-z0-9\u00c0-\u024f]+/g
const DIGITS = /^[0-9]+$/
const ALNUM = /^[A-Za-z0-9]+$/
const CAPITALS = /^[A-Z]+$/
const SINGLE_GAP = /^(?: {0,3}[ \t\n] {0,3}|[ \t]?[-·•|_*][ \t]?)$/
const GROUP_GAP = /^(?: | ?- ?|\t|·)$/

const hasDigit = (text: string): boolean => /[0-9]/.test(text)
const hasLetter = (text: string): boolean => /[A-Za-z]/.test(text)

/** Finds everything in a masked text that has the outside of a code, without asking what it means. */
export function findSightings(masked: string): Sighting[] {
  const tokens = tokenise(masked)
  const sightings: Sighting[] = []
  let i = 0
  while (i < tokens.length && sightings.length < MAX_SIGHTINGS) {
    const used = spacedRun(masked, tokens, i, sightings) || groupRun(masked, tokens, i, sightings)
    if (used === 0) single(masked, tokens[i]!, sightings)
    i += Math.max(used, 1)
  }
  return sightings
}

function tokenise(masked: string): Token[] {
  const tokens: Token[] = []
  for (const match of masked.matchAll(TOKEN)) {
    if (tokens.length >= MAX_TOKENS) break
    tokens.push({ start: match.index, end: match.index + match[0].length, text: match[0] })
  }
  return tokens
}

const between = (text: string, a: Token, b: Token): string => text.slice(a.end, b.start)

/** "7 1 5 9 0 3", one digit a cell, or one a line. */
function spacedRun(text: string, tokens: readonly Token[], from: number, out: Sighting[]): number {
  if (!isSpacedCharacter(tokens[from]!)) return 0
  let to = from
  while (to + 1 < tokens.length && isSpacedCharacter(tokens[to + 1]!) && to - from < 12) {
    if (!SINGLE_GAP.test(between(text, tokens[to]!, tokens[to + 1]!))) break
    to += 1
  }
  const count = to - from + 1
  const run = tokens.slice(from, to + 1)
  const code = run.map((token) => token.text).join('')
  if (count < MIN_LENGTH || count > MAX_LENGTH || !hasDigit(code) || isCounting(code))
    return count > 2 ? count : 0
  if (isStuck(text, run[0]!.start, run.at(-1)!.end)) return count
  out.push(sighting(text, run[0]!, run.at(-1)!, 'spaced characters', code))
  return count
}

const isSpacedCharacter = (token: Token): boolean => token.text.length === 1 && /[A-Z0-9]/.test(token.text)
/** Page numbers, steps and satisfaction scales. */
const isCounting = (code: string): boolean => '01234567891011'.includes(code) && code.length < 12

/** "507 316", "12-34-56", "QD3-81F", "G-507316". */
function groupRun(text: string, tokens: readonly Token[], from: number, out: Sighting[]): number {
  const first = tokens[from]!
  if (!ALNUM.test(first.text) || first.text.length > 6) return 0
  const second = tokens[from + 1]
  if (!second) return 0
  const gap = between(text, first, second)
  if (gap === '-' && /^[A-Z]{1,3}$/.test(first.text) && /^[0-9]{4,8}$/.test(second.text)) {
    return prefixed(text, first, second, tokens[from + 2], out)
  }
  if (!GROUP_GAP.test(gap)) return 0
  let to = from + 1
  while (to + 1 < tokens.length && to - from < 5 && between(text, tokens[to]!, tokens[to + 1]!) === gap) {
    if (!sameNature(tokens[to]!, tokens[to + 1]!)) break
    to += 1
  }
  if (!sameNature(first, second)) return 0
  return group(text, tokens.slice(from, to + 1), gap, out)
}

const sameNature = (a: Token, b: Token): boolean =>
  (DIGITS.test(a.text) && DIGITS.test(b.text)) || (looksAlnum(a.text) && looksAlnum(b.text))
const looksAlnum = (text: string): boolean =>
  ALNUM.test(text) && text.length <= 5 && (hasDigit(text) || CAPITALS.test(text))

function prefixed(text: string, a: Token, b: Token, next: Token | undefined, out: Sighting[]): number {
  if (next && between(text, b, next) === '-') return 0
  if (isStuck(text, a.start, b.end)) return 0
  const long = b.text.length > 4 || a.text.length < 3
  out.push(
    long
      ? { ...sighting(text, a, b, 'digits', b.text), prefix: a.text }
      : sighting(text, a, b, 'grouped letters and digits', a.text + b.text),
  )
  return 2
}

/** Decides whether neighbouring groups are one code; 0 when they are not. */
function group(text: string, run: readonly Token[], gap: string, out: Sighting[]): number {
  const code = run.map((token) => token.text).join('')
  const lengths = new Set(run.map((token) => token.text.length))
  const even = lengths.size === 1 && run[0]!.text.length >= 2
  const first = run[0]!
  const last = run.at(-1)!
  const tight = gap.trim() !== ''
  if (code.length < MIN_LENGTH || isStuck(text, first.start, last.end)) return 0
  if (DIGITS.test(code)) {
    if (code.length > MAX_LENGTH) return 0
    if (gap === '\t' && (!even || run[0]!.text.length > 3 || !fillsLine(text, first, last))) return 0
    if (even) {
      out.push(sighting(text, first, last, 'grouped digits', code))
      return run.length
    }
    if (run.length !== 2 || code.length > 8 || gap === '\t') return 0
    out.push(sighting(text, first, last, 'uneven groups', code))
    return tight ? run.length : 0
  }
  if (!hasLetter(code) || (!hasDigit(code) && !(tight && even))) return 0
  if (code.length > 12 || (!tight && (!even || run[0]!.text.length < 3 || isPostal(code)))) return 0
  out.push(sighting(text, first, last, 'grouped letters and digits', code))
  return run.length
}

/** Canadian postal code, `M5V 2T6`. */
const isPostal = (code: string): boolean => /^[A-Z]\d[A-Z]\d[A-Z]\d$/.test(code)

function fillsLine(text: string, first: Token, last: Token): boolean {
  return (
    (first.start === 0 || text[first.start - 1] === '\n') &&
    (last.end === text.length || text[last.end] === '\n')
  )
}

function single(text: string, token: Token, out: Sighting[]): void {
  const { text: code } = token
  if (code.length < 3 || code.length > MAX_LENGTH || !ALNUM.test(code)) return
  if (isStuck(text, token.start, token.end)) return
  if (DIGITS.test(code)) out.push(sighting(text, token, token, 'digits', code))
  else if (hasDigit(code)) {
    if (code.length >= MIN_LENGTH && !isMeasure(code))
      out.push(sighting(text, token, token, 'letters and digits', code))
  } else if (code.length >= MIN_LENGTH && isOddWord(text, token)) {
    out.push(sighting(text, token, token, 'letters', code))
  }
}

/** "100kWh", "24hr", "1st", "10min", "2026Q1", "FY2026". */
const isMeasure = (code: string): boolean =>
  /^\d+(?:st|nd|rd|th|er|re|e|eme|o|a|k?wh|kw|mw|hrs?|h|min|mins|sec|am|pm|gb|mb|kb|px|pt|x|ft|km|mi|lbs?|kg|v|w|hz|ccf|mcf|gj|m3|btu|gal|yr|yrs|mo|days?)$/i.test(
    code,
  ) ||
  /^(?:FY|Q\d|CY|ISO|SOC|IPV|WIN|IOS|MP|COVID)\d+$/i.test(code) ||
  /^\d{1,2}h\d{2}$/i.test(code)

/** Letters can be a code only if they stand out: capitals amid small letters, or alone on their line. */
function isOddWord(text: string, token: Token): boolean {
  const lineStart = text.lastIndexOf('\n', token.start - 1) + 1
  const newline = text.indexOf('\n', token.end)
  const rest =
    text.slice(Math.max(lineStart, token.start - 80), token.start) +
    text.slice(token.end, newline < 0 ? token.end + 80 : Math.min(newline, token.end + 80))
  if (!/[A-Za-z]/.test(rest)) return true
  return CAPITALS.test(token.text) && /[a-z]{2}/.test(rest)
}

/** Whether a number or an identifier goes on beside the run: `482,913`, `A/482913`, `482913-77`, `…4829`. */
function isStuck(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - 2), start)
  const after = text.slice(end, end + 2)
  if (/[\p{L}\p{N}_\\]$/u.test(before) || /^[\p{L}\p{N}_\\]/u.test(after)) return true
  if (/[0-9\u0001][.,/:+&=%'-]$|[A-Za-z][/+&%']$|\u0001$/.test(before)) return true
  if (
    /[A-Za-z]-$/.test(before) &&
    !/\b(?:code|otp|pin|is|clave|codigo)-$/i.test(text.slice(Math.max(0, start - 8), start))
  )
    return true
  return /^(?:[.,:'/+&=-][0-9\u0001]|[/+&=@][A-Za-z]|-[A-Za-z]|\u0001)/.test(after) || /^'[0-9]/.test(after)
}

function sighting(text: string, first: Token, last: Token, shape: Shape, code: string): Sighting {
  return { start: first.start, end: last.end, shape, code, shown: text.slice(first.start, last.end) }
}
