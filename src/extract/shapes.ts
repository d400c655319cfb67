import { type Found, findDigitGroups, findLetterGroups, findSpaced, NOTHING } from './groups.ts'
import { hasDigit, isAlnum, isCapitals, isDigits, isStuck, type Token, tokenise } from './tokens.ts'

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
  /** Without what only groups it. */
  readonly code: string
  readonly shown: string
  /** A brand's letter before the digits, as in `G-507316`. */
  readonly prefix?: string
  /** One group of a longer number. */
  readonly partial?: boolean
}

const MIN_LENGTH = 4
const MAX_LENGTH = 10
/** Bounds the work on hostile text; a message with more numbers is a table. */
const MAX_SIGHTINGS = 400

/** Finds everything in a masked text that has the outside of a code, without asking what it means. */
export function findSightings(masked: string): Sighting[] {
  const tokens = tokenise(masked)
  const sightings: Sighting[] = []
  let i = 0
  while (i < tokens.length && sightings.length < MAX_SIGHTINGS) {
    const { used, sightings: found } = isPlainWord(tokens[i]!.text) ? NOTHING : findAt(masked, tokens, i)
    for (const sighting of found) sightings.push(sighting)
    i += Math.max(used, 1)
  }
  return sightings
}

/** Nearly all of a message: nothing that begins with one of these has the outside of a code. */
const isPlainWord = (text: string): boolean => /^[A-Za-z]?[a-z]+$/.test(text) && /[aeiou]/.test(text)

/** What begins at a token: the first way of writing a code that fits. */
function findAt(text: string, tokens: readonly Token[], at: number): Found {
  const spaced = findSpaced(text, tokens, at)
  if (spaced.used > 0) return spaced
  const digits = findDigitGroups(text, tokens, at)
  if (digits.used > 0) return digits
  const letters = findLetterGroups(text, tokens, at)
  return letters.used > 0 ? letters : findSingle(text, tokens[at]!)
}

function findSingle(text: string, token: Token): Found {
  const shape = shapeOf(text, token)
  if (!shape || isStuck(text, token.start, token.end)) return NOTHING
  const { start, end, text: code } = token
  return { used: 1, sightings: [{ start, end, shape, code, shown: code }] }
}

function shapeOf(text: string, token: Token): Shape | null {
  const { text: code } = token
  if (code.length < 3 || code.length > MAX_LENGTH || !isAlnum(code)) return null
  if (isDigits(code)) return 'digits'
  if (code.length < MIN_LENGTH) return null
  if (hasDigit(code)) return isMeasure(code) ? null : 'letters and digits'
  return isOddWord(text, token) ? 'letters' : null
}

/** "100kWh", "24hr", "1st", "10min", "FY2026", "20h14". */
const isMeasure = (code: string): boolean =>
  /^\d+(?:st|nd|rd|th|er|re|e|eme|o|a|k?wh|kw|mw|hrs?|h|mins?|sec|am|pm|gb|mb|kb|px|pt|x|ft|km|mi|lbs?|kg|v|w|hz|ccf|mcf|gj|m3|btu|gal|yrs?|mo|days?)$/i.test(
    code,
  ) ||
  /^(?:FY|Q\d|CY|ISO|SOC|IPV|WIN|IOS|MP|COVID)\d+$/i.test(code) ||
  /^\d{1,2}h\d{2}$/i.test(code)

/** Words that mail sets in capitals; none of them is a code. */
const CAPITAL_WORDS = new Set(
  'CODE CODES PASSCODE PASSWORD TOKEN HERE BELOW ABOVE NEVER ONLY VALID INVALID EXPIRED EXPIRES USED THIS THAT YOUR YOURS WITH FROM NOTE PLEASE IMPORTANT NOTICE ALERT WARNING CAUTION EXTERNAL SECURE SECURITY CONFIDENTIAL VERIFY VERIFIED LOGIN SIGN STOP HELP REPLY TEXT CALL CLICK ENTER TYPE ACCOUNT NUMBER EMAIL MAIL WATER POWER ENERGY ELECTRIC LIGHT UTILITY UTILITIES COUNTY CITY TOWN DISTRICT SERVICE SERVICES CUSTOMER MEMBER SUBJECT ORIGINAL MESSAGE FORWARDED VOTRE NOUS VOUS POUR AVEC AVIS ATTENTION IMPORTANT URGENT SECURITE COMPTE CLIENT ENERGIE SERVICIO AVISO IMPORTANTE CUENTA CLIENTE CODIGO CLAVE SEGURIDAD ENERGIA NUNCA PARA MINUTES MINUTOS TODAY PENDING APPROVED ACTIVE CONFIRM CONFIRMED CONFIRMATION SUCCESS FAILED ERROR DEAR HELLO THANKS REGARDS HTML NULL NONE TEST'.split(
    ' ',
  ),
)

/** Letters can be a code only in capitals, amid small letters or alone on their line. */
function isOddWord(text: string, token: Token): boolean {
  // Nor is a run of small letters without a vowel a word.
  if (/^[bcdfghjklmnpqrstvwxz]{5,8}$/.test(token.text)) return true
  if (!isCapitals(token.text) || CAPITAL_WORDS.has(token.text)) return false
  const before = text.slice(Math.max(0, token.start - 80), token.start)
  const after = text.slice(token.end, token.end + 80)
  const around = before.slice(before.lastIndexOf('\n') + 1) + after.split('\n', 1)[0]
  return !/[A-Za-z]/.test(around) || /[a-z]{2}/.test(around)
}
