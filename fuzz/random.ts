/** A source of chance that can be started again: the same seed gives the same round. */
export type Random = {
  /** 0 ≤ x < 1 */
  next(): number
  /** Whole, `from` to `to`, both included. */
  int(from: number, to: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  /** A text of up to `most` characters, some of them unkind. */
  text(most: number): string
}

/** Characters that some parser somewhere takes for more than a character. */
const UNKIND = [
  ...'\0\r\t "\'`<>()[]{}@.,;:%&=+-_*?!|\\/#$~^',
  ...'\u007f\u0085\u00a0\u00ad\u0130\u200b\u200d\u2028\u202e\u212a\ufeff\ufffd',
  '\ud800',
  '\u{1f600}',
  'e\u0301',
]
const KIND = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789']

/** mulberry32, by Tommy Ettinger (public domain): small, and random enough to find bugs. */
export function seeded(seed: string): Random {
  let state = 2_166_136_261
  for (const character of seed) state = Math.imul(state ^ character.charCodeAt(0), 16_777_619)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  const pick = <T>(items: readonly T[]): T => items[int(0, items.length - 1)]!
  const chance = (probability: number): boolean => next() < probability
  return {
    next,
    int,
    pick,
    chance,
    text: (most) => Array.from({ length: int(0, most) }, () => pick(chance(0.2) ? UNKIND : KIND)).join(''),
  }
}
