/** Where in a text something stands; both count from 1. */
export type Place = { readonly line: number; readonly column: number }

/** A JSON text read with the place of everything in it. */
export type JsonSource =
  | {
      readonly ok: true
      readonly value: unknown
      /** The place of a member or element, or of the nearest parent that is there. */
      readonly placeOf: (path: readonly PropertyKey[]) => Place
      /** Members that are there twice: JSON.parse would silently drop the first. */
      readonly duplicates: readonly { readonly path: readonly string[]; readonly place: Place }[]
    }
  | { readonly ok: false; readonly reason: string; readonly place: Place }

const SPACE = /[ \t\r\n]*/y
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
/** Deeper than any definition, shallow enough that recursion is safe. */
const DEPTH_LIMIT = 64

class Misplaced extends Error {
  readonly offset: number
  constructor(reason: string, offset: number) {
    super(reason)
    this.offset = offset
  }
}

const keyOf = (path: readonly PropertyKey[]): string => JSON.stringify(path.map(String))

/** A place in a text while it is read, and what was found before it. */
type Scan = {
  readonly text: string
  at: number
  readonly offsets: Map<string, number>
  readonly duplicates: { readonly path: readonly string[]; readonly offset: number }[]
}

function take(scan: Scan, pattern: RegExp): string | null {
  pattern.lastIndex = scan.at
  const found = pattern.exec(scan.text)
  if (!found) return null
  scan.at = pattern.lastIndex
  return found[0]
}

/** Skips white space, then this one character if it is there. */
function takeMark(scan: Scan, mark: string): boolean {
  take(scan, SPACE)
  if (scan.text[scan.at] !== mark) return false
  scan.at += 1
  return true
}

/** After an item: whether another follows, or the list is closed. */
function goesOn(scan: Scan, close: string): boolean {
  if (takeMark(scan, close)) return false
  if (takeMark(scan, ',')) return true
  throw new Misplaced(`expected "," or "${close}"`, scan.at)
}

function scanMember(scan: Scan, path: readonly string[]): void {
  take(scan, SPACE)
  const offset = scan.at
  const quoted = take(scan, STRING)
  if (quoted === null) throw new Misplaced('expected a member name in double quotes', offset)
  const member = [...path, JSON.parse(quoted) as string]
  if (scan.offsets.has(keyOf(member))) scan.duplicates.push({ path: member, offset })
  if (!takeMark(scan, ':')) throw new Misplaced('expected ":" after a member name', scan.at)
  scanValue(scan, member)
  scan.offsets.set(keyOf(member), offset)
}

/** Notes where a value and everything in it stands. */
function scanValue(scan: Scan, path: readonly string[]): void {
  if (path.length > DEPTH_LIMIT) throw new Misplaced('nested too deeply', scan.at)
  take(scan, SPACE)
  scan.offsets.set(keyOf(path), scan.at)
  if (takeMark(scan, '{')) {
    if (takeMark(scan, '}')) return
    do scanMember(scan, path)
    while (goesOn(scan, '}'))
  } else if (takeMark(scan, '[')) {
    if (takeMark(scan, ']')) return
    let index = 0
    do scanValue(scan, [...path, String(index++)])
    while (goesOn(scan, ']'))
  } else if (take(scan, STRING) === null && take(scan, SCALAR) === null) {
    throw new Misplaced('expected a value', scan.at)
  }
}

function scanText(text: string): Scan {
  const scan: Scan = { text, at: 0, offsets: new Map(), duplicates: [] }
  scanValue(scan, [])
  take(scan, SPACE)
  if (scan.at < text.length) throw new Misplaced('unexpected text after the end', scan.at)
  return scan
}

/**
 * Reads a JSON text and remembers where things stand, so that a later complaint can name line and column.
 * A text that is no JSON is an answer (`ok: false`), not an exception.
 */
export function readJsonSource(text: string): JsonSource {
  const placeAt = (offset: number): Place => {
    const before = text.slice(0, offset).split('\n')
    return { line: before.length, column: before[before.length - 1]!.length + 1 }
  }
  try {
    const { offsets, duplicates } = scanText(text)
    return {
      ok: true,
      value: JSON.parse(text),
      placeOf: (path) => {
        const known = path.map((_, index) => offsets.get(keyOf(path.slice(0, path.length - index))))
        return placeAt(known.find((offset) => offset !== undefined) ?? 0)
      },
      duplicates: duplicates.map(({ path, offset }) => ({ path, place: placeAt(offset) })),
    }
  } catch (error) {
    if (!(error instanceof Misplaced)) throw error
    return { ok: false, reason: `not JSON: ${error.message}`, place: placeAt(error.offset) }
  }
}
