import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')
const named = [...page.matchAll(/`(test\/[\w/.-]+\.ts)`: ([^|]+?) \|$/gm)].map(
  ([, file = '', name = '']) => ({
    file,
    name,
  }),
)

describe('docs/security.md', () => {
  it('names a test for each threat', () => {
    const rows = page
      .split('## Fuzzing')[0]!
      .split('\n')
      .filter((line) => /^\| (?!threat)/.test(line))
    expect(named).toHaveLength(rows.length)
  })

  for (const { file, name } of named) {
    it(`${file}: ${name} is there`, () => {
      const path = new URL(`../../${file}`, import.meta.url)
      expect(existsSync(path)).toBe(true)
      expect(readFileSync(path, 'utf8')).toContain(name)
    })
  }
})
