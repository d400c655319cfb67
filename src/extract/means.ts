import { SIGN_IN } from './lexicon.ts'
import { lastBefore, type Mention } from './mentions.ts'
import type { Reading } from './reading.ts'
import { isCue, NEAR, SENTENCE_BREAK } from './relations.ts'
import type { Sighting } from './shapes.ts'

/** "to sign in to your account: 482913", "your code for this account is 482913": the noun is not a label. */
export function isMeansTo(mention: Mention, gap: string, reading: Reading, s: Sighting): boolean {
  if (!/[:=>-]|\b(?:is|est|es|use|enter|type|below)\b/.test(gap)) return false
  // "To finish creating your account enter 482913": what follows a verb is the verb's.
  if (TOLD_NOW.test(gap) || isPurposeOfCode(reading, mention, gap)) return true
  const lead = reading.folded.slice(Math.max(0, mention.start - 60), mention.start)
  if (
    !/\b(?:to|into|for|of|your|my|this|the|with|on|from|au|a|votre|de|du|pour|sur|su|tu|para|en|la|el|online|energy|gas|power|electric|water)\s+$/.test(
      lead,
    )
  )
    return false
  const i = lastBefore(reading.mentions, mention.start)
  if (SIGN_IN.test(lead)) return true
  for (let at = i; at >= 0 && reading.mentions[at]!.end > s.start - NEAR; at -= 1) {
    const earlier = reading.mentions[at]!
    if (SENTENCE_BREAK.test(reading.folded.slice(earlier.end, s.start))) return false
    if (isCue(earlier)) return true
  }
  return false
}

/** "Your code to unlock your Example Gas account is 482913": the noun belongs to what the code is for. */
function isPurposeOfCode({ mentions, folded }: Reading, noun: Mention, gap: string): boolean {
  const cue = mentions[lastBefore(mentions, noun.start)]
  if (!cue || !isCue(cue) || cue.start < noun.start - NEAR || !/^(?: (?:is|est|es)\b|\s?:)/.test(gap))
    return false
  return /^[^,;:.!?\n\d]{0,60} (?:to|for|pour|para) [^,;:.!?\n\d]{0,80}$/.test(
    folded.slice(cue.start, noun.start),
  )
}

const TOLD_NOW = /\b(?:use|enter|type)\s["'«“(]{0,2}$/
