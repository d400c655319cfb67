import {
  BARE_LABEL,
  COMMAND,
  DOUBTFUL_CUE,
  NUMBER_LABEL,
  OTHER_CODE,
  PLAIN_CUE,
  STRONG_CUE,
  THING,
  VAGUE_CUE,
} from './lexicon.ts'
import { allMatches } from './matches.ts'

/**
 * What a phrase says of the number it belongs to:
 * `strong` a login code and nothing else; `plain` some code; `doubtful` a confirmation of something; `vague` a number or
 * word that may be one;
 * `other` a code that is no login code; `number` an account, case or invoice number and the like;
 * `bare` the same without the word "number".
 */
export type MentionKind = 'strong' | 'plain' | 'doubtful' | 'vague' | 'other' | 'number' | 'bare'

export type Mention = {
  readonly kind: MentionKind
  readonly start: number
  readonly end: number
  /** The phrase as it stands in the (folded) text. */
  readonly phrase: string
  /** A kind of number that we do not know, but that is to be typed. */
  readonly told: boolean
}

/** Where a phrase of a higher rank covers one of a lower, the lower is not a phrase of its own. */
const SCANS: readonly (readonly [MentionKind, RegExp])[] = [
  ['strong', STRONG_CUE],
  ['other', OTHER_CODE],
  ['doubtful', DOUBTFUL_CUE],
  ['number', NUMBER_LABEL],
  ['plain', PLAIN_CUE],
  ['vague', VAGUE_CUE],
  ['bare', BARE_LABEL],
]
/** "USE RELEASE NUMBER 62847": a number of a kind we do not know, told to be typed, may be the one. */
const UNKNOWN_NUMBER = new RegExp(`^(?!${THING}\\b)[a-z]{3,20} number$`)
const TOLD = /\b(?:enter|type|use|input|key in) (?:the |this |your )?$/
/** "pass number (10 digits)" */
const SIZED = /^ \((?:\w{1,6}[ -])(?:digits?|characters|figures)\)/
/** Bounds the work on hostile text; real mail has a few dozen. */
const MAX_MENTIONS = 5000

/** Finds every phrase that names a number, in order of position, overlaps resolved. */
export function findMentions(folded: string): Mention[] {
  const taken = new Uint8Array(folded.length)
  const mentions: Mention[] = []
  for (const [kind, pattern] of SCANS) {
    for (const match of allMatches(folded, pattern)) {
      if (mentions.length >= MAX_MENTIONS) break
      const start = match.index
      const end = start + match[0].length
      if (taken[start] || taken[end - 1]) continue
      taken.fill(1, start, end)
      const phrase = match[0].replace(/\s+/g, ' ')
      const unknown = kind === 'number' && UNKNOWN_NUMBER.test(phrase)
      const told = unknown && TOLD.test(folded.slice(Math.max(0, start - 24), start))
      const sized = unknown && SIZED.test(folded.slice(end, end + 24))
      mentions.push({ kind: told || sized ? 'vague' : kind, start, end, phrase, told: told && !sized })
    }
  }
  return mentions.sort((a, b) => a.start - b.start)
}

export type Command = { readonly start: number; readonly end: number }

/** Finds "enter", "type", "use" and their like. */
export function findCommands(folded: string): Command[] {
  const commands: Command[] = []
  for (const match of allMatches(folded, COMMAND, MAX_MENTIONS)) {
    // "Your quote 482913 is valid for 30 days": a noun.
    if (DETERMINED.test(folded.slice(Math.max(0, match.index - 8), match.index))) continue
    commands.push({ start: match.index, end: match.index + match[0].length })
  }
  return commands
}

const DETERMINED = /\b(?:your|our|the|an?|this|my|their|votre|une?|su|tu)\s$/

/** Index of the last item that ends at or before an offset, or -1. */
export function lastBefore(items: readonly { readonly end: number }[], offset: number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (items[middle]!.end <= offset) low = middle + 1
    else high = middle
  }
  return low - 1
}
