import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CAUSES } from '../../src/domain/diagnosis.ts'

it('docs/diagnosis.md has a section for each class, and for no other', () => {
  const text = readFileSync(new URL('../../docs/diagnosis.md', import.meta.url), 'utf8')
  const sections = [...text.matchAll(/^### `(\w+)`$/gm)].map(([, name]) => name)
  expect(sections.toSorted()).toEqual([...CAUSES].sort())
})
