import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressesIn } from '../../src/trust/recipients.ts'
import { codes, context, ELSEWHERE, email, mail, OUR_ADDRESS } from './support.ts'
import { startTrustWorld, type TrustWorld } from './world.ts'

let world: TrustWorld
beforeAll(async () => {
  world = await startTrustWorld()
})
afterAll(() => world.close())

const INBOX = 'pat@forwarder.test'
const to = (recipients: string, more: readonly string[] = []) =>
  mail(more).replace(`To: ${OUR_ADDRESS}`, `To: ${recipients}`)
const judged = async (raw: string, signing = {}) =>
  world.verdictOn(email(await world.sign(raw, signing), ELSEWHERE), context({ inboxAddresses: [INBOX] }))

describe('a signed message that somebody sends again', () => {
  it('is believed where it says, as signed, that it was meant for us', async () => {
    for (const recipients of [
      OUR_ADDRESS,
      OUR_ADDRESS.toUpperCase(),
      `"Smith, Pat" <${OUR_ADDRESS}>, other@x.test`,
      INBOX,
      `Pat <Pat+bills@forwarder.test>`,
    ]) {
      expect((await judged(to(recipients))).level, recipients).toBe('trusted')
    }
    expect((await judged(to('someone@x.test', [`Cc: ${INBOX}`]))).level).toBe('trusted')
  })

  it('is not believed where it was written to somebody else', async () => {
    for (const recipients of [
      'mallory@evil.test',
      'mallory@relay.test',
      // Display names are chosen by whoever has an account at the portal.
      `"${OUR_ADDRESS}" <mallory@evil.test>`,
      `"<${OUR_ADDRESS}>" <mallory@evil.test>`,
      `=?utf-8?q?x_=3C${OUR_ADDRESS.replace('@', '=40')}=3E?= <mallory@evil.test>`,
      `"x, ${OUR_ADDRESS}, y" <mallory@evil.test>`,
      `(${OUR_ADDRESS}) mallory@evil.test`,
      `<${OUR_ADDRESS}> <mallory@evil.test>`,
      'undisclosed-recipients:;',
    ]) {
      const verdict = await judged(to(recipients))
      expect(verdict.level, recipients).toBe('untrusted')
      expect(codes(verdict)).toContain('addressed_elsewhere')
    }
  })

  it('is not believed where the header that names us is not signed', async () => {
    const unsigned = await judged(to(OUR_ADDRESS), { headers: 'From:Subject:Date:Message-ID' })
    expect(codes(unsigned)).toContain('addressed_elsewhere')
    const added = (await world.sign(to('mallory@evil.test'), { headers: 'From:To:Subject:Date' })).replace(
      '\r\nSubject:',
      `\r\nCc: ${OUR_ADDRESS}\r\nSubject:`,
    )
    const verdict = await world.verdictOn(email(added, ELSEWHERE))
    expect(verdict.level).toBe('untrusted')
    expect(codes(verdict)).toContain('addressed_elsewhere')
  })

  it('needs no such word when the utility’s own server brings it', async () => {
    expect((await world.verdictOn(email(to('undisclosed-recipients:;')))).level).toBe('trusted')
  })

  it('is not believed by another connection', async () => {
    const raw = await world.sign(mail())
    const other = context()
    const mailbox = { ...other, mailbox: { ...other.mailbox, address: 'mfa-zyxwvutsrqponmlk@relay.test' } }
    expect(codes(await world.verdictOn(email(raw, ELSEWHERE), mailbox))).toContain('addressed_elsewhere')
  })

  it('reads addresses only where addresses stand', () => {
    expect(addressesIn('group: a@x.test, B <b@x.test>;')).toEqual(['a@x.test', 'b@x.test'])
    expect(addressesIn('"a@x.test" <b@x.test>')).toEqual(['b@x.test'])
    expect(addressesIn('a@x.test (b@x.test (c@x.test))')).toEqual([])
    expect(addressesIn(`${'<'.repeat(50_000)}a@x.test`)).toEqual([])
  })
})

describe('what the customer sends on by hand', () => {
  const own = (headers: readonly string[] = []) =>
    mail(headers)
      .replace('Example Electric <codes@mail.example-electric.test>', `Pat <${INBOX}>`)
      .replace('Subject: Your code', 'Subject: Fwd: Your code')
  const sentBy = (address: string) => ({
    client: { address, tls: true },
    envelope: { sender: INBOX, recipients: [OUR_ADDRESS] },
  })
  const mailbox = context({ inboxAddresses: [INBOX] })

  it('is a candidate: authentic, but nobody knows who wrote the code', async () => {
    const verdict = await world.verdictOn(email(own(), sentBy('203.0.113.5')), mailbox)
    expect(verdict).toMatchObject({ level: 'candidate', forwardedBy: INBOX, senderDomain: null })
    expect(codes(verdict)).toEqual(['forwarded_by_hand', 'spf_pass_aligned', 'dkim_none'])
  })

  it('is not believed when only the From header says so', async () => {
    const verdict = await world.verdictOn(email(own(), sentBy('198.51.100.7')), mailbox)
    expect(verdict).toMatchObject({ level: 'untrusted', forwardedBy: null })
  })

  it('is a stranger’s mail for another connection', async () => {
    const verdict = await world.verdictOn(email(own(), sentBy('203.0.113.5')), context())
    expect(verdict.level).toBe('untrusted')
    expect(codes(verdict)[0]).toBe('from_not_utility')
  })

  it('is not refused when DNS does not answer', async () => {
    world.dns.break('forwarder.test', 'SERVFAIL')
    try {
      const verdict = await world.verdictOn(email(own(), sentBy('203.0.113.5')), mailbox)
      expect(verdict.level).toBe('untrusted')
      expect(verdict.temporaryFailure).toBeUndefined()
      expect(codes(verdict)).toContain('spf_temperror')
    } finally {
      world.dns.mend('forwarder.test')
    }
  })
})
