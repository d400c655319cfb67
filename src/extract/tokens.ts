/** A run of letters and digits in a text. */
export type Token = { readonly start: number; readonly end: number; readonly text: string }

/** A message with more words than this is no message. */
const MAX_TOKENS = 40_000
export const isDigits = (text: string): boolean => /^[0-9]+$/.test(text)
export const isAlnum = (text: string): boolean => /^[A-Za-z0-9]+$/.test(text)
export const isCapitals = (text: string): boolean => /^[A-Z]+$/.test(text)
export const hasDigit = (text: string): boolean => /[0-9]/.test(text)
export const hasLetter = (text: string): boolean => /[A-Za-z]/.test(text)

/** Runs of letters and digits, with what Latin scripts write above letters. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length && tokens.length < MAX_TOKENS; ) {
    const end = isWordCharacter(text.charCodeAt(at)) ? endOfToken(text, at) : at
    if (end > at) tokens.push({ start: at, end, text: text.slice(at, end) })
    at = Math.max(end, at + 1)
  }
  return tokens
}

function endOfToken(text: string, start: number): number {
  let end = start + 1
  while (end < text.length && isWordCharacter(text.charCodeAt(end))) end += 1
  if (!isDigit(text.charCodeAt(start))) return end
  BUTTON_BEHIND.lastIndex = start
  return BUTTON_BEHIND.test(text) ? BUTTON_BEHIND.lastIndex : end
}

/** A word with a capital right behind a number (`482913Copy`) is a button, not part of it. */
const BUTTON_BEHIND = /[0-9]{4,10}(?=[A-Z][a-z]{3})/y

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39
const isWordCharacter = (code: number): boolean =>
  isDigit(code) || ((code | 32) >= 0x61 && (code | 32) <= 0x7a) || (code >= 0xc0 && code <= 0x24f)

export const between = (text: string, a: Token, b: Token): string => text.slice(a.end, b.start)

/** Whether a number or an identifier goes on beside a run: `482,913`, `A/482913`, `482913-77`, an address. */
export function isStuck(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - 2), start)
  const after = text.slice(end, end + 2)
  // `_482913_` is slanted in Markdown.
  if (/(?:^|[^\p{L}\p{N}])_$/u.test(before) && /^_(?![\p{L}\p{N}])/u.test(after)) return false
  if (isDigits(text.slice(start, end)) && /^[A-Z][a-z]/.test(after) && !/[\p{L}\p{N}_]$/u.test(before))
    return false
  if (/[\p{L}\p{N}_\\]$/u.test(before) || /^[\p{L}\p{N}_\\]/u.test(after)) return true
  if (/[0-9\u0001][.,/:+&=%'-]$|[A-Za-z][/+&%']$|\u0001$/.test(before)) return true
  if (/[A-Za-z]-$/.test(before) && !CUE_HYPHEN.test(text.slice(Math.max(0, start - 8), start))) return true
  return /^(?:[.,:'/+&=-][0-9\u0001]|[/+&=@%][A-Za-z%]|-[A-Za-z]|\u0001)/.test(after)
}
/** "code-482913" */
const CUE_HYPHEN = /\b(?:code|otp|pin|is|clave|codigo)-$/i
