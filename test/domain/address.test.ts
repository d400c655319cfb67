import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressDomain, parseEmailAddress } from '../../src/domain/address.ts'

describe('addresses that may be written to', () => {
  it.each([
    ['pat@example.com', 'pat@example.com'],
    ['Pat.Doe+bills@Example.COM', 'Pat.Doe+bills@example.com'],
    ["o'neil_1@mail.example.co.uk", "o'neil_1@mail.example.co.uk"],
    ['pat@bücher.example', 'pat@xn--bcher-kva.example'],
    [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
  ])('takes %s', (given, kept) => {
    expect(parseEmailAddress(given)).toBe(kept)
  })

  it.each([
    ['two recipients in one', 'c@d.test>\r\nRCPT TO:<evil@x.test'],
    ['a comma list', 'a@b.test,evil@x.test'],
    ['a display name', 'Pat <pat@example.com>'],
    ['a line break in the domain', 'pat@example.com\nBcc: evil@x.test'],
    ['a trailing line break', 'pat@example.com\n'],
    ['a NUL', 'pat\0@example.com'],
    ['white space', ' pat@example.com'],
    ['percent routing', 'pat%evil.test@example.com'],
    ['bang routing', 'evil.test!pat@example.com'],
    ['a source route', '@hop.test:pat@example.com'],
    ['a quoted local part', '"pat doe"@example.com'],
    ['a comment', 'pat(hi)@example.com'],
    ['two at signs', 'pat@evil.test@example.com'],
    ['an IP literal', 'pat@[127.0.0.1]'],
    ['an IP address', 'pat@127.0.0.1'],
    ['one label', 'pat@localhost'],
    ['an empty label', 'pat@example..com'],
    ['a leading dot', '.pat@example.com'],
    ['two dots', 'pat..doe@example.com'],
    ['a label with a hyphen at its end', 'pat@example-.com'],
    ['full-width dots', 'pat@example。com'],
    ['a zero-width space', 'pat@exa\u200bmple.com'],
    ['a right-to-left override', 'pat\u202e@example.com'],
    ['letters outside ASCII before the @', 'pät@example.com'],
    ['65 characters before the @', `${'a'.repeat(65)}@example.com`],
    ['more than 254 characters', `pat@${'a.'.repeat(126)}com`],
    ['no local part', '@example.com'],
    ['no domain', 'pat@'],
    ['nothing', ''],
  ])('refuses %s', (_, given) => {
    expect(parseEmailAddress(given)).toBeNull()
  })

  it('never lets through what could end an SMTP command or a header, whatever is given', () => {
    const hostile = fc.string({ unit: fc.constantFrom(...'ab@.<>,;:"\\ \r\n\0\t%!()[]é。\u202e') })
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' }), fc.emailAddress()), (text) => {
        const address = parseEmailAddress(text)
        return address === null || /^[^\s<>,;:"\\()[\]%!\p{C}]+@[a-z0-9.-]+$/u.test(address)
      }),
      { numRuns: 2000 },
    )
  })

  it('is stable: what it returned it takes again, unchanged', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (text) => {
        const address = parseEmailAddress(text)
        return address === null || parseEmailAddress(address) === address
      }),
    )
  })

  it('names the domain', () => {
    expect(addressDomain('pat@Example.com')).toBe('example.com')
  })
})
