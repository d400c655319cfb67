import type { Sighting } from './shapes.ts'
import { between, hasDigit, hasLetter, isAlnum, isCapitals, isDigits, isStuck, type Token } from './tokens.ts'

/** What came of looking for a group at a token: how many tokens were used up, and what they are. */
export type Found = { readonly used: number; readonly sightings: readonly Sighting[] }

export const NOTHING: Found = { used: 0, sightings: [] }
const MIN_LENGTH = 4
const MAX_LENGTH = 10
/** Longer chains of numbers are tables or identifiers. */
const MAX_CHAIN = 12

const SINGLE_GAP = /^(?: {1,4}|\t|\n| ?\t?[-·•|_*]\t? ?|, |\.)$/
const GROUP_GAP = /^(?: |[ \t]?-[ \t]?|\t|[._·/])$/
const UNIT_AFTER =
  /^\s?(?:%|min|hour|hr|h\b|sec|day|week|month|heure|jour|hora|dia|digit|chiffre|a\.?m\b|p\.?m\b|kwh|am\b|pm\b|(?:of|de|sur) \d)/i

/** "7 1 5 9 0 3", one digit a cell, or one a line. */
export function findSpaced(text: string, tokens: readonly Token[], from: number): Found {
  if (!isCharacter(tokens[from]!)) return NOTHING
  let to = from
  let gap = ''
  while (to + 1 < tokens.length && isCharacter(tokens[to + 1]!) && to - from < MAX_CHAIN) {
    const next = between(text, tokens[to]!, tokens[to + 1]!)
    // Digits below each other and digits beside each other are not of one code.
    if (!SINGLE_GAP.test(next) || (gap !== '' && gapClass(next) !== gapClass(gap))) break
    gap = next
    to += 1
  }
  const run = tokens.slice(from, to + 1)
  const code = run.map((token) => token.text).join('')
  if (run.length <= 2) return NOTHING
  const listed = (gap === ', ' || gap === '.') && (run.length < 6 || !isDigits(code))
  const fits =
    !listed && run.length >= MIN_LENGTH && run.length <= MAX_LENGTH && hasDigit(code) && !isCounting(code)
  if (!fits || isStuck(text, run[0]!.start, run.at(-1)!.end)) return { used: run.length, sightings: [] }
  return { used: run.length, sightings: [sighting(text, run, 'spaced characters')] }
}

const isCharacter = (token: Token): boolean => token.text.length === 1 && /[A-Z0-9]/.test(token.text)
/** A hyphen amid blanks parts halves of the same row: `4 8 2 - 9 1 3`. */
const gapClass = (gap: string): string => {
  const mark = gap.trim()
  if (mark === '-' && gap.length > 1) return ' '
  return mark || (gap.includes('\n') ? '\n' : ' ')
}
/** Page numbers, steps and satisfaction scales. */
const isCounting = (code: string): boolean => '01234567891011'.includes(code)

/** "507 316", "12-34-56", "5520 471 836". */
export function findDigitGroups(text: string, tokens: readonly Token[], from: number): Found {
  const chain = chainOf(text, tokens, from)
  if (chain.length < 2) return NOTHING
  const gaps = chain.slice(1).map((token, i) => between(text, chain[i]!, token))
  const whole = wholeCode(text, chain, gaps)
  // Pieces of a longer number are never codes of their own; whole numbers side by side are.
  const pieces = chain.map((token) =>
    pieceOf(
      text,
      token,
      gaps.every((gap) => gap === '\t') || chain.every((other) => other.text === token.text),
    ),
  )
  if (whole?.shape === 'grouped digits') return { used: chain.length, sightings: [whole] }
  return {
    used: chain.length,
    sightings: [...(whole ? [whole] : []), ...pieces.filter((piece) => piece !== null)],
  }
}

/** Numbers that follow each other with no word between them; a number before a unit is not one of them. */
function chainOf(text: string, tokens: readonly Token[], from: number): Token[] {
  const chain: Token[] = []
  for (let i = from; i < tokens.length && chain.length < MAX_CHAIN; i += 1) {
    const token = tokens[i]!
    if (!isDigits(token.text)) break
    if (chain.length > 0 && !joins(chain.at(-1)!, token, between(text, chain.at(-1)!, token))) break
    if (chain.length > 0 && UNIT_AFTER.test(text.slice(token.end, token.end + 8))) break
    chain.push(token)
  }
  return chain
}

/** Lines below each other make one number only where each holds two or three digits and nothing else. */
const joins = (a: Token, b: Token, gap: string): boolean =>
  gap === '\n'
    ? a.text.length === b.text.length && a.text.length <= 3 && a.text.length >= 2
    : GROUP_GAP.test(gap)

function wholeCode(text: string, chain: readonly Token[], gaps: readonly string[]): Sighting | null {
  const lengths = chain.map((token) => token.text.length)
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const gap = gaps[0]!
  if (total < MIN_LENGTH || total > MAX_LENGTH || gaps.some((other) => other !== gap)) return null
  if (isStuck(text, chain[0]!.start, chain.at(-1)!.end)) return null
  const even = lengths.every((length) => length === lengths[0] && length >= 2)
  if (gap === '\t' || gap === '\n')
    return even && lengths[0]! <= 3 && fillsLine(text, chain) ? sighting(text, chain, 'grouped digits') : null
  // Dots group dates, amounts and versions far more often than codes.
  // "4823 4823": said twice.
  if (chain.length === 2 && lengths[0]! >= MIN_LENGTH && chain[0]!.text === chain[1]!.text) return null
  if (gap === '.' || gap === '/') return even && total >= 6 ? sighting(text, chain, 'uneven groups') : null
  if (even) return sighting(text, chain, 'grouped digits')
  return total >= 5 && chain.length <= 4 && lengths.every((length) => length >= 2)
    ? sighting(text, chain, 'uneven groups')
    : null
}

/** A number in a chain, standing for itself. */
function pieceOf(text: string, token: Token, standsAlone: boolean): Sighting | null {
  const { length } = token.text
  if (length < 3 || length > MAX_LENGTH || isStuck(text, token.start, token.end)) return null
  const piece = sighting(text, [token], 'digits')
  return length >= 6 || standsAlone ? piece : { ...piece, partial: true }
}

const fillsLine = (text: string, run: readonly Token[]): boolean =>
  /(?:^|\n)\W{0,3}$/.test(text.slice(Math.max(0, run[0]!.start - 4), run[0]!.start)) &&
  /^\W{0,3}(?:\n|$)/.test(text.slice(run.at(-1)!.end, run.at(-1)!.end + 4))

/** "QD3-81F", "M4T 9RA", "G-507316". */
export function findLetterGroups(text: string, tokens: readonly Token[], from: number): Found {
  const [first, second] = [tokens[from]!, tokens[from + 1]]
  const gap = second && between(text, first, second)
  if (!second || (gap !== '-' && gap !== ' ' && gap !== '_')) return NOTHING
  const third = tokens[from + 2]
  const ends = !third || between(text, second, third) !== '-'
  if (gap !== ' ' && ends && /^[A-Z]{1,3}$/.test(first.text) && /^[0-9]{4,8}$/.test(second.text)) {
    return prefixed(text, tokens, from)
  }
  if (!isPart(first) || !isPart(second)) return NOTHING
  const key = findKey(text, tokens, from, gap)
  if (key > 0) return { used: key, sightings: [] }
  let to = from + 1
  while (
    to + 1 < tokens.length &&
    to - from < 4 &&
    between(text, tokens[to]!, tokens[to + 1]!) === gap &&
    isPart(tokens[to + 1]!)
  ) {
    to += 1
  }
  const run = tokens.slice(from, to + 1)
  return run.every(isPart) && !isWordAndDigits(run, gap) && isLetterGroup(text, run, gap)
    ? {
        used: run.length,
        sightings: [sighting(text, run, hasDigit(codeOf(run)) ? 'grouped letters and digits' : 'letters')],
      }
    : NOTHING
}

/** How many groups a licence or set-up key has, longer than any code: none of its groups is one. */
function findKey(text: string, tokens: readonly Token[], from: number, gap: string): number {
  let to = from
  while (
    to + 1 < tokens.length &&
    to - from < MAX_CHAIN &&
    between(text, tokens[to]!, tokens[to + 1]!) === gap
  ) {
    if (!isPart(tokens[to + 1]!) || tokens[to + 1]!.text.length !== tokens[from]!.text.length) break
    to += 1
  }
  const run = tokens.slice(from, to + 1)
  return run.length >= 3 && codeOf(run).length > 12 && hasDigit(codeOf(run)) ? run.length : 0
}

const isPart = ({ text }: Token): boolean =>
  isAlnum(text) && text.length >= 2 && text.length <= 5 && (hasDigit(text) || isCapitals(text))
/** "PIN 482 913": a word in capitals in front of grouped digits is not the first group. */
const isWordAndDigits = (run: readonly Token[], gap: string): boolean =>
  gap === ' ' &&
  run.length > 2 &&
  isCapitals(run[0]!.text) &&
  run.slice(1).every((token) => isDigits(token.text))
const codeOf = (run: readonly Token[]): string => run.map((token) => token.text).join('')

function isLetterGroup(text: string, run: readonly Token[], gap: string): boolean {
  const code = codeOf(run)
  const even = run.every((token) => token.text.length === run[0]!.text.length)
  if (!hasLetter(code) || code.length < MIN_LENGTH || code.length > 12) return false
  if (isStuck(text, run[0]!.start, run.at(-1)!.end)) return false
  const odd = code.replace(/[^AEIOU]/g, '').length * 4 <= code.length
  if (!hasDigit(code)) return even && code.length >= 6 && (gap === '-' || (odd && fillsLine(text, run)))
  if (gap === '-') return true
  const each = run.every((token) => hasDigit(token.text)) || fillsLine(text, run)
  return even && run[0]!.text.length >= 3 && each && !isPostal(code)
}

/** Canadian postal code, `M5V 2T6`. */
const isPostal = (code: string): boolean =>
  /^[A-CEGHJ-NPRSTVXY]\d[A-CEGHJ-NPRSTV-Z]\d[A-CEGHJ-NPRSTV-Z]\d$/.test(code)

function prefixed(text: string, tokens: readonly Token[], from: number): Found {
  const [a, b] = [tokens[from]!, tokens[from + 1]!]
  if (isStuck(text, a.start, b.end)) return NOTHING
  // A short brand is not typed (`G-507316`); three letters and four digits are one code (`QDF-8193`).
  const brand = b.text.length > 4 || a.text.length < 3
  const found: Sighting = brand
    ? { ...sighting(text, [a, b], 'digits'), code: b.text, prefix: a.text }
    : sighting(text, [a, b], 'grouped letters and digits')
  return { used: 2, sightings: [found] }
}

function sighting(text: string, run: readonly Token[], shape: Sighting['shape']): Sighting {
  const start = run[0]!.start
  const end = run.at(-1)!.end
  return { start, end, shape, code: codeOf(run), shown: text.slice(start, end) }
}
