import { cueWeight } from './cue-weight.ts'
import type { Add } from './evidence.ts'
import { INPUT_PLACE, SIGN_IN } from './lexicon.ts'
import { type Place, spokenLine } from './place.ts'
import type { Reading } from './reading.ts'
import { isCue, isTaken } from './relations.ts'
import type { Sighting } from './shapes.ts'

/** A cue elsewhere in the message, or in its subject. */
export function weighFarCue(reading: Reading, s: Sighting, place: Place, add: Add): void {
  const cues = reading.mentions.filter((mention) => isCue(mention) && !isTaken(reading, mention, s))
  const strong = cues.find((mention) => mention.kind === 'strong')
  const cue = strong ?? cues.find((mention) => cueWeight(reading, { bond: 'named', mention }) > 3)
  if (
    place.inSubject &&
    /\b(?:subject(?! to (?:change|the|our|terms|availab))|objet|asunto)\b/.test(
      reading.folded.slice(reading.page.lines[0]!.end),
    )
  )
    add(2.5, 'the text points to the subject')
  if (!cue) {
    weighHeading(reading, place, add)
    return
  }
  const subjectEnd = reading.hasSubject ? reading.page.lines[0]!.end : 0
  const inSubject = cues.some(
    (mention) => mention.start < subjectEnd && (mention.kind === 'strong' || mention === cue),
  )
  const base = strong ? 2.6 : 1.6
  const near = Math.abs(cue.start - s.start) < 400 ? 0.4 : 0
  const prominent = place.alone || place.inSubject ? 1 : 0
  add(base + near + prominent, `the ${inSubject ? 'subject' : 'message'} speaks of "${cue.phrase}"`)
}

/** A subject that is nothing but the number, and a text that points to it. */
function weighSubject(place: Place, add: Add): void {
  if (!place.inSubject || !place.alone) return
  add(1.5, 'is all that the subject says')
}

/** No word for code anywhere, but a number alone under a heading about signing in. */
function weighHeading(reading: Reading, place: Place, add: Add): void {
  weighSubject(place, add)
  if (!place.alone || place.inSubject) return
  const above = spokenLine(reading, place.line, -1)
  const below = spokenLine(reading, place.line, 1)
  const subject = reading.hasSubject ? reading.folded.slice(0, reading.page.lines[0]!.end) : ''
  if (SIGN_IN.test(above)) add(2.6, 'stands under a line about signing in')
  else if (SIGN_IN.test(below)) add(2.2, 'stands above a line about signing in')
  else if (INPUT_PLACE.test(above) || INPUT_PLACE.test(below))
    add(1.5, 'the line beside it is about a page or a field')
  else if (SIGN_IN.test(subject)) add(1.8, 'the subject is about signing in')
}
