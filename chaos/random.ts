/** Numbers that look random and are the same again for the same seed. */
export type Random = {
  /** 0 ≤ x < 1. */
  next(): number
  /** A whole number, 0 ≤ n < limit. */
  below(limit: number): number
  /** low ≤ x < high. */
  between(low: number, high: number): number
  /** True so often. */
  chance(share: number): boolean
  /** Another source, so that what one part draws does not change what another gets. */
  fork(name: string): Random
}

/** mulberry32: small, fast, good enough to choose instants with. */
export function seeded(seed: string): Random {
  let state = hash(seed)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    between: (low, high) => low + next() * (high - low),
    chance: (share) => next() < share,
    fork: (name) => seeded(`${seed}/${name}`),
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193)
  return value
}
