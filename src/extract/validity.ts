import { LIFETIME } from './lexicon.ts'
import { allMatches } from './matches.ts'

const NUMBERS: Readonly<Record<string, number>> = {
  ...{
    a: 1,
    an: 1,
    one: 1,
    two: 2,
    three: 3,
    five: 5,
    ten: 10,
    fifteen: 15,
    twenty: 20,
    thirty: 30,
    sixty: 60,
  },
  ...{ un: 1, une: 1, deux: 2, trois: 3, cinq: 5, dix: 10, quinze: 15, vingt: 20, trente: 30 },
  ...{ uno: 1, una: 1, dos: 2, tres: 3, cinco: 5, diez: 10, quince: 15, veinte: 20, treinta: 30 },
}
const SHORTEST = 30
const LONGEST = 86_400

/** What lives for a while and is no code. */
const OTHER_LIFE =
  /\b(?:link|button|lien|bouton|enlace|boton|offer|offre|oferta|invitation|invitacion|quote|permit|plan|coupon|voucher)\b/
const OF_CODE = /\b(?:codes?|codigos?|passcode|pin|otp|nip|clave)\b/
const EVERY_LIFETIME = new RegExp(LIFETIME, 'g')
/** Bounds the work on a text that is all lifetimes. */
const MAX_LIFETIMES = 8

/** Where a (folded) text says how long a code lives; the lifetime of a link or an offer is not meant. */
export function findLifetime(folded: string): RegExpExecArray | null {
  for (const match of allMatches(folded, EVERY_LIFETIME, MAX_LIFETIMES)) {
    const lead = folded.slice(Math.max(0, match.index - 60), match.index + match[0].length)
    const clause = lead.split(/[.!?\n]\s*(?=.)/).at(-1)!
    if (!OTHER_LIFE.test(clause) || OF_CODE.test(clause)) return match
  }
  return null
}

/** How long a code lives according to the (folded) text, if it says so. */
export function readLifetime(folded: string): number | undefined {
  const match = findLifetime(folded)
  if (!match) return undefined
  const amount = match[1] ?? match[2]!
  const number = NUMBERS[amount] ?? Number(amount)
  const unit = /(sec|seg|min|mn|h|day|jour|dia)[a-z]*$/.exec(
    match[0].replace(/\b(?:before|until|to|pour|para)\b.*$/, '').trim(),
  )?.[1]
  const seconds =
    number *
    (unit === 'sec' || unit === 'seg'
      ? 1
      : unit === 'min' || unit === 'mn'
        ? 60
        : unit === 'h'
          ? 3600
          : 86_400)
  return Number.isFinite(seconds) ? Math.min(LONGEST, Math.max(SHORTEST, seconds)) : undefined
}
