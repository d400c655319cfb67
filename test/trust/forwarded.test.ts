import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codes, context, email, FROM_DOMAIN, mail, OUR_ADDRESS } from './support.ts'
import { startTrustWorld, type TrustWorld } from './world.ts'

let world: TrustWorld
beforeAll(async () => {
  world = await startTrustWorld()
})
afterAll(() => world.close())

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
      const verdict = await world.verdictOn(email(await world.sign(mail()), forwarded(sender)), mailbox)
      expect(verdict).toMatchObject({ level: 'trusted', forwardedBy: inbox })
      expect(codes(verdict)).toContain('forwarded_by_inbox')
    })
  }

  it('is not trusted where it did not', async () => {
    const verdict = await world.verdictOn(email(mail(), forwarded(inbox)), mailbox)
    expect(verdict).toMatchObject({ level: 'untrusted', forwardedBy: null })
  })

  describe('through Microsoft 365', () => {
    const inbox = 'pat.smith@contoso.test'
    const mailbox = context({ inboxAddresses: [inbox] })
    const toInbox = () => mail().replace(`To: ${OUR_ADDRESS}`, `To: ${inbox}`)
    const from = (sender: string, address = '203.0.113.80') => ({
      client: { address, helo: 'mail.protection.outlook.test', tls: true },
      envelope: { sender, recipients: [OUR_ADDRESS] },
    })
    // Where the rewritten sender gets too long, or the tenant's own domain is not the first, nobody can tell whose
    // mailbox it was; from the pool for doubtful mail it is not rewritten, and SPF fails.
    const envelopes = [
      ['rewritten', `pat.smith+SRS=ab1cd=2E=${FROM_DOMAIN}=bounce@contoso.test`, inbox],
      ['shortened', 'bounces+SRS=ab1cd=2E@contoso.onmicrosoft.test', null],
      ['rewritten at the first domain', `pat.smith+SRS=ab1cd=2E=x=y@contoso.onmicrosoft.test`, null],
      ['not rewritten', `bounce@${FROM_DOMAIN}`, null],
    ] as const
    beforeAll(() => {
      for (const domain of ['contoso.test', 'contoso.onmicrosoft.test'])
        world.dns.set('TXT', domain, 'v=spf1 ip4:203.0.113.80 -all')
    })

    it.each(envelopes)('is believed for its signature, its envelope %s', async (_, sender, forwardedBy) => {
      const verdict = await world.verdictOn(email(await world.sign(toInbox()), from(sender)), mailbox)
      expect(verdict).toMatchObject({ level: 'trusted', forwardedBy })
    })

    it.each(envelopes)(
      'is believed for the seal, its envelope %s, where it names the inbox',
      async (_, sender, forwardedBy) => {
        const sealed = await world.seal(
          toInbox(),
          'microsoft.com',
          `dmarc=pass action=none header.from=${FROM_DOMAIN}`,
        )
        const verdict = await world.verdictOn(email(sealed, from(sender)), mailbox)
        expect(verdict).toMatchObject({ level: forwardedBy ? 'trusted' : 'untrusted', forwardedBy })
      },
    )
  })

  it('counts as forwarded only when SPF shows that the inbox sent it', async () => {
    const from = { ...forwarded(inbox), client: { address: '198.51.100.7', tls: false } }
    const verdict = await world.verdictOn(email(await world.sign(mail()), from), mailbox)
    expect(verdict).toMatchObject({ level: 'trusted', forwardedBy: null })
    expect(codes(verdict)).toContain('forwarder_unproven')
  })
})
