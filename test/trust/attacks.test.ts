import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseMime } from '../../src/inbound/parse-mime.ts'
import { codes, ELSEWHERE, email, FROM_DOMAIN, mail, ORGANISATION, OUR_ADDRESS } from './support.ts'
import { startTrustWorld, type TrustWorld } from './world.ts'

/* What somebody tries who wants a code of their own to be believed. */

let world: TrustWorld
beforeAll(async () => {
  world = await startTrustWorld()
})
afterAll(() => world.close())

const STRANGER = {
  envelope: { sender: 'x@stranger.test', recipients: [OUR_ADDRESS] },
  client: { address: '198.51.100.7', helo: 'stranger.test', tls: true },
}
const UTILITY = `codes@${FROM_DOMAIN}`

describe('a From header that shows one sender and means another', () => {
  const bad = 'x@stranger.test'
  it.each([
    ['two mailboxes', `${UTILITY}, ${bad}`],
    ['two mailboxes, the other first', `${bad}, ${UTILITY}`],
    ['a group', `Example Electric: ${UTILITY};`],
    ['a group of two', `Example Electric: ${UTILITY}, ${bad};`],
    ['an empty group and a mailbox', `${UTILITY}:; ${bad}`],
    ['an address as the name', `"${UTILITY}" <${bad}>`],
    ['an address as the bare name', `${UTILITY} <${bad}>`],
    ['two addresses in brackets', `<${UTILITY}> <${bad}>`],
    ['a route', `<@${FROM_DOMAIN}:${bad}>`],
    ['a comment', `x@stranger.test (${UTILITY})`],
    ['a comment in the middle', `codes@(${FROM_DOMAIN})stranger.test`],
    ['an encoded domain', `<codes@=?utf-8?q?mail.example-electric.test?=>`],
    ['an encoded address', `=?utf-8?q?codes=40mail.example-electric.test?= <${bad}>`],
    ['an encoded name that closes', `=?utf-8?q?x_=3Ccodes=40mail.example-electric.test=3E?= <${bad}>`],
    ['a quoted local part with a domain', `"codes@${FROM_DOMAIN}"@stranger.test`],
    ['letters of another alphabet', `codes@mail.ex\u0430mple-electric.test`],
    ['a domain below a stranger', `codes@${FROM_DOMAIN}.stranger.test`],
    ['a domain that ends alike', `codes@evil-${ORGANISATION}`],
    ['a NUL', `codes@${FROM_DOMAIN}\0@stranger.test`],
    ['a second line', `codes@${FROM_DOMAIN}\r\n <${bad}>`],
    ['a percent sign', `codes%${FROM_DOMAIN}@stranger.test`],
    ['an address in digits', `codes@[198.51.100.7]`],
  ])('is not believed: %s', async (_, from) => {
    const raw = mail().replace(/^From: .*$/m, `From: ${from}`)
    const signed = await world.sign(raw, { domain: 'stranger.test', privateKey: world.strangerKey })
    for (const bytes of [raw, signed]) {
      const { level } = await world.verdictOn(email(Buffer.from(bytes, 'utf8'), STRANGER))
      expect(level).toBe('untrusted')
    }
  })
})

describe('a signed message that somebody changes', () => {
  it('is not believed once its signature has expired (x=)', async () => {
    const expired = { expires: new Date(Date.now() - 60_000), signTime: new Date(Date.now() - 120_000) }
    const alive = { expires: new Date(Date.now() + 60_000) }
    expect((await world.verdictOn(email(await world.sign(mail(), alive), ELSEWHERE))).level).toBe('trusted')
    const verdict = await world.verdictOn(email(await world.sign(mail(), expired), ELSEWHERE))
    expect([verdict.level, codes(verdict)]).toEqual(['untrusted', expect.arrayContaining(['dkim_neutral'])])
  })

  it('is believed with headers signed more often than they are there, until one is added', async () => {
    const headers = 'from:from:to:to:subject:subject:date:date:message-id'
    const signed = await world.sign(mail(), { headers })
    expect((await world.verdictOn(email(signed, ELSEWHERE))).level).toBe('trusted')
    const added = `Subject: Your code is 000000\r\n${signed}`
    expect((await world.verdictOn(email(added, ELSEWHERE))).level).toBe('untrusted')
  })

  it('reads as it was signed, or is not believed, whatever lines are put among its headers', async () => {
    const signed = await world.sign(mail())
    const genuine = await parseMime(Buffer.from(signed))
    const lines = signed.slice(0, signed.indexOf('\r\n\r\n')).split('\r\n')
    const body = signed.slice(signed.indexOf('\r\n\r\n'))
    const name = fc.constantFrom(
      'Subject',
      'subject',
      'SUBJECT',
      'Date',
      'From',
      'To',
      'Cc',
      'Message-ID',
      'Received',
      'X-Y',
      '',
    )
    const gap = fc.constantFrom(':', ' :', '\t:', ': ', '\u00a0:', '\0:', '', ' ', ':\r\n ', '\r:')
    const value = fc.constantFrom(
      'Your code is 000000',
      '=?utf-8?q?Your_code_is_000000?=',
      'Sun, 22 Nov 2026 08:00:00 +0000',
      'x@stranger.test',
      'x\rSubject: Your code is 000000',
      'x\nSubject: Your code is 000000',
      'x\r\n\r\nYour code is 000000',
      '',
      ' ',
      '.',
    )
    const end = fc.constantFrom('', '\r', '\n', ' ', '\u2028')
    const insertion = fc.tuple(name, gap, value, end).map((parts) => parts.join(''))
    let believed = 0
    await fc.assert(
      fc.asyncProperty(insertion, fc.nat(lines.length), fc.boolean(), async (text, at, isBare) => {
        const changed = [...lines.slice(0, at), text, ...lines.slice(at)]
        const raw = Buffer.from(
          `${changed.join('\r\n')}${isBare ? body.replace('\r\n', '\n') : body}`,
          'utf8',
        )
        const { level } = await world.verdictOn(email(raw, ELSEWHERE))
        if (level !== 'trusted') return
        believed += 1
        const read = await parseMime(raw)
        const seen = ({ sender, subject, dateAt, text, html }: typeof read) => ({
          sender,
          subject,
          dateAt,
          text,
          html,
        })
        expect(seen(read)).toEqual(seen(genuine))
      }),
      { numRuns: 400, seed: 20261121 },
    )
    expect(believed).toBeGreaterThan(20)
  }, 60_000)
})

describe('an envelope that says too much', () => {
  it('proves nothing by HELO while it names a sender', async () => {
    const helo = { address: '198.51.100.7', helo: FROM_DOMAIN, tls: true }
    const verdict = await world.verdictOn(email(mail(), { ...STRANGER, client: helo }))
    expect([verdict.level, codes(verdict)]).toEqual([
      'untrusted',
      expect.arrayContaining(['spf_pass_not_aligned']),
    ])
  })

  it('without a sender proves its HELO only from where that may be said', async () => {
    const sent = (address: string) =>
      world.verdictOn(
        email(mail(), {
          envelope: { sender: '', recipients: [OUR_ADDRESS] },
          client: { address, helo: FROM_DOMAIN, tls: true },
        }),
      )
    expect((await sent('198.51.100.7')).level).toBe('untrusted')
    expect(codes(await sent('192.0.2.10'))).toContain('spf_pass_aligned')
  })

  it.each([
    '"x@mail.example-electric.test"@stranger.test',
    'x@mail.example-electric.test@stranger.test',
    `x@${FROM_DOMAIN}.`,
    '@',
    'x@',
    '',
  ])('proves nothing by an odd sender: %s', async (sender) => {
    const envelope = { sender, recipients: [OUR_ADDRESS] }
    expect((await world.verdictOn(email(mail(), { ...STRANGER, envelope }))).level).toBe('untrusted')
  })
})
