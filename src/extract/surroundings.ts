import { OTHER_BUSINESS } from './cue-weight.ts'
import type { Add } from './evidence.ts'
import { COMMAND, DEADLINE, INPUT_PLACE, KEEP_SECRET, LIFETIME, NOT_YOU, SIGN_IN } from './lexicon.ts'
import { labelsOf, type Place } from './place.ts'
import type { Reading } from './reading.ts'
import { isCue } from './relations.ts'
import { NOUN_IS } from './setting.ts'
import type { Sighting } from './shapes.ts'
import { fold } from './visible-text/characters.ts'
import { lineText } from './visible-text/page.ts'

/** Weighs what else is around a number. */
export function weighSurroundings(
  reading: Reading,
  s: Sighting,
  place: Place,
  named: boolean,
  add: Add,
): void {
  if (!named && OTHER_BUSINESS.test(place.sentenceBefore + place.sentenceAfter))
    add(-3, 'the sentence is about something else')
  if (/#\s?$/.test(place.before) && !named) add(-1.5, 'is a number after #')
  if (!named && hasOwnLabel(place)) add(-4.5, 'has a label of its own')
  else if (
    !named &&
    (followsNoun(place) || NOUN_IS.test(place.sentenceBefore) || OBJECT_OF.test(place.sentenceBefore))
  )
    add(-2.5, 'has a label of its own')
  else if (!named && isUnderLabel(place)) add(-3, 'stands under a label of its own')
  if (!named && hasOwnHead(reading, s, place)) add(-4.5, 'stands in a column of something else')
  if (KEPT.test(place.sentenceAfter)) add(-6, 'is to be kept')
  if (s.shape === 'letters') return
  const rest = wordsBeside(reading, s)
  if (rest === 0) add(s.code.length === 6 ? 5 : 4, 'is all that the message says')
  else if (
    rest <= (place.alone ? 8 : 3) &&
    !reading.furniture.business &&
    (isUsual(reading, s) || (reading.furniture.signIn && rest <= 3 && s.code.length > 3))
  ) {
    add(
      s.code.length === 6 ? 2.8 : rest <= 3 && isUsual(reading, s) ? 3.4 : 2,
      'is nearly all that the message says',
    )
  }
  if (!named && !place.aloneInCell && isOwnSentence(place)) {
    const after = SIGN_IN.test(place.foldedBefore.slice(-120))
    const told = reading.mentions.some((m) => isCue(m) && m.end <= s.start && m.end > s.start - 80)
    add(after ? 3.8 : told ? 3 : 1, `is a sentence by itself${after ? ' after one about signing in' : ''}`)
  }
}

/** Between full stops, dashes or bars. */
const isOwnSentence = ({ sentenceBefore, sentenceAfter }: Place): boolean =>
  !/[\p{L}\p{N}]/u.test(sentenceBefore.split(/\s[-|]\s/).at(-1)!) &&
  !/[\p{L}\p{N}]/u.test(sentenceAfter.split(/\s[-|]\s/, 1)[0]!)

/** The line of a number or the one above is about shopping, doors or parcels. */
export function isElsewhere(reading: Reading, place: Place): boolean {
  const lines = `${fold(lineText(reading.page, place.line - 1).slice(0, 200))} ${place.sentenceBefore} ${place.sentenceAfter}`
  return OTHER_BUSINESS.test(lines) && !SIGN_IN.test(lines)
}

/** "Stmt  2291", "Roll: 40117": a label that names no code. The first line may begin with a brand. */
function hasOwnLabel(place: Place): boolean {
  const cells = place.before.split('\t')
  const label = cells.length > 1 && place.aloneInCell ? cells.at(-2)! : place.line > 1 ? cells.at(-1)! : ''
  if (cells.length === 1 && !/:\s*$/.test(label)) return false
  if (TOLD_TO.test(fold(label))) return false
  return /\p{L}/u.test(label) && !/\d/.test(label) && label.trim().split(/\s+/).length <= 4
}

/** "Orden de trabajo:" and the number below it: two nouns or more that are no code, and that tell nobody anything. */
const isUnderLabel = ({ alone, inSubject, previousLine }: Place): boolean =>
  alone &&
  !inSubject &&
  /^\W{0,3}\p{L}[\p{L}'’.-]{2,19}(?: \p{L}[\p{L}'’.-]{0,19}){0,3}\s?:\s*$/u.test(previousLine) &&
  !SAYS_SOMETHING.test(previousLine)
const SAYS_SOMETHING = new RegExp(
  `${COMMAND.source}|${SIGN_IN.source}|${INPUT_PLACE.source}|\\b(?:here|this|these|it|is|are|you|your|yours|for|number|digits|figures|characters|letters|secret|magic|word|key|password|hi|hello|dear|bonjour|hola|estimad[oa]s?|cher|chere|voici|ceci|ces|est|vous|votre|ton|ta|pour|chiffres|nombre|numero|cle|sesame|aqui|esto|este|estos|es|su|tu|para|clave|llave|cifras|digitos|go|there|done|step|etape|paso)\\b`,
)
/** "to read message 482913", "on for line 4410" */
const OBJECT_OF =
  /\b(?:read|see|view|keep|check|download|review|about|regarding|for|lire|voir|leer|ver) (?:(?:the|your|le|la|el|su|tu|votre) )?(?!(?:number|digits?|characters|letters|code)\b)[a-z]{3,15}\s$/
/** What is kept is no code for once. */
const KEPT =
  /\bkeep (?:it|this)(?: \w{1,10})? (?:for|in|with|among) (?:your|our) (?:files?|records?|papers)\b|\bconservez-l[ea]\b|\b(?:guarde|conserve)l[oa]\b/
const TOLD_TO = new RegExp(COMMAND.source)

/** The head of its column names something, and no code. */
const hasOwnHead = (reading: Reading, s: Sighting, place: Place): boolean =>
  labelsOf(reading, s, place).some(
    ({ kind, start, end }) =>
      kind === 'column' && !reading.mentions.some((m) => isCue(m) && m.start >= start && m.end <= end),
  )

/** "Notice 482913", "Batch 4411": one word and a number, somewhere below the first line. */
const followsNoun = (place: Place): boolean =>
  (place.line > 1 || place.foldedBefore.length > place.sentenceBefore.length) &&
  !TOLD_TO.test(place.sentenceBefore) &&
  /^\W{0,3}\p{L}{3,20}(?: \p{L}{2,20})?\s#?$/u.test(place.sentenceBefore)

/** "Expires in 5 min", "don't share it" go with any code; how a letter begins and ends goes with anything. */
const withoutFurniture = (folded: string): string =>
  [LIFETIME, DEADLINE, KEEP_SECRET, NOT_YOU, OPENING, CLOSING].reduce(
    (text, phrase) => text.replace(phrase, ' '),
    folded,
  )
const OPENING =
  /^\s*(?:hi|hello|dear|good (?:morning|afternoon|evening)|bonjour|hola|estimad[oa]s?|buen[oa]s (?:dias|tardes))\b[^\n\d]{0,40}[,:!.]?\s*\n/
const CLOSING =
  /\n\s*(?:(?:best |kind |warm )?regards|thanks|thank you|sincerely|cheers|yours|cordialement|merci|salutations|bien a vous|saludos|gracias|atentamente)\b[^\d]{0,120}$/

/** Six digits, or as many as you like where the message speaks of what is said of codes alone. */
const isUsual = ({ furniture }: Reading, s: Sighting): boolean =>
  s.code.length === 6 || (s.code.length > 3 && (furniture.lifetime || furniture.secrecy || furniture.notYou))

/** How many words the body has beside the number; many when it is not short. */
function wordsBeside(reading: Reading, s: Sighting): number {
  const bodyStart = reading.hasSubject ? (reading.page.lines[1]?.start ?? 0) : 0
  if (s.start < bodyStart || reading.page.text.length - bodyStart > 200) return Number.POSITIVE_INFINITY
  const rest = `${reading.folded.slice(bodyStart, s.start)} ${reading.folded.slice(s.end)}`
  return withoutFurniture(rest).match(/[\p{L}\p{N}]+/gu)?.length ?? 0
}
