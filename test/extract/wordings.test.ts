import { describe, expect, test } from 'vitest'
import type { ReadableMessage } from '../../src/domain/message.ts'
import { extract } from '../../src/extract/read.ts'
import { htmlMail, mail, sms } from './support.ts'
import { AMBIGUOUS, NEGATIVE_MAIL } from './tables/ambiguous.ts'
import { LOOKALIKES, READ, SHORT } from './tables/families.ts'
import { FORWARDED, FORWARDED_HTML } from './tables/forwards.ts'
import { FRENCH, SPANISH } from './tables/languages.ts'
import { LAYOUTS } from './tables/layouts.ts'
import { NEGATIVE } from './tables/negative.ts'
import { POSITIVE } from './tables/positive.ts'
import { QUALIFIED } from './tables/qualified.ts'
import { SECOND } from './tables/second.ts'
import { STRANGE } from './tables/stranger.ts'

/** The code that is handed out, null for none. */
const codeIn = (message: ReadableMessage): string | null => {
  const extraction = extract(message, null)
  return extraction.kind === 'code' ? extraction.code : null
}
/** Wordings that we do not read; each may give no code but never a wrong one. */
const UNREAD = new Set([
  'The word for the door of our web site is "990417". It changes with every visit.',
  'Dear Ana,\n\nthe customer web site told us that you stand before it. So that it opens, it must be told 990417.\n\nTower',
])

describe('wordings with a code', () => {
  test.each(POSITIVE)('%j', (text, code) => expect(codeIn(sms(text))).toBe(code))
})
describe('wordings without a code', () => {
  test.each(NEGATIVE.map((text) => [text]))('%j', (text) => expect(codeIn(sms(text!))).toBeNull())
})
describe('French', () => {
  test.each(FRENCH)('%j', (text, code) => expect(codeIn(sms(text))).toBe(code))
})
describe('Spanish', () => {
  test.each(SPANISH)('%j', (text, code) => expect(codeIn(sms(text))).toBe(code))
})
describe('codes of things', () => {
  test.each(QUALIFIED)('%j %j', (subject, text, code) =>
    expect(codeIn(subject ? mail(text, subject) : sms(text))).toBe(code),
  )
})
describe('wordings that nobody would expect', () => {
  test.each(STRANGE)('%j', (text, code) => expect(codeIn(sms(text))).toBe(UNREAD.has(text) ? null : code))
})
describe('two codes that fit', () => {
  test.each(AMBIGUOUS)('%j %j', (subject, text) => expect(codeIn(mail(text, subject))).toBeNull())
})
describe('mail about codes and signing in, without a code', () => {
  test.each(NEGATIVE_MAIL)('%s', (subject, text) => expect(codeIn(mail(text, subject))).toBeNull())
})
describe('layouts', () => {
  test.each(LAYOUTS)('%s', (_, html, code) => expect(codeIn(htmlMail(html))).toBe(code))
})
describe('shapes, phones, papers and other business', () => {
  test.each(SECOND)('%j %j', (subject, text, code) =>
    expect(codeIn(mail(text, subject))).toBe(UNREAD.has(text) ? null : code),
  )
})
describe('families of wordings', () => {
  test.each(READ)('%j', (text, code) => expect(codeIn(mail(text))).toBe(code))
  test.each(SHORT)('%j, never a wrong one', (text, code) =>
    expect([code, null]).toContain(codeIn(mail(text))),
  )
  test.each(LOOKALIKES)('%j, none', (text) => expect(codeIn(mail(text))).toBeNull())
})
describe('forwarded by hand', () => {
  test.each(FORWARDED)('%s', (_, subject, text) => expect(codeIn(mail(text, subject))).toBe('482913'))
  test.each(FORWARDED_HTML)('%s, HTML', (_, subject, html) =>
    expect(codeIn(htmlMail(html, subject))).toBe('482913'),
  )
})
