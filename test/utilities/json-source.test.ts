import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readJsonSource } from '../../src/utilities/json-source.ts'

const read = (text: string) => {
  const source = readJsonSource(text)
  if (!source.ok) throw new Error(source.reason)
  return source
}

describe('readJsonSource', () => {
  it('gives the value and the place of every member and element', () => {
    const source = read('{\n  "a": [\n    1,\n    {"b": "x"}\n  ]\n}')
    expect(source.value).toEqual({ a: [1, { b: 'x' }] })
    expect(source.placeOf(['a'])).toEqual({ line: 2, column: 3 })
    expect(source.placeOf(['a', 1])).toEqual({ line: 4, column: 5 })
    expect(source.placeOf(['a', 1, 'b'])).toEqual({ line: 4, column: 6 })
  })

  it('names the nearest parent of what is not there', () => {
    expect(read('{\n "a": {}\n}').placeOf(['a', 'missing', 'deeper'])).toEqual({ line: 2, column: 2 })
  })

  it('finds members that are there twice, which JSON.parse would drop', () => {
    expect(read('{"a": 1,\n "a": 2}').duplicates).toEqual([{ path: ['a'], place: { line: 2, column: 2 } }])
  })

  it.each([
    ['{\n "a": 1,\n}', 3, 1],
    ['{\n "a": x\n}', 2, 7],
    ['{"a": 1', 1, 8],
    ['', 1, 1],
    ['{} {}', 1, 4],
    ['{"a": "tab\there"}', 1, 7],
    ["{'a': 1}", 1, 2],
    [`${'['.repeat(100)}${']'.repeat(100)}`, 1, 66],
  ])('says where %j is no JSON', (text, line, column) => {
    expect(readJsonSource(text)).toMatchObject({ ok: false, place: { line, column } })
  })

  it('agrees with JSON.parse on every JSON text', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        expect(read(text).value).toEqual(JSON.parse(text))
      }),
    )
  })

  it('never throws, and takes no text that JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:01.-eE \\u\ntrufalsn') }), (text) => {
        if (readJsonSource(text).ok) expect(() => JSON.parse(text)).not.toThrow()
      }),
      { numRuns: 2000 },
    )
  })
})
