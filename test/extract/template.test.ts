import { describe, expect, test } from 'vitest'
import { extract } from '../../src/extract/read.ts'
import { createExtractors } from '../../src/extract/registry.ts'
import { compileTemplate } from '../../src/extract/template.ts'
import { fold } from '../../src/extract/visible-text/characters.ts'
import { definitionSchema, type UtilityDefinition } from '../../src/utilities/definition.ts'
import { htmlMail, mail, sms } from './support.ts'

const find = (template: string, text: string): readonly string[] =>
  compileTemplate(template).find(text, fold(text))
const utility = (given: object): UtilityDefinition => ({
  ...definitionSchema.parse({ name: 'Example Electric', ...given }),
  id: 'example-electric',
})

describe('template', () => {
  test.each([
    ['verification code is {code:6}', 'Your verification code is 482913.', ['482913']],
    ['verification code is {code:6}', 'YOUR VERIFICATION  CODE\nIS   482913', ['482913']],
    ['code de vérification : {code:6}', 'Code de verification : 482913', ['482913']],
    ['{code:6} is your code', '482913 is your code', ['482913']],
    ['code {code:6-8}', 'code 48291377', ['48291377']],
    ['code {code}', 'code 4829', ['4829']],
    ['code {code:3+3}', 'code 482 913', ['482913']],
    ['code {code:3+3}', 'code 482-913', ['482913']],
    ['code {code:3+3}', 'code 482913', ['482913']],
    ['code {alnum:6}', 'Code K7M2Q9', ['K7M2Q9']],
    ['code {alnum:3+3}', 'Code k7M-2q9', ['k7M2q9']],
    ['code {letters:6}', 'Code QWXTRM.', ['QWXTRM']],
    ['Hi {text}, your code is {code:6}', 'Hi Ana Park, your code is 482913', ['482913']],
    ['a.b (code) {code:4}?', 'A.B (CODE) 4829?', ['4829']],
    ['code {code:6}', 'code 482913, code 771204', ['482913', '771204']],
    ['code {code:6}', 'code 482913 and again code 482913', ['482913']],
  ])('%s in %j', (template, text, codes) => expect(find(template, text)).toEqual(codes))

  test.each([
    ['code {code:6}', 'code 4829137'],
    ['code {code:6}', 'code 482913-7'],
    ['code {code:6}', 'code 482913A'],
    ['code {code:6}', 'codec 482913'],
    ['code {code:6}', 'code 482,913'],
    ['a.b {code:4}', 'axb 4829'],
  ])('%s refuses %j', (template, text) => expect(find(template, text)).toEqual([]))

  test.each([
    ['no slot at all', /exactly one code slot/],
    ['{code:6} and {code:6}', /exactly one code slot/],
    ['{code:6}', /needs words/],
    ['code {digits:6}', /unknown slot/],
    ['code {code:0}', /size/],
    ['code {code:9-3}', /size/],
    ['code {code', /brace/],
  ])('%s is refused with a reason', (template, reason) => {
    expect(() => compileTemplate(template)).toThrow(reason)
  })
})

describe('what is known of a utility', () => {
  test('its template reads the visible text, whatever the layout', () => {
    const known = utility({ email: { codes: ['your word today: {letters:6}'] } })
    const html = '<table><tr><td>Your <b>word</b></td><td>today:</td><td><i>abcdef</i></td></tr></table>'
    expect(extract(htmlMail(html), known)).toMatchObject({
      kind: 'code',
      code: 'abcdef',
      rule: 'template:example-electric/email/0',
    })
  })

  test('templates of one channel do not read the other', () => {
    const known = utility({ sms: { codes: ['word {letters:6}'] } })
    expect(extract(mail('word abcdef'), known).kind).not.toBe('code')
    expect(extract(sms('word abcdef'), known)).toMatchObject({
      code: 'abcdef',
      rule: 'template:example-electric/sms/0',
    })
  })

  test('two different codes by template are ambiguous, never the first', () => {
    const known = utility({ sms: { codes: ['word {letters:6}'] } })
    expect(extract(sms('word abcdef word ghijkl'), known)).toMatchObject({
      kind: 'none',
      reason: 'ambiguous',
    })
  })

  test('a template does not revive a code that was used', () => {
    const known = utility({ sms: { codes: ['code {code:6}'] } })
    expect(extract(sms('Your code 482913 has expired.'), known).kind).not.toBe('code')
  })

  test('length and alphabet choose between two that fit', () => {
    const known = utility({ code: { lengths: [6], alphabet: 'digits' } })
    const text = 'PIN 4410, passcode 482913'
    expect(extract(sms(text), null).kind).toBe('none')
    expect(extract(sms(text), known)).toMatchObject({ kind: 'code', code: '482913' })
  })

  test('they never make a worse candidate the code', () => {
    const known = utility({ code: { lengths: [6] } })
    const extraction = extract(
      sms('Your verification code is 48291377. Sent at 10:22, ref. no 771204.'),
      known,
    )
    expect(extraction.kind).not.toBe('code')
  })
})

describe('extractors of all utilities', () => {
  const known = utility({ sms: { codes: ['word {letters:6}'] } })
  const own = {
    utility: 'example-electric',
    claims: () => true,
    extract: () => ({ kind: 'code', code: '111111', rule: 'custom', confidence: 1, candidates: [] }) as const,
  }
  test('find the definition by the id of the mailbox', () => {
    const extractors = createExtractors(new Map([[known.id, known]]))
    expect(extractors.extractFor('example-electric', sms('word abcdef')).kind).toBe('code')
    expect(extractors.extractFor('another', sms('word abcdef')).kind).not.toBe('code')
    expect(extractors.extractFor(null, sms('Your code is 482913'))).toMatchObject({ code: '482913' })
  })
  test('a custom extractor speaks first, for its own utility only', () => {
    const extractors = createExtractors(new Map([[known.id, known]]), [own])
    expect(extractors.extractFor('example-electric', sms('anything'))).toMatchObject({ rule: 'custom' })
    expect(extractors.extractFor(null, sms('anything')).kind).not.toBe('code')
  })
  test('what it does not match is read the usual way', () => {
    const none = { ...own, extract: () => ({ kind: 'none', reason: 'unmatched', candidates: [] }) as const }
    const extractors = createExtractors(new Map([[known.id, known]]), [none])
    expect(extractors.extractFor('example-electric', sms('word abcdef'))).toMatchObject({ code: 'abcdef' })
  })
})
