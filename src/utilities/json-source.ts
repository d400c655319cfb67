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

/** One pass over a JSON text that notes where every member and element stands. */
function createScanner(text: string) {
  const offsets = new Map<string, number>()
  const duplicates: { path: string[]; offset: number }[] = []
  let at = 0

  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (!found) return null
    at = pattern.lastIndex
    return found[0]
  }
  const expect = (character: string, where: string): void => {
    match(SPACE)
    if (text[at] !== character) throw new Misplaced(`expected "${character}" ${where}`, at)
    at += 1
  }
  /** Reads `,` or the closing bracket; true when the list goes on. */
  const goesOn = (close: string): boolean => {
    match(SPACE)
    if (text[at] === close) {
      at += 1
      return false
    }
    expect(',', `or "${close}"`)
    return true
  }
  const isEmpty = (close: string): boolean => {
    at += 1
    match(SPACE)
    if (text[at] !== close) return false
    at += 1
    return true
  }
  const members = (path: string[]): void => {
    if (isEmpty('}')) return
    do {
      match(SPACE)
      const offset = at
      const quoted = match(STRING)
      if (quoted === null) throw new Misplaced('expected a member name in double quotes', at)
      const member = [...path, JSON.parse(quoted) as string]
      if (offsets.has(keyOf(member))) duplicates.push({ path: member, offset })
      expect(':', 'after a member name')
      value(member)
      offsets.set(keyOf(member), offset)
    } while (goesOn('}'))
  }
  const elements = (path: string[]): void => {
    if (isEmpty(']')) return
    let index = 0
    do value([...path, String(index++)])
    while (goesOn(']'))
  }
  const value = (path: string[]): void => {
    if (path.length > DEPTH_LIMIT) throw new Misplaced('nested too deeply', at)
    match(SPACE)
    offsets.set(keyOf(path), at)
    if (text[at] === '{') members(path)
    else if (text[at] === '[') elements(path)
    else if (match(STRING) === null && match(SCALAR) === null) throw new Misplaced('expected a value', at)
  }
  const document = (): void => {
    value([])
    match(SPACE)
    if (at < text.length) throw new Misplaced('unexpected text after the end', at)
  }
  return { document, offsets, duplicates }
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
  const scanner = createScanner(text)
  try {
    scanner.document()
  } catch (error) {
    if (!(error instanceof Misplaced)) throw error
    return { ok: false, reason: `not JSON: ${error.message}`, place: placeAt(error.offset) }
  }
  return {
    ok: true,
    value: JSON.parse(text),
    placeOf: (path) => {
      for (let length = path.length; length > 0; length -= 1) {
        const offset = scanner.offsets.get(keyOf(path.slice(0, length)))
        if (offset !== undefined) return placeAt(offset)
      }
      return placeAt(0)
    },
    duplicates: scanner.duplicates.map(({ path, offset }) => ({ path, place: placeAt(offset) })),
  }
}
