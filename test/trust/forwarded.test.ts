import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codes, context, email, mail } from './support.ts'
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

  it('counts as forwarded only when SPF shows that the inbox sent it', async () => {
    const from = { ...forwarded(inbox), client: { address: '198.51.100.7', tls: false } }
    const verdict = await world.verdictOn(email(await world.sign(mail()), from), mailbox)
    expect(verdict).toMatchObject({ level: 'trusted', forwardedBy: null })
    expect(codes(verdict)).toContain('forwarder_unproven')
  })
})
