import type { Utilities, UtilityDefinition } from './definition.ts'

/** Edits (insert, delete, replace, swap neighbours) from one word to another: optimal string alignment. */
function editDistance(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const replace = rows[i - 1]![j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      const swap = swapped ? rows[i - 2]![j - 2]! + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, replace, swap))
    }
    rows.push(row)
  }
  return rows[one.length]![other.length]!
}

const plain = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')

/** 0 for the same name, 1 for nothing in common. A name that begins with what was asked for is near. */
function farness(asked: string, name: string): number {
  if (asked === name) return 0
  if (asked.length >= 3 && name.startsWith(asked)) return 0.2
  if (asked.length >= 4 && (name.includes(asked) || (name.length >= 4 && asked.includes(name)))) return 0.3
  return editDistance(asked, name) / Math.max(asked.length, name.length)
}

const names = (utility: UtilityDefinition): string[] => [
  utility.id,
  utility.name,
  ...utility.aliases,
  ...utility.web.map((domain) => domain.split('.').at(-2) ?? domain),
]

/** So much of a name may differ: enough for a typing slip, too little for another utility. */
const FARTHEST = 0.5
/** Names that are so much farther than the nearest are noise beside it. */
const SPREAD = 0.25
/** Longer names are no slips of the keyboard, and the comparison takes the product of both lengths. */
const LONGEST = 80

/**
 * Ids whose id, name, alias or web domain is nearest to what somebody asked for, nearest first; for the answer
 * `unknown_utility`. Empty when nothing is near.
 */
export function nearest(utilities: Utilities, asked: string, limit = 3): readonly string[] {
  const wanted = plain(asked.slice(0, LONGEST))
  if (wanted === '') return []
  const ranked = [...utilities.values()]
    .map((utility) => ({
      id: utility.id,
      far: Math.min(...names(utility).map((name) => farness(wanted, plain(name)))),
    }))
    .sort((one, other) => one.far - other.far || one.id.localeCompare(other.id))
  const farthest = Math.min(FARTHEST, (ranked[0]?.far ?? 0) + SPREAD)
  return ranked
    .filter(({ far }) => far <= farthest)
    .slice(0, limit)
    .map(({ id }) => id)
}
