import { PRONOUN_BEFORE } from './lexicon.ts'
import { isMeansTo } from './means.ts'
import { lastBefore, type Mention } from './mentions.ts'
import { type Label, labelsOf, lastMentionIn, type Place, tileOf } from './place.ts'
import type { Reading } from './reading.ts'
import type { Sighting } from './shapes.ts'

/** How closely a phrase names a sighting. */
export type Bond =
  /** "verification code is 482913" */
  | 'named'
  /** "482913 is your verification code" */
  | 'described'
  /** the label of its cell, its column or the line above */
  | 'labelled'
  /** somewhere in the line or paragraph right above */
  | 'introduced'
  /** in the line below */
  | 'explained'
  /** in the same sentence */
  | 'beside'

export type Relation = { readonly bond: Bond; readonly mention: Mention }

export const FILLERS = new Set(
  'is was are be will the a an this these that below here now number no num following follows as your our one new current full numeric digit digits it and use enter type de la le les est sont sera el los es son su tu votre vos ce cet suivant suivante siguiente siguientes unique unico ci-dessous ci-apres voici aqui abajo continuacion a of to for in with ending file on id s n° nº nueva nuevo nouveau nouvel temporary instead just simply please now only rather plutot simplement seulement maintenant mejor solo ahora temporaire unique numerique confidentiel secret personnel temporal unico numerico secreto personal confidential personal private secure'.split(
    ' ',
  ),
)
/** Nouns that a number follows at once: "token 482913", "use release number 62847". */
const HELD =
  /^(?:token|jeton|passkey|llave|cle|verification|authentication|password|contrasena|mot de passe|challenge|verify|verif|verifica|reset|connexion|authentification|autenticacion|inicio de sesion|acces temporaire|acceso temporal|auth|log-?in|log-?on|sign-?in|sign-?on)\b|\b(?:number|digits|figures|characters|letters)$/
export const SENTENCE_BREAK = /[.!?…]["')\]»”]?\s/
/** `OTP:663092;ph:9285550147`: the second number has a label of its own. */
const OWN_LABEL = /[;|]\s?[\p{L} ]{1,20}[:=]\s?$/u
export const NEAR = 140

/** Words of a gap without punctuation. */
export const wordsOf = (gap: string): string[] => gap.split(/[^\p{L}\p{N}°º]+/u).filter((word) => word !== '')
export const isTight = (gap: string): boolean => {
  const words = wordsOf(gap)
  return words.length <= 7 && words.every((word) => FILLERS.has(word))
}
/** "code for your account is 482913", "use this code to go on: 482913". */
const leadsTo = (gap: string): boolean =>
  /(?:[:=>]|\b(?:is|are|est|es|sera|below|use|enter|type|ci-dessous|suivant|siguiente)(?: (?:the|le|la|el))?)[\s"'«“(*[#-]{0,4}$/.test(
    gap,
  )

export const isCue = (mention: Mention): boolean =>
  mention.kind === 'strong' ||
  mention.kind === 'plain' ||
  mention.kind === 'doubtful' ||
  mention.kind === 'vague'
const isLabel = (mention: Mention): boolean => mention.kind === 'number' || mention.kind === 'bare'

/** The closest phrase that names a sighting from the left, within its sentence. */
export function namedBy(reading: Reading, s: Sighting, place: Place): Relation | null {
  const { mentions, folded, page } = reading
  const floor = Math.max(page.lines[place.line]!.start, s.start - NEAR)
  let beside: Relation | null = null
  for (let i = lastBefore(mentions, s.start); i >= 0 && mentions[i]!.end > floor; i -= 1) {
    const mention = mentions[i]!
    const gap = folded.slice(mention.end, s.start)
    if (mention.start < floor || SENTENCE_BREAK.test(gap) || OWN_LABEL.test(gap) || gap.includes('\t')) break
    const relation = bondOf(mention, gap, reading, s)
    if (relation === 'named') return { bond: 'named', mention }
    if (relation === 'beside') beside ??= { bond: 'beside', mention }
  }
  return beside
}

function bondOf(mention: Mention, gap: string, reading: Reading, s: Sighting): Bond | null {
  const taken = /\d{3}/.test(gap)
  if (mention.kind === 'bare')
    return !taken && isTight(gap) && !isMeansTo(mention, gap, reading, s) ? 'named' : null
  if (mention.kind === 'number') return !taken && isTight(gap) ? 'named' : null
  if (mention.kind === 'other') return taken ? null : isTight(gap) || leadsTo(gap) ? 'named' : 'beside'
  if (mention.kind === 'vague') {
    const held = HELD.test(mention.phrase) && isTight(gap) && !gap.includes('(')
    return !taken && (held || leadsTo(gap)) ? 'named' : 'beside'
  }
  if (leadsTo(gap) || (!taken && isTight(gap))) return 'named'
  return 'beside'
}

/** The phrase that says after a sighting what it is. */
export function describedBy(reading: Reading, s: Sighting, place: Place): Relation | null {
  const { mentions, folded } = reading
  // "your 4Sure security code": a name.
  if (s.shape === 'letters and digits' && /\b(?:your|votre|su|tu)\s$/.test(place.foldedBefore)) return null
  const end = s.end + Math.min(place.sentenceAfter.length, 110)
  for (let i = lastBefore(mentions, s.end) + 1; i < mentions.length && mentions[i]!.start < end; i += 1) {
    const mention = mentions[i]!
    if (mention.start < s.end) continue
    const gap = folded.slice(s.end, mention.start)
    if (/\d{3}/.test(gap)) return null
    const says =
      /^["'»”)\]*.]{0,2}\s{0,2}(?:(?:is|are|as|est|es|sera|comme|como|was|to be|being)\b|(?:[-:=(>]\s?(?:is |est |es )?(?:your|votre|su|tu|the|le|el|\w{1,20})|,\s?(?:your|votre|su|tu)\b))/.test(
        gap + folded.slice(mention.start, mention.start + 2),
      )
    if (isLabel(mention) || mention.kind === 'other') {
      if (mention.kind === 'bare' && !/^ (?:as|comme|como)\b/.test(gap)) continue
      // "as Example Gas account security code": not the noun that the others go with.
      if (mention.kind === 'bare' && mentions[i + 1]?.start === mention.end + 1 && isCue(mentions[i + 1]!))
        continue
      // "482913 (Ref# 884120)": the label has a number of its own.
      if (leadsElsewhere(reading, mention, s)) return null
      return says && wordsOf(gap).length <= 5 && /\b(?:is|est|es|as|comme|como)\b|\(/.test(gap)
        ? { bond: 'described', mention }
        : null
    }
    if (leadsElsewhere(reading, mention, s)) return null
    return { bond: says || isTight(gap) ? 'described' : 'beside', mention }
  }
  return null
}

/** Whether a phrase is followed by a number of its own, so that it speaks for that one. */
export function leadsElsewhere(reading: Reading, mention: Mention, than: Sighting): boolean {
  for (const other of reading.sightings) {
    if (other.start < mention.end) continue
    if (other.start > mention.end + 60) return false
    if (other.start === than.start || other.code === than.code) continue
    const gap = reading.folded.slice(mention.end, other.start)
    if (lastMentionIn(reading, mention.end, other.start)) return false
    return !SENTENCE_BREAK.test(gap) && other.shape !== 'letters' && (isTight(gap) || leadsTo(gap))
  }
  return false
}

/** Whether a phrase was said of another number, and so names this one not. */
export const isTaken = (reading: Reading, mention: Mention, than: Sighting): boolean => {
  const code = reading.taken.get(mention)
  return code !== undefined && code !== than.code
}

/** What the label beside or above says. The nearest that says anything counts. */
export function labelledBy(reading: Reading, s: Sighting, place: Place): Relation | null {
  if (!place.leads) return null
  for (const label of labelsOf(reading, s, place)) {
    const relation = readLabel(reading, s, place, label)
    if (relation) return relation
    if (label.kind === 'line' && holdsOther(reading, s, label)) return null
  }
  return null
}

function readLabel(reading: Reading, s: Sighting, place: Place, label: Label): Relation | null {
  const mention = lastMentionIn(reading, label.start, label.end)
  if (!mention) return null
  const text = reading.folded.slice(label.start, label.end)
  const rest = reading.folded.slice(mention.end, label.end)
  const ends = isTight(rest) || (leadsTo(rest) && label.kind !== 'line')
  // "Your number code for My Account:" speaks of the code.
  const before = mention.kind === 'bare' ? introducedBy(reading, s, place, label) : null
  if (before && !SENTENCE_BREAK.test(reading.folded.slice(before.mention.end, mention.start))) return before
  if (isLabel(mention) || mention.kind === 'other') {
    const names = isTight(rest) && wordsOf(lastSentence(text)).length <= 6
    if (names && (label.kind !== 'line' || (place.alone && label.distance === 1)))
      return { bond: 'labelled', mention }
    return before
  }
  if (leadsElsewhere(reading, mention, s) || isTaken(reading, mention, s)) return null
  if (label.kind !== 'line') return { bond: 'labelled', mention }
  if (label.distance === 1 && (ends || /:\s*$/.test(text))) return { bond: 'labelled', mention }
  return { bond: 'introduced', mention }
}

const lastSentence = (text: string): string =>
  text
    .trim()
    .split(/[.!?…]["')\]»”]?\s/)
    .at(-1)!

/** A line above whose last noun is no cue, but which speaks of a code before it. */
function introducedBy(reading: Reading, s: Sighting, place: Place, label: Label): Relation | null {
  for (let i = lastBefore(reading.mentions, label.end); i >= 0; i -= 1) {
    const mention = reading.mentions[i]!
    if (mention.start < label.start) return null
    if (isCue(mention) && !leadsElsewhere(reading, mention, s) && !isTaken(reading, mention, s)) {
      const text = reading.folded.slice(label.start, label.end)
      const bond = place.alone && label.distance === 1 && /:\s*$/.test(text) ? 'labelled' : 'introduced'
      return { bond, mention }
    }
  }
  return null
}

/** Whether a label belongs to a number like this one that stands in the same line. */
const holdsOther = (reading: Reading, s: Sighting, label: Label): boolean =>
  reading.sightings.some(
    (other) =>
      other.start >= label.start &&
      other.end <= label.end &&
      other.code !== s.code &&
      other.shape === s.shape &&
      other.code.length === s.code.length,
  )

/** A cue in the line right below, as in a big number with its name under it. */
export function explainedBy(reading: Reading, s: Sighting, place: Place): Relation | null {
  if (!place.alone) return null
  const below = reading.page.lines[place.line + 1]
  if (!below || tileOf(reading, place.line)) return null
  for (let i = lastBefore(reading.mentions, below.start) + 1; i < reading.mentions.length; i += 1) {
    const mention = reading.mentions[i]!
    if (mention.start >= below.end) return null
    // "482913" and below it "is the event number".
    if (
      isLabel(mention) &&
      /^(?:is|est|es) (?:\w{1,5} )?$/.test(reading.folded.slice(below.start, mention.start))
    )
      return { bond: 'explained', mention }
    if (mention.start >= below.start && isCue(mention) && !leadsElsewhere(reading, mention, s))
      return { bond: 'explained', mention }
  }
  return null
}

/** "We never ask for your code. The one you asked for is 482913": named by a word that stands for the code. */
export function referredTo(reading: Reading, s: Sighting, place: Place): Relation | null {
  if (!PRONOUN_BEFORE.test(place.sentenceBefore)) return null
  for (
    let i = lastBefore(reading.mentions, s.start);
    i >= 0 && reading.mentions[i]!.end > s.start - 260;
    i -= 1
  ) {
    const mention = reading.mentions[i]!
    const short = place.sentenceBefore.trim().length <= 14
    if (short && isLabel(mention) && !/\d{3}/.test(reading.folded.slice(mention.end, s.start)))
      return { bond: 'named', mention }
    if (isCue(mention)) return leadsElsewhere(reading, mention, s) ? null : { bond: 'named', mention }
  }
  return null
}
