import { lastBefore, type Mention } from './mentions.ts'
import type { Sighting } from './shapes.ts'

/** How far in front of a phrase the number stands that it describes. */
const REACH = 50
/** Readings of one place, as a whole and in groups. */
const OVERLAPS = 4
const IS = /^["'»”)*]{0,2}\s?(?:is|est|es|sera|=|-)\s(?:[\w'’.&-]{1,15}\s){0,4}$/

/**
 * Phrases that were said of a number before them ("482913 is your one-time code"), with that number's code: they
 * name no other.
 */
export function takenMentions(
  folded: string,
  mentions: readonly Mention[],
  sightings: readonly Sighting[],
): ReadonlyMap<Mention, string> {
  const taken = new Map<Mention, string>()
  for (const mention of mentions) {
    const last = lastBefore(sightings, mention.start)
    for (let i = last; i >= 0 && i > last - OVERLAPS; i -= 1) {
      const { end, code } = sightings[i]!
      if (mention.start - end > REACH) break
      if (IS.test(folded.slice(end, mention.start))) taken.set(mention, code)
    }
  }
  return taken
}
