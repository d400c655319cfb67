import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseMime } from '../../src/inbound/parse-mime.ts'
import { authenticate } from '../../src/trust/authenticate.ts'
import { codes, ELSEWHERE, email, FROM_DOMAIN, mail, signed } from './support.ts'
import { startTrustWorld, type TrustWorld } from './world.ts'

let world: TrustWorld
beforeAll(async () => {
  world = await startTrustWorld()
})
afterAll(() => world.close())

describe('who sent it, by a real name server and real signatures', () => {
  it('trusts what SPF shows to come from the utility', async () => {
    const verdict = await world.verdictOn(email(mail()))
    expect(verdict).toMatchObject({ level: 'trusted', senderDomain: FROM_DOMAIN, forwardedBy: null })
    expect(codes(verdict)).toEqual(['from_utility', 'spf_pass_aligned', 'dkim_none'])
  })

  it('trusts what the utility signed, wherever it came from', async () => {
    const verdict = await world.verdictOn(email(await world.sign(mail()), ELSEWHERE))
    expect(verdict.level).toBe('trusted')
    expect(codes(verdict)).toContain('dkim_pass_aligned')
  })

  it('believes nobody who only says so', async () => {
    const verdict = await world.verdictOn(email(mail(), ELSEWHERE))
    expect(verdict.level).toBe('untrusted')
    expect(verdict.temporaryFailure).toBeUndefined()
    expect(codes(verdict)).toEqual(['from_utility', 'spf_fail', 'dkim_none'])
  })

  it('does not take a stranger who proves to be a stranger for the utility', async () => {
    const raw = await signed(mail(), { domain: 'stranger.test', privateKey: world.strangerKey })
    const envelope = { sender: 'x@stranger.test', recipients: ['mfa-abcdefghij234567@relay.test'] }
    const verdict = await world.verdictOn(email(raw, { ...ELSEWHERE, envelope }))
    expect(verdict.level).toBe('untrusted')
    expect(codes(verdict)).toEqual(['from_utility', 'spf_pass_not_aligned', 'dkim_not_aligned'])
  })

  it('knows a signature again when a mail server has made every CRLF an LF', async () => {
    const raw = (await world.sign(mail())).replaceAll('\r\n', '\n')
    expect((await world.verdictOn(email(raw, ELSEWHERE))).level).toBe('trusted')
  })

  it('knows nothing, and goes on, where a checker fails', async () => {
    const message = email(mail())
    const facts = await authenticate(message, await parseMime(message.raw), {
      ...world.deps,
      lookup: () => {
        throw new TypeError('not even a promise')
      },
    })
    expect(facts).toMatchObject({ trustedNetwork: false, dkim: [] })
    expect(facts.spf.result).not.toBe('pass')
  })

  it('sees when a signed message was changed', async () => {
    const raw = (await world.sign(mail())).replace('482913', '000000')
    const verdict = await world.verdictOn(email(raw, ELSEWHERE))
    expect(verdict.level).toBe('untrusted')
    expect(verdict.reasons.find(({ code }) => code === 'dkim_neutral')?.text).toContain('body hash')
  })

  it('does not need SPF where the door cannot tell who sent it', async () => {
    const noAddress = { client: { tls: false } }
    expect((await world.verdictOn(email(mail(), noAddress))).level).toBe('untrusted')
    expect((await world.authenticated(email(mail(), noAddress))).spf).toEqual({
      result: 'none',
      domain: null,
    })
    expect((await world.verdictOn(email(await world.sign(mail()), noAddress))).level).toBe('trusted')
  })

  it('asks DNS nothing about mail from a trusted network', async () => {
    const before = world.dns.asked.length
    const verdict = await world.verdictOn(email(mail(), { client: { address: '10.1.2.3', tls: false } }))
    expect(verdict.level).toBe('trusted')
    expect(codes(verdict)).toEqual(['from_utility', 'trusted_network'])
    expect(world.dns.asked.length).toBe(before)
  })

  describe('a signature that leaves room', () => {
    it('over the body proves nothing', async () => {
      const raw = await world.sign(mail(), { bodyLength: 10 })
      expect((await world.authenticated(email(raw, ELSEWHERE))).dkim).toMatchObject([
        { result: 'pass', void: 'body_length_limit' },
      ])
      const verdict = await world.verdictOn(email(raw, ELSEWHERE))
      expect(verdict.level).toBe('untrusted')
      expect(codes(verdict)).toContain('dkim_void_body_length_limit')
    })

    it('over Subject or Date proves nothing', async () => {
      for (const [headers, code] of [
        ['From:To:Date:Message-ID', 'dkim_void_subject_unsigned'],
        ['From:To:Subject:Message-ID', 'dkim_void_date_unsigned'],
      ] as const) {
        const verdict = await world.verdictOn(email(await world.sign(mail(), { headers }), ELSEWHERE))
        expect(verdict.level).toBe('untrusted')
        expect(codes(verdict)).toContain(code)
      }
    })

    it('does no harm beside one that does not', async () => {
      const raw = await world.sign(await world.sign(mail(), { bodyLength: 10 }))
      expect((await world.verdictOn(email(raw, ELSEWHERE))).level).toBe('trusted')
    })
  })

  it('believes no message with a header put on top of a signed one', async () => {
    const raw = `Subject: your code is 000000\r\n${await world.sign(mail())}`
    const verdict = await world.verdictOn(email(raw))
    expect(verdict.level).toBe('untrusted')
    expect(codes(verdict)).toEqual(['repeated_header'])
  })

  it('checks no endless heap of signatures', async () => {
    let raw = mail()
    for (let count = 0; count < 11; count += 1) raw = await world.sign(raw)
    const facts = await world.authenticated(email(raw, ELSEWHERE))
    expect(facts).toMatchObject({ tooManySignatures: true, dkim: [] })
    expect(codes(await world.verdictOn(email(raw, ELSEWHERE)))).toContain('too_many_signatures')
  })

  describe('DMARC', () => {
    it('is not required, but a failing one counts', async () => {
      // Strict alignment: the subdomain's mail must be signed by the subdomain itself.
      world.dns.set('TXT', `_dmarc.${FROM_DOMAIN}`, 'v=DMARC1; p=reject; adkim=s; aspf=s')
      try {
        const byParent = await world.verdictOn(email(await world.sign(mail()), ELSEWHERE))
        expect(byParent.level).toBe('untrusted')
        expect(codes(byParent)).toContain('dmarc_fail')
        expect((await world.verdictOn(email(mail()))).level).toBe('trusted')
      } finally {
        world.dns.set('TXT', `_dmarc.${FROM_DOMAIN}`)
      }
    })
  })

  it('tells whose work goes on after each answer', async () => {
    let resumed = 0
    const message = email(await world.sign(mail()))
    await authenticate(message, await parseMime(message.raw), {
      ...world.deps,
      onResume: () => {
        resumed += 1
      },
    })
    expect(resumed).toBeGreaterThanOrEqual(3)
  })
})
