import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseMime } from '../../src/inbound/parse-mime.ts'
import { type AuthenticateDeps, authenticate } from '../../src/trust/authenticate.ts'
import { codes, context, ELSEWHERE, email, FROM_DOMAIN, mail, ORGANISATION } from './support.ts'
import { startTrustWorld, type TrustWorld } from './world.ts'

let world: TrustWorld
beforeAll(async () => {
  world = await startTrustWorld()
})
afterAll(() => world.close())

describe('when DNS does not answer', () => {
  const broken = async (name: string, how: 'SERVFAIL' | 'silence', work: () => Promise<void>) => {
    world.dns.break(name, how)
    try {
      await work()
    } finally {
      world.dns.mend(name)
    }
  }

  it('for the sender, it is for the sender to try again', async () => {
    await broken(ORGANISATION, 'SERVFAIL', async () => {
      const bySpf = await world.verdictOn(email(mail()))
      expect(bySpf).toMatchObject({ level: 'untrusted', temporaryFailure: true })
      expect(codes(bySpf)).toContain('spf_temperror')
      const byDkim = await world.verdictOn(email(await world.sign(mail()), { client: { tls: false } }))
      expect(byDkim).toMatchObject({ level: 'untrusted', temporaryFailure: true })
      expect(codes(byDkim)).toContain('dkim_temperror')
    })
    expect((await world.verdictOn(email(mail()))).level).toBe('trusted')
  })

  it('for one proof while the other is there, nothing is missing', async () => {
    await broken(FROM_DOMAIN, 'SERVFAIL', async () => {
      const verdict = await world.verdictOn(email(await world.sign(mail())))
      expect(verdict.level).toBe('trusted')
      expect(verdict.temporaryFailure).toBeUndefined()
    })
  })

  it('for somebody who is not the utility anyway, nobody tries again', async () => {
    const raw = mail().replace('<codes@mail.example-electric.test>', '<x@stranger.test>')
    const envelope = { sender: 'x@stranger.test', recipients: ['mfa-abcdefghij234567@relay.test'] }
    await broken('stranger.test', 'SERVFAIL', async () => {
      const verdict = await world.verdictOn(email(raw, { ...ELSEWHERE, envelope }))
      expect(verdict.level).toBe('untrusted')
      expect(verdict.temporaryFailure).toBeUndefined()
    })
  })

  it('for mail from a customer’s inbox, it is kept at once: some forwarders stop after a few refusals', async () => {
    const mailbox = context({ inboxAddresses: ['pat@forwarder.test'] })
    const envelope = { sender: 'pat@forwarder.test', recipients: ['mfa-abcdefghij234567@relay.test'] }
    const client = { address: '203.0.113.5', tls: true }
    await broken(`_domainkey.${ORGANISATION}`, 'SERVFAIL', async () => {
      const verdict = await world.verdictOn(email(await world.sign(mail()), { envelope, client }), mailbox)
      expect(verdict.level).toBe('untrusted')
      expect(verdict.temporaryFailure).toBeUndefined()
    })
  })

  it('at all, the wait ends', async () => {
    const never: AuthenticateDeps['lookup'] = () => new Promise(() => {})
    const message = email(await world.sign(mail()))
    const facts = await authenticate(message, await parseMime(message.raw), {
      ...world.deps,
      lookup: never,
      budgetMs: 50,
    })
    expect(facts.spf.result).toBe('temperror')
    expect(facts.dkim).toMatchObject([{ result: 'temperror' }])
  })
})
