import { OTHER_BUSINESS, PAYMENT } from './cue-weight.ts'
import { DEADLINE, KEEP_SECRET, NOT_YOU, SIGN_IN } from './lexicon.ts'
import { maskAddresses } from './mask.ts'
import { type Command, findCommands, findMentions, type Mention } from './mentions.ts'
import { findSightings, type Sighting } from './shapes.ts'
import { statedLengths } from './stated-length.ts'
import { takenMentions } from './taken.ts'
import { findLifetime } from './validity.ts'
import { fold } from './visible-text/characters.ts'
import { lineAt, type Page } from './visible-text/page.ts'
import { type BoundCode, findBoundCode } from './webotp.ts'

/** What a message says about a code without naming it. */
export type Furniture = {
  readonly lifetime: boolean
  readonly secrecy: boolean
  readonly notYou: boolean
  readonly signIn: boolean
  /** Payments, parcels, bargains, visits: where numbers of other kinds abound. */
  readonly business: boolean
}

/** Whether anything is said that goes with codes and hardly ever with other numbers. */
export const speaksOfCode = ({ signIn, lifetime, secrecy, notYou }: Furniture): boolean =>
  signIn || lifetime || secrecy || notYou

/** A page with everything that evidence is drawn from, found once. */
export type Reading = {
  readonly page: Page
  readonly folded: string
  /** The first line is the subject. */
  readonly hasSubject: boolean
  readonly mentions: readonly Mention[]
  readonly commands: readonly Command[]
  readonly sightings: readonly Sighting[]
  /** Phrases that belong to a number before them, with its code. */
  readonly taken: ReadonlyMap<Mention, string>
  readonly bound: BoundCode | null
  readonly furniture: Furniture
  /** Of how many characters the message says its code is. */
  readonly lengths: ReadonlySet<number>
}

/** Puts the subject on top of a page, as a line like any other. */
export function withSubject(page: Page, subject: string): Page {
  const shift = subject.length + 1
  const look = page.runs[0]!.look
  const lines = page.lines.map((line) => ({ ...line, start: line.start + shift, end: line.end + shift }))
  return {
    ...page,
    text: `${subject}\n${page.text}`,
    lines: [{ start: 0, end: subject.length, quote: 0 }, ...lines],
    runs: [
      {
        at: 0,
        look: {
          ...look,
          size: page.bodySize,
          bold: false,
          spaced: false,
          boxed: false,
          link: false,
        },
      },
      ...page.runs.map((run) => ({ at: run.at + shift, look: run.look })),
    ],
  }
}

/** Finds phrases, commands and number-like runs in a page. */
export function readPage(body: Page, subject: string | null): Reading {
  const hasSubject = subject !== null && subject.trim() !== ''
  const whole = hasSubject ? withSubject(body, subject.trim().replace(/\s+/g, ' ')) : body
  const page = { ...whole, text: withoutLeaders(whole.text) }
  const folded = fold(page.text)
  const bound = findBoundCode(page.text)
  const masked = maskAddresses(bound ? page.text.slice(0, bound.start - 1) : page.text)
  const keeps = KEEPS_HYPHENS.test(folded)
  const sightings = findSightings(masked).map((s) =>
    keeps && /^[A-Za-z0-9-]+$/.test(s.shown) ? { ...s, code: s.shown } : s,
  )
  const mentions = findMentions(folded)
  return {
    page,
    folded,
    hasSubject,
    mentions,
    taken: takenMentions(folded, mentions, sightings),
    commands: findCommands(folded),
    sightings: bound ? [...sightings, boundSighting(bound)] : sightings,
    bound,
    furniture: {
      lifetime: findLifetime(folded) !== null || DEADLINE.test(folded),
      secrecy: KEEP_SECRET.test(folded),
      notYou: NOT_YOU.test(folded),
      signIn: SIGN_IN.test(folded),
      business: OTHER_BUSINESS.test(folded) || PAYMENT.test(folded),
    },
    lengths: statedLengths(folded),
  }
}

/** "Type it with the hyphens" */
const KEEPS_HYPHENS =
  /\b(?:as shown|exactly|as written),? (?:with|including) (?:the |its |all )?(?:hyphens?|dash(?:es)?)\b|\b(?:keep|include) the (?:hyphens?|dashes)\b|\btirets? compris\b|\bguion(?:es)? incluidos?\b/
/** `Meter ....... 482913`: a row of dots that leads from a label to its value says what a colon says. */
const withoutLeaders = (text: string): string =>
  text.replace(LEADER, (dots) => `:${' '.repeat(dots.length - 1)}`)
const LEADER =
  /(?<=\p{L}[ \t])[.·_]{3,200}(?= ["'(]?[\p{N}A-Z])|(?<=\p{L})(?:[.·_]{4,200}(?= [\p{N}A-Z])|[.·_]{6,200}(?=[\p{N}A-Z]))/gu

/** The code in a web-OTP line is a sighting wherever the line stands. */
const boundSighting = ({ code, start, end }: BoundCode): Sighting => ({
  start,
  end,
  code,
  shown: code,
  shape: /^[0-9]+$/.test(code) ? 'digits' : /[0-9]/.test(code) ? 'letters and digits' : 'letters',
})

export const lineOf = (reading: Reading, offset: number): number => lineAt(reading.page, offset)
