import { describe, expect, it } from 'vitest'
import { newId } from '../../src/domain/id.ts'
import { loopMarks } from '../../src/outbox/email/loop.ts'
import { returnPaths } from '../../src/outbox/email/return-path.ts'
import { makeLinks } from '../../src/outbox/links.ts'
import { macFor } from '../../src/outbox/mac.ts'
import { cleanLine, cleanText, dateTimeUtc, duration, utilityName } from '../../src/outbox/wording.ts'

const OLD = new Uint8Array(32).fill(1)
const NEW = new Uint8Array(32).fill(2)

describe('what we sign', () => {
  it('is believed after the key has been rotated, and not with another key or for another purpose', () => {
    const tag = macFor([OLD], 'links').sign('text')
    expect(macFor([NEW, OLD], 'links').verify('text', tag)).toBe(true)
    expect(macFor([NEW], 'links').verify('text', tag)).toBe(false)
    expect(macFor([OLD], 'loop').verify('text', tag)).toBe(false)
    expect(macFor([OLD], 'links').verify('texts', tag)).toBe(false)
    expect(macFor([OLD], 'links').verify('text', '')).toBe(false)
    expect(() => macFor([], 'links')).toThrow()
  })
})

describe('return paths', () => {
  const paths = returnPaths(macFor([OLD], 'return-path'), 'relay.test')
  const id = newId()

  it('name the delivery, in characters that survive every mail system', () => {
    const address = paths.make(id)
    expect(address).toMatch(/^b-[a-z0-9-]{1,62}@relay\.test$/)
    expect(paths.parse(address)).toBe(id)
    expect(paths.parse(address.toUpperCase())).toBe(id)
  })

  it('of others are nobody', () => {
    const address = paths.make(id)
    const last = address.indexOf('@') - 1
    const forged = address.slice(0, last) + (address[last] === '0' ? '1' : '0') + address.slice(last + 1)
    for (const other of [
      forged,
      address.replace('relay.test', 'evil.test'),
      `b-${id}@relay.test`,
      '@relay.test',
      '',
    ]) {
      expect(paths.parse(other)).toBeNull()
    }
  })
})

describe('loop marks', () => {
  const marks = loopMarks(macFor([OLD], 'loop'))

  it('are known again, and cannot be made by others', () => {
    const mark = marks.make('connection-1')
    expect(marks.verify(mark)).toBe('connection-1')
    expect(marks.verify(` ${mark} `)).toBe('connection-1')
    for (const other of [mark.replace('-1.', '-2.'), 'connection-1.', 'connection-1', '', `${mark}.x`]) {
      expect(marks.verify(other)).toBeNull()
    }
  })
})

describe('links', () => {
  it('start with where the pages are seen, even if that is known late', () => {
    let base = ''
    const links = makeLinks(macFor([OLD], 'links', 64), () => base)
    base = 'https://relay.test'
    expect(links.stopUrl(newId())).toMatch(/^https:\/\/relay\.test\/r\/stop\/[0-9a-z-]+$/)
  })

  it('to stop never expire; those to confirm do', () => {
    const links = makeLinks(macFor([OLD], 'links', 64), () => '')
    const id = newId()
    const farAway = Date.UTC(2100, 0, 1)
    const tokenOf = (url: string) => url.split('/').at(-1)!
    expect(links.read('stop', tokenOf(links.stopUrl(id)), farAway).kind).toBe('valid')
    expect(links.read('confirm', tokenOf(links.confirmUrl(id, 1_000)), 1_000).kind).toBe('valid')
    expect(links.read('confirm', tokenOf(links.confirmUrl(id, 1_000)), 1_001)).toEqual({
      kind: 'expired',
      recipientId: id,
    })
  })
})

describe('words', () => {
  it.each([
    [600_000, '10 minutes'],
    [60_000, '1 minute'],
    [90_000, '90 seconds'],
    [86_400_000, '24 hours'],
    [-5, '0 seconds'],
  ])('%d ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })

  it('says times in UTC, wherever the server is', () => {
    expect(dateTimeUtc(Date.UTC(2026, 0, 2, 3, 4, 5))).toBe('2 January 2026, 03:04:05 UTC')
  })

  it.each([
    ['line\r\nbreaks\tand\u2028more', 'line breaks and more'],
    ['\u202eevil\u2066 \u200bhidden\u00ad\ufeff\u{e0041}', 'evil hidden'],
    ['bell\u0007 and\u009b csi', 'bell and csi'],
    ['naïve 電力 ⚡', 'naïve 電力 ⚡'],
    ['half a pair \ud800', 'half a pair \ufffd'],
    ['abcdefghijkl'.repeat(9), `${'abcdefghijkl'.repeat(9).slice(0, 99)}…`],
  ])('cleans %j', (given, clean) => {
    expect(cleanLine(given, 100)).toBe(clean)
  })

  it('keeps the lines of a text, but not a wall of empty ones', () => {
    expect(cleanText('one\r\n\r\n\r\n\r\n\r\ntwo\u202e\n', 100)).toBe('one\n\ntwo')
  })

  it('names a utility by its definition, else by its site', () => {
    const nameOf = (id: string) => (id === 'pge' ? 'PG&E' : undefined)
    expect(utilityName('pge', null, nameOf)).toBe('PG&E')
    expect(utilityName('other', 'https://www.town-power.test/login', nameOf)).toBe('town-power.test')
    expect(utilityName('other', 'nonsense', nameOf)).toBe('your utility')
  })
})
