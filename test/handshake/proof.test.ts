import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi } from '../support/api.ts'
import { provision } from '../support/relay.ts'
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'
import { type HandshakeWorld, letter, startHandshakeWorld } from './world.ts'

const INBOX = 'pat@customer.test'
type Forwarding = { inbox: string; state: string; advice: string | null }
type Mfa = { health: { forwarding: Forwarding[] }; recipients: { emails: unknown[] } }

describe('test mail to an inbox', () => {
  let sink: SmtpSink
  let world: HandshakeWorld
  beforeAll(async () => {
    sink = await startSmtpSink()
    world = await startHandshakeWorld({ OUTBOUND_SMTP_URL: sink.smtpUrl })
  })
  afterAll(async () => {
    await world.close()
    await sink.close()
  })

  const setUp = (inbox = INBOX) =>
    provision(world.relay, { method: 'inbox_forwarding', inboxAddresses: [inbox] })
  const prove = (connectionId: string, inbox = INBOX) =>
    world.relay.api<Forwarding>('POST', `/v2/connection/${connectionId}/mfa/proof`, { inbox })
  const mfaOf = async (connectionId: string) =>
    (await world.relay.api<Mfa>('GET', `/v2/connection/${connectionId}/mfa`)).body
  const stateOf = async (connectionId: string) => (await mfaOf(connectionId)).health.forwarding[0]?.state
  /** As it comes back from a rule that redirects: byte for byte. */
  const comeBack = (raw: string, to: string) => world.send(raw, { from: INBOX, to })

  it('proves the rule when it comes back, though it is our own mail', async () => {
    const { connectionId, emailAddress } = await setUp()
    expect((await prove(connectionId)).status).toBe(202)
    const mail = await sink.waitFor(({ envelope }) => envelope.to.includes(INBOX), 15_000)
    expect(mail.parsed.from?.address).toBe('proof@relay.test')
    expect(await stateOf(connectionId)).toBe('waiting')
    // Mail to another connection proves nothing for this one, nor the reverse.
    const other = await setUp()
    await comeBack(mail.raw.toString(), other.emailAddress)
    expect(await stateOf(other.connectionId)).toBe('waiting')
    expect(await stateOf(connectionId)).toBe('waiting')

    await comeBack(mail.raw.toString(), emailAddress)
    expect(await stateOf(connectionId)).toBe('proven')
    const { body } = await world.relay.api<{ items: { extraction: { kind: string } }[] }>(
      'GET',
      `/v2/connection/${connectionId}/messages`,
    )
    expect(body.items[0]?.extraction.kind).not.toBe('loop')
    // The inbox has not become a recipient.
    expect((await mfaOf(connectionId)).recipients.emails).toEqual([])
  })

  it('cannot be made up', async () => {
    const inbox = 'kim@customer.test'
    const { connectionId, emailAddress } = await setUp(inbox)
    await prove(connectionId, inbox)
    const mail = await sink.waitFor(({ envelope }) => envelope.to.includes(inbox), 15_000)
    const mark = /b-[0-9a-f]{32}-[0-9a-f]+/.exec(mail.parsed.subject ?? '')?.[0] ?? ''
    expect(mark).not.toBe('')
    const forge = (from: string, subject: string) =>
      comeBack(letter({ from, to: emailAddress, subject, text: 'x' }), emailAddress)
    await forge(
      'proof@relay.test',
      mark.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
    )
    await forge('proof@relay.test', 'Forwarding test')
    await forge('proof@evil.test', mark)
    expect(await stateOf(connectionId)).toBe('waiting')
  })

  it('is sent to recorded inboxes only, and not more often than can be told', async () => {
    const { connectionId } = await setUp('lee@customer.test')
    expect((await prove(connectionId, 'mallory@evil.test')).status).toBe(404)
    expect((await prove(connectionId, 'lee@customer.test')).status).toBe(202)
    expect((await prove(connectionId, 'lee@customer.test')).status).toBe(409)
  })
})

describe('test mail that does not come back', () => {
  it('leaves the rule unproven after ten minutes, with the provider’s advice', async () => {
    const advice = 'Look for 5.7.520'
    const providerOf = () => ({ silence: { afterMinutes: 10, advice } }) as never
    const api = await startApi({ providerOf })
    try {
      const connectionId = await api.newConnection(await api.newCompany())
      const path = `/v2/connection/${connectionId}/mfa`
      await api.call('PUT', path, { method: 'inbox_forwarding', inboxAddresses: [INBOX] })
      expect((await api.call('POST', `${path}/proof`, { inbox: INBOX })).status).toBe(202)
      const forwarding = async () => (await api.call<Mfa>('GET', path)).body.health.forwarding
      api.clock.skipMs = 590_000
      expect(await forwarding()).toMatchObject([{ state: 'waiting', advice: null }])
      api.clock.skipMs = 610_000
      expect(await forwarding()).toMatchObject([{ state: 'unproven', advice }])
    } finally {
      await api.close()
    }
  })
})
