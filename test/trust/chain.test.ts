import { sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codes, context, ELSEWHERE, email, FROM_DOMAIN, mail, ORGANISATION, OUR_ADDRESS } from './support.ts'
import { startTrustWorld, type TrustWorld } from './world.ts'

let world: TrustWorld
beforeAll(async () => {
  world = await startTrustWorld()
})
afterAll(() => world.close())

const INBOX = 'pat.smith@forwarder.test'
const mailbox = context({ inboxAddresses: [INBOX] })
const PASSED = `dmarc=pass (p=REJECT) header.from=${FROM_DOMAIN}`
/** As Gmail passes it on; a footer broke the utility's own signature. */
const forwarded = {
  client: { address: '203.0.113.5', tls: true },
  envelope: {
    sender: `pat.smith+caf_=${OUR_ADDRESS.replace('@', '=')}@forwarder.test`,
    recipients: [OUR_ADDRESS],
  },
}
const toInbox = () => mail().replace(`To: ${OUR_ADDRESS}`, `To: ${INBOX}`)
const broken = async () => (await world.sign(toInbox())).replace('482913.', '482913.\r\n-- \r\nscanned')

/** A header field in relaxed canonicalization (RFC 6376 §3.4.2). */
const relaxed = (field: string): string => {
  const at = field.indexOf(':')
  const value = field
    .slice(at + 1)
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
  return `${field.slice(0, at).toLowerCase()}:${value.trim()}`
}

describe('a forwarder’s word, where it broke the signature', () => {
  it('counts when a provider that we know sealed what it saw', async () => {
    for (const [sealer, results] of [
      ['google.com', PASSED],
      ['google.com', 'dkim=pass header.i=@example-electric.test header.s=s1'],
      ['microsoft.com', `spf=pass smtp.mailfrom=${FROM_DOMAIN}; dkim=none; dmarc=bestguesspass`],
    ] as const) {
      const raw = await world.seal(await broken(), sealer, results)
      const verdict = await world.verdictOn(email(raw, forwarded), mailbox)
      expect(verdict, results).toMatchObject({ level: 'trusted', forwardedBy: INBOX })
      expect(codes(verdict)).toContain('arc_pass')
    }
  })

  const untrusted = async (raw: string, code: string, change: object = forwarded, who = mailbox) => {
    const verdict = await world.verdictOn(email(raw, change), who)
    expect(verdict.level).toBe('untrusted')
    expect(codes(verdict)).toContain(code)
  }

  it('does not count when it saw no proof, or proof of somebody else', async () => {
    for (const results of [
      'dmarc=none',
      `dmarc=fail header.from=${FROM_DOMAIN}; spf=pass smtp.mailfrom=${FROM_DOMAIN}`,
      'dmarc=pass header.from=stranger.test',
      'dkim=pass header.i=@example-electric.test.stranger.test',
      'dkim=fail header.i=@example-electric.test',
    ]) {
      await untrusted(await world.seal(await broken(), 'google.com', results), 'arc_not_aligned')
    }
  })

  it('counts with the quotes and comments that providers write', async () => {
    for (const results of [
      `dkim=pass header.i=@${ORGANISATION} header.s=s1 header.b="aB/c+d=="; spf=pass (google.com: domain of bounces+1-pat=gmail.com@em.example-electric.test designates 192.0.2.10 as permitted sender) smtp.mailfrom="bounces+1-pat=gmail.com@em.example-electric.test"; dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=${FROM_DOMAIN}`,
      `spf=pass (sender ip is 192.0.2.10) smtp.rcpttodomain=contoso.test smtp.mailfrom=${FROM_DOMAIN}; dmarc=pass (p=reject sp=reject pct=100) action=none header.from=${FROM_DOMAIN}; dkim=pass (signature was verified) header.d=${ORGANISATION}; arc=none (0)`,
      `dkim=pass header.d=${ORGANISATION}; dkim=pass header.d=esp.test; spf=pass smtp.helo=mx.esp.test`,
    ]) {
      const raw = await world.seal(await broken(), 'google.com', results)
      expect((await world.verdictOn(email(raw, forwarded), mailbox)).level, results).toBe('trusted')
    }
  })

  it('does not count where an envelope sender could have written a part of it', async () => {
    const forged = `dkim=pass header.d=${ORGANISATION}`
    for (const results of [
      `spf=pass (google.com: domain of "a); ${forged}; x=("@stranger.test designates) smtp.mailfrom=x@stranger.test`,
      `spf=pass (domain of a); ${forged}; x=(@stranger.test designates) smtp.mailfrom=x@stranger.test`,
      `spf=pass (domain of a(b); ${forged}) smtp.mailfrom=x@stranger.test; ${forged}`,
      `spf=pass smtp.mailfrom="a; ${forged}"@stranger.test; ${forged}`,
      `spf=pass smtp.mailfrom="a\\"; ${forged}; x=\\""@stranger.test`,
      `spf=pass smtp.mailfrom=x@stranger.test; spf=pass smtp.mailfrom=${FROM_DOMAIN}`,
      `spf=pass smtp.mailfrom=@stranger.test:a@${FROM_DOMAIN}`,
      `spf=pass smtp.mailfrom=a@stranger.test@${FROM_DOMAIN}`,
      `dmarc=pass header.from=stranger.test; dmarc=pass header.from=${FROM_DOMAIN}`,
    ]) {
      const raw = await world.seal(await broken(), 'google.com', results)
      expect((await world.verdictOn(email(raw, forwarded), mailbox)).level, results).toBe('untrusted')
    }
  })

  it('does not count when anybody else sealed it', async () => {
    await untrusted(await world.seal(await broken(), 'stranger.test', PASSED), 'arc_untrusted_sealer')
  })

  it('does not count where a stranger could have put words into a provider’s mouth', async () => {
    // The message signature is Google's own; results and seal are the stranger's, and valid.
    const google = await world.seal(await broken(), 'google.com', 'dmarc=none')
    const signature =
      google.split(/\r\n(?![ \t])/).find((field) => /^arc-message-signature:/i.test(field)) ?? ''
    const results = `ARC-Authentication-Results: i=1; mx.google.com; ${PASSED}`
    const seal = 'ARC-Seal: i=1; a=rsa-sha256; cv=none; d=stranger.test; s=s1; b='
    const covered = [results, signature, seal].map(relaxed).join('\r\n')
    const b = sign('sha256', Buffer.from(covered), world.strangerKey).toString('base64')
    const mixed = [`${seal}${b}`, signature, results, await broken()].join('\r\n')
    expect((await world.authenticated(email(mixed, forwarded))).arc.result).toBe('pass')
    await untrusted(mixed, 'arc_untrusted_sealer')
  })

  it('does not count behind a stranger’s seal, and does behind another provider’s', async () => {
    const first = await world.seal(await broken(), 'google.com', PASSED)
    await untrusted(await world.seal(first, 'stranger.test', 'arc=pass', 'pass'), 'arc_untrusted_sealer')
    const second = await world.seal(first, 'microsoft.com', 'arc=pass', 'pass')
    expect((await world.verdictOn(email(second, forwarded), mailbox)).level).toBe('trusted')
    // And what a stranger says below a provider's seal is still the stranger's.
    const low = await world.seal(await broken(), 'stranger.test', PASSED)
    await untrusted(await world.seal(low, 'google.com', 'arc=pass', 'pass'), 'arc_not_aligned')
  })

  it('does not count when the message was changed after it', async () => {
    const raw = (await world.seal(await broken(), 'google.com', PASSED)).replace('482913', '000000')
    await untrusted(raw, 'arc_fail')
  })

  it('does not count when no recorded inbox of this connection forwarded it', async () => {
    const raw = await world.seal(await broken(), 'google.com', PASSED)
    await untrusted(raw, 'from_utility', forwarded, context({ inboxAddresses: ['kim@forwarder.test'] }))
    await untrusted(raw, 'forwarder_unproven', { ...forwarded, ...ELSEWHERE })
  })

  it('does not count for a message that was written to somebody else', async () => {
    const raw = (await broken()).replace(`To: ${INBOX}`, 'To: mallory@evil.test')
    await untrusted(await world.seal(raw, 'google.com', PASSED), 'addressed_elsewhere')
  })

  it('is waited for while DNS does not answer, without refusing: the forwarder may stop for good', async () => {
    const raw = await world.seal(await broken(), 'google.com', PASSED)
    world.dns.break('_domainkey.google.com', 'SERVFAIL')
    try {
      const verdict = await world.verdictOn(email(raw, forwarded), mailbox)
      expect(verdict.temporaryFailure).toBeUndefined()
      expect(codes(verdict)).toContain('arc_temperror')
    } finally {
      world.dns.mend('_domainkey.google.com')
    }
  })
})
