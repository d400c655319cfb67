import { RE2JS } from 're2js'
import { fold } from './visible-text/characters.ts'

/**
 * Templates say how one utility words its codes: `verification code is {code:6}`.
 *
 * | slot | reads |
 * |---|---|
 * | `{code:6}`, `{code:6-8}`, `{code}` | that many digits in a row (4 to 10 without a number) |
 * | `{code:3+3}` | groups of digits that a blank or a hyphen parts, or nothing |
 * | `{alnum:6}`, `{letters:6}`, `{alnum:3+3}` | the same of letters and digits, of letters |
 * | `{text}` | up to 80 characters of anything within one line, such as a name |
 *
 * All else is text: small letters and capitals, accents and the amount of white space do not matter.
 */
export type Template = {
  readonly source: string
  /** Every different code that the template finds in a text. */
  find(text: string, folded: string): readonly string[]
}

const SLOT = /\{([a-z]+)(?::([0-9+-]+))?\}/g
const ALPHABETS: Readonly<Record<string, string>> = { code: '0-9', alnum: 'a-z0-9', letters: 'a-z' }
/** Operators' patterns never see more text than this. */
const MAX_TEXT = 64 * 1024
const MAX_HITS = 50

/**
 * Compiles a template for re2js, which never backtracks.
 * @throws Error that tells its author what is wrong with it.
 */
export function compileTemplate(source: string): Template {
  let pattern = ''
  let at = 0
  let codeSlots = 0
  for (const match of source.matchAll(SLOT)) {
    pattern += literal(source.slice(at, match.index)) + slot(match[1]!, match[2], source)
    if (match[1] !== 'text') codeSlots += 1
    at = match.index + match[0].length
  }
  pattern += literal(source.slice(at))
  if (codeSlots !== 1) throw new Error(`template "${source}" needs exactly one code slot such as {code:6}`)
  if (!/\p{L}/u.test(source.replace(SLOT, '')))
    throw new Error(`template "${source}" needs words beside its slot`)
  const compiled = RE2JS.compile(pattern)
  return { source, find: (text, folded) => findCodes(compiled, text, folded.slice(0, MAX_TEXT)) }
}

/** What is wrong with a template, in words for its author; null when it compiles. */
export function templateReason(source: string): string | null {
  try {
    compileTemplate(source)
    return null
  } catch (error) {
    return (error as Error).message
  }
}

function literal(text: string): string {
  if (/[{}]/.test(text)) throw new Error(`template has a brace that is no slot near "${text.trim()}"`)
  return fold(text)
    .split(/\s+/)
    .map((word) => RE2JS.quote(word))
    .join('\\s{1,20}')
}

function slot(name: string, size: string | undefined, source: string): string {
  if (name === 'text') return '[^\\n]{1,80}?'
  const alphabet = ALPHABETS[name]
  if (!alphabet)
    throw new Error(
      `template "${source}" has an unknown slot {${name}}; known are code, alnum, letters, text`,
    )
  if (size === undefined) return `([${alphabet}]{4,10})`
  const groups = size.split('+').map((group) => groupPattern(group, alphabet, source))
  return `(${groups.join('[ \\t\\n-]?')})`
}

function groupPattern(group: string, alphabet: string, source: string): string {
  const match = /^([0-9]{1,2})(?:-([0-9]{1,2}))?$/.exec(group)
  const [least, most] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])]
  if (!match || least < 1 || most > 12 || least > most) {
    throw new Error(
      `template "${source}" has a size that is not a number from 1 to 12, a range or groups: ${group}`,
    )
  }
  return `[${alphabet}]{${least},${most}}`
}

function findCodes(pattern: RE2JS, text: string, folded: string): string[] {
  const codes = new Set<string>()
  const matcher = pattern.matcher(folded)
  let from = 0
  for (let hits = 0; hits < MAX_HITS && from <= folded.length && matcher.find(from); hits += 1) {
    const start = matcher.start(1)
    const end = matcher.end(1)
    if (!adjoins(folded, start, end)) codes.add(text.slice(start, end).replace(/[\s-]/g, ''))
    from = matcher.start() + 1
  }
  return [...codes]
}

/** A slot takes whole codes only: no digit or letter may go on beside it. */
function adjoins(text: string, start: number, end: number): boolean {
  return (
    /[\p{L}\p{N}_]$|[0-9][.,/-]$/u.test(text.slice(0, start).slice(-2)) ||
    /^(?:[\p{L}\p{N}_]|[.,/-][0-9])/u.test(text.slice(end, end + 2))
  )
}
