import { KEEP_SECRET, LIFETIME, NOT_YOU, SIGN_IN } from './lexicon.ts'
import { maskAddresses } from './mask.ts'
import { type Command, findCommands, findMentions, type Mention } from './mentions.ts'
import { findSightings, type Sighting } from './shapes.ts'
import { fold } from './visible-text/characters.ts'
import { lineAt, type Page } from './visible-text/page.ts'
import { type BoundCode, findBoundCode } from './webotp.ts'

/** What a message says about a code without naming it. */
export type Furniture = {
  readonly lifetime: boolean
  readonly secrecy: boolean
  readonly notYou: boolean
  readonly signIn: boolean
}

/** A page with everything that evidence is drawn from, found once. */
export type Reading = {
  readonly page: Page
  readonly folded: string
  /** The first line is the subject. */
  readonly hasSubject: boolean
  readonly mentions: readonly Mention[]
  readonly commands: readonly Command[]
  readonly sightings: readonly Sighting[]
  readonly bound: BoundCode | null
  readonly furniture: Furniture
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
  const page = hasSubject ? withSubject(body, subject.trim().replace(/\s+/g, ' ')) : body
  const folded = fold(page.text)
  const bound = findBoundCode(page.text)
  const masked = maskAddresses(bound ? page.text.slice(0, bound.start - 1) : page.text)
  return {
    page,
    folded,
    hasSubject,
    mentions: findMentions(folded),
    commands: findCommands(folded),
    sightings: bound ? [...findSightings(masked), boundSighting(bound)] : findSightings(masked),
    bound,
    furniture: {
      lifetime: LIFETIME.test(folded),
      secrecy: KEEP_SECRET.test(folded),
      notYou: NOT_YOU.test(folded),
      signIn: SIGN_IN.test(folded),
    },
  }
}

/** The code in a web-OTP line is a sighting wherever the line stands. */
const boundSighting = ({ code, start, end }: BoundCode): Sighting => ({
  start,
  end,
  code,
  shown: code,
  shape: /^[0-9]+$/.test(code) ? 'digits' : /[0-9]/.test(code) ? 'letters and digits' : 'letters',
})

export const lineOf = (reading: Reading, offset: number): number => lineAt(reading.page, offset)
