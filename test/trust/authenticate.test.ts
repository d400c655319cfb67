import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { networkMatcher } from '../../src/config.ts'
import type { InboundEmail } from '../../src/domain/message.ts'
import type { Verdict } from '../../src/domain/verdict.ts'
import { parseMime } from '../../src/inbound/parse-mime.ts'
import { type AuthenticateDeps, authenticate } from '../../src/trust/authenticate.ts'
import { createDnsLookup } from '../../src/trust/dns.ts'
import { judge } from '../../src/trust/judge.ts'
import { startDnsServer, type TestDns } from '../support/dns.ts'
import { context, dkimKey, email, mail, signed, utility } from './support.ts'

const FROM_DOMAIN = 'mail.example-electric.test'
const ORGANISATION = 'example-electric.test'
const SENDER_ADDRESS = '192.0.2.10'
const ELSEWHERE = { client: { address: '198.51.100.7', helo: 'evil.test', tls: false } }

describe('who sent it, by a real name server and real signatures', () => {
  let dns: TestDns
  let deps: AuthenticateDeps
  const key = dkimKey()
  const strangerKey = dkimKey()
  const sign = (raw: string, change: Partial<Parameters<typeof signed>[1]> = {}) =>
    signed(raw, { domain: ORGANISATION, privateKey: key.privateKey, ...change })

  beforeAll(async () => {
    dns = await startDnsServer()
    dns.set('TXT', FROM_DOMAIN, `v=spf1 ip4:${SENDER_ADDRESS} -all`)
    dns.set('TXT', `s1._domainkey.${ORGANISATION}`, key.record)
    dns.set('TXT', 'stranger.test', 'v=spf1 ip4:198.51.100.7 -all')
    dns.set('TXT', 's1._domainkey.stranger.test', strangerKey.record)
    dns.set('TXT', 'forwarder.test', 'v=spf1 ip4:203.0.113.5 -all')
    deps = { lookup: createDnsLookup([dns.server]), isTrustedNetwork: networkMatcher(['10.0.0.0/8']) }
  })
  afterAll(() => dns.close())

  const authenticated = async (message: InboundEmail) =>
    authenticate(message, await parseMime(message.raw), deps)

  async function verdictOn(
    message: InboundEmail,
    mailbox = context(),
    definition = utility(),
  ): Promise<Verdict> {
    const readable = await parseMime(message.raw)
    return judge(await authenticate(message, readable, deps), readable, mailbox, definition)
  }
  const codes = ({ reasons }: Verdict): string[] => reasons.map(({ code }) => code)

  it('trusts what SPF shows to come from the utility', async () => {
    const verdict = await verdictOn(email(mail()))
    expect(verdict).toMatchObject({ level: 'trusted', senderDomain: FROM_DOMAIN, forwardedBy: null })
    expect(codes(verdict)).toEqual(['from_utility', 'spf_pass_aligned', 'dkim_none'])
  })

  it('trusts what the utility signed, wherever it came from', async () => {
    const verdict = await verdictOn(email(await sign(mail()), ELSEWHERE))
    expect(verdict.level).toBe('trusted')
    expect(codes(verdict)).toContain('dkim_pass_aligned')
  })

  it('believes nobody who only says so', async () => {
    const verdict = await verdictOn(email(mail(), ELSEWHERE))
    expect(verdict.level).toBe('untrusted')
    expect(verdict.temporaryFailure).toBeUndefined()
    expect(codes(verdict)).toEqual(['from_utility', 'spf_fail', 'dkim_none'])
  })

  it('does not take a stranger who proves to be a stranger for the utility', async () => {
    const raw = await signed(mail(), { domain: 'stranger.test', privateKey: strangerKey.privateKey })
    const envelope = { sender: 'x@stranger.test', recipients: ['mfa-abcdefghij234567@relay.test'] }
    const verdict = await verdictOn(email(raw, { ...ELSEWHERE, envelope }))
    expect(verdict.level).toBe('untrusted')
    expect(codes(verdict)).toEqual(['from_utility', 'spf_pass_not_aligned', 'dkim_not_aligned'])
  })

  it('knows a signature again when a mail server has made every CRLF an LF', async () => {
    const raw = (await sign(mail())).replaceAll('\r\n', '\n')
    expect((await verdictOn(email(raw, ELSEWHERE))).level).toBe('trusted')
  })

  it('knows nothing, and goes on, where a checker fails', async () => {
    const message = email(mail())
    const facts = await authenticate(message, await parseMime(message.raw), {
      ...deps,
      lookup: () => {
        throw new TypeError('not even a promise')
      },
    })
    expect(facts).toMatchObject({ trustedNetwork: false, dkim: [] })
    expect(facts.spf.result).not.toBe('pass')
  })

  it('sees when a signed message was changed', async () => {
    const raw = (await sign(mail())).replace('482913', '000000')
    const verdict = await verdictOn(email(raw, ELSEWHERE))
    expect(verdict.level).toBe('untrusted')
    expect(verdict.reasons.find(({ code }) => code === 'dkim_neutral')?.text).toContain('body hash')
  })

  it('does not need SPF where the door cannot tell who sent it', async () => {
    const noAddress = { client: { tls: false } }
    expect((await verdictOn(email(mail(), noAddress))).level).toBe('untrusted')
    expect((await authenticated(email(mail(), noAddress))).spf).toEqual({ result: 'none', domain: null })
    expect((await verdictOn(email(await sign(mail()), noAddress))).level).toBe('trusted')
  })

  it('asks DNS nothing about mail from a trusted network', async () => {
    const before = dns.asked.length
    const verdict = await verdictOn(email(mail(), { client: { address: '10.1.2.3', tls: false } }))
    expect(verdict.level).toBe('trusted')
    expect(codes(verdict)).toEqual(['from_utility', 'trusted_network'])
    expect(dns.asked.length).toBe(before)
  })

  describe('a signature that leaves room', () => {
    it('over the body proves nothing', async () => {
      const raw = await sign(mail(), { bodyLength: 10 })
      expect((await authenticated(email(raw, ELSEWHERE))).dkim).toMatchObject([
        { result: 'pass', void: 'body_length_limit' },
      ])
      const verdict = await verdictOn(email(raw, ELSEWHERE))
      expect(verdict.level).toBe('untrusted')
      expect(codes(verdict)).toContain('dkim_void_body_length_limit')
    })

    it('over Subject or Date proves nothing', async () => {
      for (const [headers, code] of [
        ['From:To:Date:Message-ID', 'dkim_void_subject_unsigned'],
        ['From:To:Subject:Message-ID', 'dkim_void_date_unsigned'],
      ] as const) {
        const verdict = await verdictOn(email(await sign(mail(), { headers }), ELSEWHERE))
        expect(verdict.level).toBe('untrusted')
        expect(codes(verdict)).toContain(code)
      }
    })

    it('does no harm beside one that does not', async () => {
      const raw = await sign(await sign(mail(), { bodyLength: 10 }))
      expect((await verdictOn(email(raw, ELSEWHERE))).level).toBe('trusted')
    })
  })

  it('believes no message with a header put on top of a signed one', async () => {
    const raw = `Subject: your code is 000000\r\n${await sign(mail())}`
    const verdict = await verdictOn(email(raw))
    expect(verdict.level).toBe('untrusted')
    expect(codes(verdict)).toEqual(['repeated_header'])
  })

  it('checks no endless heap of signatures', async () => {
    let raw = mail()
    for (let count = 0; count < 11; count += 1) raw = await sign(raw)
    const facts = await authenticated(email(raw, ELSEWHERE))
    expect(facts).toMatchObject({ tooManySignatures: true, dkim: [] })
    expect(codes(await verdictOn(email(raw, ELSEWHERE)))).toContain('too_many_signatures')
  })

  describe('DMARC', () => {
    it('is not required, but a failing one counts', async () => {
      // Strict alignment: the subdomain's mail must be signed by the subdomain itself.
      dns.set('TXT', `_dmarc.${FROM_DOMAIN}`, 'v=DMARC1; p=reject; adkim=s; aspf=s')
      try {
        const byParent = await verdictOn(email(await sign(mail()), ELSEWHERE))
        expect(byParent.level).toBe('untrusted')
        expect(codes(byParent)).toContain('dmarc_fail')
        expect((await verdictOn(email(mail()))).level).toBe('trusted')
      } finally {
        dns.set('TXT', `_dmarc.${FROM_DOMAIN}`)
      }
    })
  })

  describe('when DNS does not answer', () => {
    const broken = async (name: string, how: 'SERVFAIL' | 'silence', work: () => Promise<void>) => {
      dns.break(name, how)
      try {
        await work()
      } finally {
        dns.mend(name)
      }
    }

    it('for the sender, it is for the sender to try again', async () => {
      await broken(ORGANISATION, 'SERVFAIL', async () => {
        const bySpf = await verdictOn(email(mail()))
        expect(bySpf).toMatchObject({ level: 'untrusted', temporaryFailure: true })
        expect(codes(bySpf)).toContain('spf_temperror')
        const byDkim = await verdictOn(email(await sign(mail()), { client: { tls: false } }))
        expect(byDkim).toMatchObject({ level: 'untrusted', temporaryFailure: true })
        expect(codes(byDkim)).toContain('dkim_temperror')
      })
      expect((await verdictOn(email(mail()))).level).toBe('trusted')
    })

    it('for one proof while the other is there, nothing is missing', async () => {
      await broken(FROM_DOMAIN, 'SERVFAIL', async () => {
        const verdict = await verdictOn(email(await sign(mail())))
        expect(verdict.level).toBe('trusted')
        expect(verdict.temporaryFailure).toBeUndefined()
      })
    })

    it('for somebody who is not the utility anyway, nobody tries again', async () => {
      const raw = mail().replace('<codes@mail.example-electric.test>', '<x@stranger.test>')
      const envelope = { sender: 'x@stranger.test', recipients: ['mfa-abcdefghij234567@relay.test'] }
      await broken('stranger.test', 'SERVFAIL', async () => {
        const verdict = await verdictOn(email(raw, { ...ELSEWHERE, envelope }))
        expect(verdict.level).toBe('untrusted')
        expect(verdict.temporaryFailure).toBeUndefined()
      })
    })

    it('for mail from a customer’s inbox, it is kept at once: some forwarders stop after a few refusals', async () => {
      const mailbox = context({ inboxAddresses: ['pat@forwarder.test'] })
      const envelope = { sender: 'pat@forwarder.test', recipients: ['mfa-abcdefghij234567@relay.test'] }
      const client = { address: '203.0.113.5', tls: true }
      await broken(`_domainkey.${ORGANISATION}`, 'SERVFAIL', async () => {
        const verdict = await verdictOn(email(await sign(mail()), { envelope, client }), mailbox)
        expect(verdict.level).toBe('untrusted')
        expect(verdict.temporaryFailure).toBeUndefined()
      })
    })

    it('at all, the wait ends', async () => {
      const never: AuthenticateDeps['lookup'] = () => new Promise(() => {})
      const message = email(await sign(mail()))
      const facts = await authenticate(message, await parseMime(message.raw), {
        ...deps,
        lookup: never,
        budgetMs: 50,
      })
      expect(facts.spf.result).toBe('temperror')
      expect(facts.dkim).toMatchObject([{ result: 'temperror' }])
    })
  })

  describe('mail that a customer forwards', () => {
    const inbox = 'pat.smith@forwarder.test'
    const client = { address: '203.0.113.5', tls: true }
    const forwarded = (sender: string) => ({
      client,
      envelope: { sender, recipients: ['mfa-abcdefghij234567@relay.test'] },
    })
    const mailbox = context({ inboxAddresses: [inbox] })

    for (const sender of [
      'pat.smith@forwarder.test',
      'Pat.Smith+caf_=mfa-abcdefghij234567=relay.test@forwarder.test',
      'pat.smith+SRS=ab1cd=2E=mail.example-electric.test=bounce@forwarder.test',
    ]) {
      it(`is trusted where the utility's signature survived: ${sender}`, async () => {
        const verdict = await verdictOn(email(await sign(mail()), forwarded(sender)), mailbox)
        expect(verdict).toMatchObject({ level: 'trusted', forwardedBy: inbox })
        expect(codes(verdict)).toContain('forwarded_by_inbox')
      })
    }

    it('is not trusted where it did not', async () => {
      const verdict = await verdictOn(email(mail(), forwarded(inbox)), mailbox)
      expect(verdict).toMatchObject({ level: 'untrusted', forwardedBy: null })
    })

    it('counts as forwarded only when SPF shows that the inbox sent it', async () => {
      const from = { ...forwarded(inbox), client: { address: '198.51.100.7', tls: false } }
      const verdict = await verdictOn(email(await sign(mail()), from), mailbox)
      expect(verdict).toMatchObject({ level: 'trusted', forwardedBy: null })
      expect(codes(verdict)).toContain('forwarder_unproven')
    })
  })

  it('tells whose work goes on after each answer', async () => {
    let resumed = 0
    const message = email(await sign(mail()))
    await authenticate(message, await parseMime(message.raw), {
      ...deps,
      onResume: () => {
        resumed += 1
      },
    })
    expect(resumed).toBeGreaterThanOrEqual(3)
  })
})
