import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InboundEmail } from '../../src/domain/message.ts'
import { isConfirmingLink, withoutBadLink } from '../../src/trust/confirmation-link.ts'
import type { InboxProvider } from '../../src/utilities/inbox-providers.ts'
import { loadInboxProviders } from '../../src/utilities/inbox-providers.ts'
import { codes, context, dkimKey, email, NOW, OUR_ADDRESS, signed } from './support.ts'
import { startTrustWorld, type TrustWorld } from './world.ts'

const REQUESTER = 'pat.smith@gmail.com'
const google = dkimKey()
let world: TrustWorld
beforeAll(async () => {
  world = await startTrustWorld()
  world.dns.set('TXT', 's1._domainkey.google.com', google.record)
  world.dns.set('TXT', 'google.com', 'v=spf1 ip4:192.0.2.77 -all')
  world.dns.set('TXT', '_dmarc.google.com', 'v=DMARC1; p=reject')
})
afterAll(() => world.close())

const { providers } = loadInboxProviders()
const gmail = providers.get('gmail') as InboxProvider
const window = [{ inbox: 'patsmith@gmail.com', openUntil: NOW + 1000 }]
const mailbox = context({ inboxAddresses: ['patsmith@gmail.com'] }, [], { forwardingWindows: window })

/** A twin of what Gmail sends, with nobody's data. */
const confirmation = (change: { from?: string; to?: string; marked?: boolean } = {}): string =>
  [
    `From: Gmail Team <${change.from ?? 'forwarding-noreply@google.com'}>`,
    `To: ${change.to ?? OUR_ADDRESS}`,
    `Subject: (Gmail Forwarding Confirmation - Receive Mail from ${REQUESTER}`,
    'Date: Sat, 21 Nov 2026 08:00:00 +0000',
    'Message-ID: <1@mail.gmail.com>',
    ...((change.marked ?? true) ? ['X-Google-Address-Confirmation: abcdefghijklmnopqrstuvwxyz1'] : []),
    '',
    `${REQUESTER} has requested to automatically forward mail to your email address ${OUR_ADDRESS}.`,
  ].join('\r\n')

const byGoogle = (raw: string) => signed(raw, { domain: 'google.com', privateKey: google.privateKey })
const arrived = (raw: string, change: Partial<InboundEmail> = {}) =>
  email(raw, {
    client: { address: '192.0.2.77', tls: true },
    envelope: { sender: 'forwarding-noreply@google.com', recipients: [OUR_ADDRESS] },
    ...change,
  })
const asks = (requester: string | undefined = REQUESTER, provider = 'gmail') => ({
  extraction: {
    kind: 'forwarding_confirmation' as const,
    provider,
    ...(requester ? { requester } : {}),
    candidates: [],
  },
})
const judged = async (message: InboundEmail, who = mailbox, found = asks()) =>
  world.verdictOn(message, who, undefined, found)

describe('a provider’s question whether mail may be forwarded to us', () => {
  it('is believed when the provider asks for an inbox that was recorded', async () => {
    const verdict = await judged(arrived(await byGoogle(confirmation())))
    expect(verdict).toMatchObject({ level: 'trusted', forwardedBy: null })
    expect(codes(verdict)[0]).toBe('confirmation_sender')
  })

  const refused = async (message: InboundEmail, code: string, who = mailbox, found = asks()) => {
    const verdict = await judged(message, who, found)
    expect(verdict.level).toBe('untrusted')
    expect(codes(verdict)).toContain(code)
  }

  it('is not believed when the provider did not send it', async () => {
    const elsewhere = { client: { address: '198.51.100.7', tls: false } }
    await refused(arrived(confirmation(), elsewhere), 'confirmation_unproven')
    const forged = await signed(confirmation(), { domain: 'stranger.test', privateKey: world.strangerKey })
    await refused(arrived(forged, elsewhere), 'confirmation_unproven')
    const changed = (await byGoogle(confirmation())).replace('automatically', 'happily')
    await refused(arrived(changed, elsewhere), 'confirmation_unproven')
  })

  it('is not believed from another sender, even at the same provider', async () => {
    for (const from of [
      'mallory@google.com',
      'forwarding-noreply@google.com.evil.test',
      'mallory@gmail.com',
    ]) {
      await refused(arrived(await byGoogle(confirmation({ from }))), 'confirmation_sender_unknown')
    }
  })

  it('is not believed without the header that marks it', async () => {
    await refused(arrived(await byGoogle(confirmation({ marked: false }))), 'confirmation_malformed')
  })

  it('is not believed for an inbox that nobody recorded: anybody can ask Gmail to forward here', async () => {
    const raw = await byGoogle(confirmation())
    await refused(arrived(raw), 'confirmation_requester_unknown', mailbox, asks('mallory@gmail.com'))
    await refused(arrived(raw), 'confirmation_requester_unknown', mailbox, {
      extraction: { kind: 'forwarding_confirmation', provider: 'gmail', candidates: [] },
    })
    await refused(arrived(raw), 'confirmation_requester_unknown', context())
  })

  it('is not believed outside of the 48 hours after forwarding was set up', async () => {
    const raw = await byGoogle(confirmation())
    const over = context({ inboxAddresses: ['patsmith@gmail.com'] }, [], {
      forwardingWindows: [{ inbox: 'patsmith@gmail.com', openUntil: NOW }],
    })
    await refused(arrived(raw), 'confirmation_window_closed', over)
    const other = context({ inboxAddresses: ['patsmith@gmail.com'] }, [], {
      forwardingWindows: [{ inbox: 'kim@gmail.com', openUntil: NOW + 1000 }],
    })
    await refused(arrived(raw), 'confirmation_window_closed', other)
  })

  it('is not believed when it came to several at once, or was written to somebody else', async () => {
    const raw = await byGoogle(confirmation())
    const envelope = { sender: 'x@google.com', recipients: [OUR_ADDRESS, 'mfa-other@relay.test'] }
    await refused(arrived(raw, { envelope }), 'confirmation_several_recipients')
    const passedOn = await byGoogle(confirmation({ to: 'mallory@evil.test' }))
    await refused(
      arrived(passedOn, { client: { address: '198.51.100.7', tls: false } }),
      'confirmation_unproven',
    )
  })

  it('is not believed when none of the domains that sign for the provider proves it', async () => {
    const rules = { ...gmail.confirmation, signedBy: ['signer.google.com'] }
    const strict = new Map([...providers, ['gmail', { ...gmail, confirmation: rules }]])
    const found = { ...asks(), providers: strict }
    await refused(arrived(await byGoogle(confirmation())), 'confirmation_unproven', mailbox, found)
  })

  it('of a provider whose mail we do not know to the letter is pointed out, and no more', async () => {
    const key = dkimKey()
    world.dns.set('TXT', 's1._domainkey.zoho.com', key.record)
    const raw = await signed(confirmation({ from: 'noreply@zoho.com' }), {
      domain: 'zoho.com',
      privateKey: key.privateKey,
    })
    const found = asks(REQUESTER, 'zoho')
    expect((await judged(arrived(raw), mailbox, found)).level).toBe('candidate')
    // The extractor goes by looks; zoho.test is whoever registered it.
    const lookalike = await byGoogle(confirmation({ from: 'noreply@zoho.test' }))
    await refused(arrived(lookalike), 'confirmation_sender_unknown', mailbox, found)
  })
})

describe('the link that confirms', () => {
  it('is the provider’s own, and none that cancels', () => {
    for (const [link, isGood] of [
      ['https://mail-settings.google.com/mail/vf-%5Babc%5D-def', true],
      ['https://mail.google.com/mail/vf-abc', true],
      ['https://mail.google.com/mail/u/0/vf-abc', true],
      ['https://mail.google.com/mail/u/12/vf-abc', true],
      ['https://mail-settings.google.com/mail/uf-abc', false],
      ['https://mail.google.com/mail/u/0/uf-abc', false],
      ['http://mail.google.com/mail/vf-abc', false],
      ['https://mail.google.com.evil.test/mail/vf-abc', false],
      ['https://evil.test/mail/vf-abc', false],
      ['https://user@mail.google.com/mail/vf-abc', false],
      ['https://mail.google.com:8443/mail/vf-abc', false],
      ['https://mail.google.com/mail/../evil/vf-abc', false],
      ['https://mail.google.com/url?q=/mail/vf-abc', false],
      ['javascript:alert(1)//mail/vf-', false],
    ] as const) {
      expect(isConfirmingLink(link, gmail), link).toBe(isGood)
    }
  })

  it('is dropped where it is not', () => {
    const found = { ...asks().extraction, link: 'https://mail.google.com/mail/uf-abc' }
    expect(withoutBadLink(found, gmail)).toEqual(asks().extraction)
    expect(withoutBadLink({ ...found, provider: 'nobody' }, undefined)).not.toHaveProperty('link')
    const good = { ...found, link: 'https://mail.google.com/mail/vf-abc' }
    expect(withoutBadLink(good, gmail)).toBe(good)
  })
})
