import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provision } from '../support/relay.ts'
import { gmailQuestion, type HandshakeWorld, letter, startHandshakeWorld } from './world.ts'

const INBOX = 'pat.smith@gmail.com'
const LINK = 'https://mail-settings.google.com/mail/vf-%5BANGjdJ8secret%5D-abc'
type Mfa = {
  forwardingConfirmation?: {
    provider: string
    requester: string
    link: string | null
    code: string | null
    state: string
  }
  health: { forwarding: { inbox: string; state: string; advice: string | null }[] }
}

let world: HandshakeWorld
beforeAll(async () => {
  world = await startHandshakeWorld()
  world.dns.set('TXT', '_dmarc.google.com', 'v=DMARC1; p=reject')
})
afterAll(() => world.close())

const setUp = () =>
  provision(world.relay, {
    method: 'inbox_forwarding',
    inboxAddresses: [INBOX],
    emails: ['pat@customer.test'],
  })
const mfaOf = async (connectionId: string, key?: string) =>
  world.relay.api<Mfa>('GET', `/v2/connection/${connectionId}/mfa`, undefined, key)
const ask = async (to: string, raw: string, domain = 'google.com') =>
  world.send(await world.sign(raw, domain), { from: 'forwarding-noreply@google.com', to })
const newKey = async (scope: string, companyId: string) =>
  (await world.relay.api<{ key: string }>('POST', '/v2/key', { scope, companyId })).body.key

describe('Gmail’s question whether mail may be forwarded', () => {
  it('is shown to administrators and the company, on record, and never relayed or claimed', async () => {
    const { connectionId, companyId, emailAddress } = await setUp()
    expect((await mfaOf(connectionId)).body.health.forwarding).toMatchObject([
      { inbox: 'patsmith@gmail.com', state: 'waiting', advice: null },
    ])
    const attempt = await world.relay.api<{ id: string }>(
      'POST',
      `/v2/connection/${connectionId}/attempt`,
      {},
    )
    await ask(emailAddress, gmailQuestion(emailAddress, INBOX, LINK, 'Confirmation code: 482913'))

    const company = await newKey('company', companyId)
    for (const key of [undefined, company]) {
      const { body } = await mfaOf(connectionId, key)
      expect(body.forwardingConfirmation).toMatchObject({
        provider: 'gmail',
        requester: 'patsmith@gmail.com',
        link: LINK,
        code: '482913',
        state: 'confirmation_seen',
      })
      expect(body.health.forwarding[0]?.state).toBe('confirmation_seen')
      expect(JSON.stringify(body)).not.toContain('uf-')
    }
    const audit = await world.relay.api<{ items: { action: string }[] }>('GET', '/v2/audit?limit=50')
    expect(audit.body.items.filter(({ action }) => action === 'forwarding_confirmation.viewed')).toHaveLength(
      2,
    )

    expect((await world.relay.api('GET', `/v2/attempt/${attempt.body.id}/code?wait=0`)).status).toBe(204)
    const { body } = await world.relay.api<{ total: number }>(
      'GET',
      `/v2/connection/${connectionId}/deliveries`,
    )
    expect(body.total).toBe(0)
  })

  it('is not shown to runners', async () => {
    const { connectionId, companyId } = await setUp()
    expect((await mfaOf(connectionId, await newKey('runner', companyId))).status).toBe(403)
  })

  it('lies sealed in the store: neither link is in any file', async () => {
    const { emailAddress } = await setUp()
    await ask(
      emailAddress,
      gmailQuestion(emailAddress, INBOX, 'https://mail.google.com/mail/u/0/vf-%5Bsealedhere'),
    )
    const files = readdirSync(world.relay.dataDir).map((name) =>
      readFileSync(join(world.relay.dataDir, name)),
    )
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) {
      expect(file.includes('/vf-')).toBe(false)
      expect(file.includes('/uf-')).toBe(false)
    }
  })

  it('with a link of an account of several is the same question', async () => {
    const { connectionId, emailAddress } = await setUp()
    const link = 'https://mail.google.com/mail/u/0/vf-%5Babc'
    await ask(emailAddress, gmailQuestion(emailAddress, INBOX, link))
    expect((await mfaOf(connectionId)).body.forwardingConfirmation).toMatchObject({ link })
  })

  it('is not shown when it is forged, for another inbox, or for another connection', async () => {
    const { connectionId, emailAddress } = await setUp()
    await ask(emailAddress, gmailQuestion(emailAddress, INBOX, LINK), 'evil.test')
    await ask(emailAddress, gmailQuestion(emailAddress, 'mallory@gmail.com', LINK))
    const { emailAddress: another } = await provision(world.relay, { method: 'inbox_forwarding' })
    await ask(emailAddress, gmailQuestion(another, INBOX, LINK), 'google.com')
    const { body } = await mfaOf(connectionId)
    expect(body.forwardingConfirmation).toBeUndefined()
    expect(body.health.forwarding[0]?.state).toBe('waiting')
  })

  it('has its link dropped when that leads elsewhere', async () => {
    const { connectionId, emailAddress } = await setUp()
    await ask(emailAddress, gmailQuestion(emailAddress, INBOX, 'https://evil.test/mail/vf-abc'))
    const { body } = await mfaOf(connectionId)
    expect(body.forwardingConfirmation).toMatchObject({ link: null, state: 'confirmation_seen' })
  })
})

describe('forwarding is proven', () => {
  it('by a code of the utility that came through the inbox, and then the link is shown no more', async () => {
    const { connectionId, emailAddress } = await setUp()
    world.dns.set('TXT', 'gmail.com', 'v=spf1 ip4:127.0.0.1 -all')
    await ask(emailAddress, gmailQuestion(emailAddress, INBOX, LINK))
    const code = letter({
      from: 'Sandbox Power <codes@sandbox-power.test>',
      to: INBOX,
      subject: 'Your sign-in code',
      text: 'Your Sandbox Power verification code is 482913',
    })
    const from = `patsmith+caf_=${emailAddress.replace('@', '=')}@gmail.com`
    await world.send(await world.sign(code, 'sandbox-power.test'), { from, to: emailAddress })
    const { body } = await mfaOf(connectionId)
    expect(body.health.forwarding).toMatchObject([{ inbox: 'patsmith@gmail.com', state: 'proven' }])
    expect(body.forwardingConfirmation).toMatchObject({ link: null, code: null, state: 'proven' })
  })

  it('not by what only says that it came through it, and not by a stranger’s mail', async () => {
    const { connectionId, emailAddress } = await setUp()
    world.dns.set('TXT', 'gmail.com', 'v=spf1 -all')
    const from = `patsmith+caf_=${emailAddress.replace('@', '=')}@gmail.com`
    const code = (sender: string) =>
      letter({
        from: sender,
        to: INBOX,
        subject: 'Your code',
        text: 'Your Sandbox Power verification code is 482913',
      })
    await world.send(await world.sign(code('codes@sandbox-power.test'), 'sandbox-power.test'), {
      from,
      to: emailAddress,
    })
    world.dns.set('TXT', 'gmail.com', 'v=spf1 ip4:127.0.0.1 -all')
    await world.send(await world.sign(code('codes@evil.test'), 'evil.test'), { from, to: emailAddress })
    expect((await mfaOf(connectionId)).body.health.forwarding[0]?.state).toBe('waiting')
  })

  it('not by a code that the customer sent on by hand', async () => {
    const { connectionId, emailAddress } = await setUp()
    const raw = letter({
      from: `Pat <${INBOX}>`,
      to: emailAddress,
      subject: 'Fwd: Your code',
      text: 'Your Sandbox Power verification code is 482913',
    })
    await world.send(await world.sign(raw, 'gmail.com'), { from: INBOX, to: emailAddress })
    const path = `/v2/connection/${connectionId}/messages`
    const { body } = await world.relay.api<{ items: object[] }>('GET', path)
    expect(body.items).toMatchObject([{ verdict: { level: 'candidate' }, extraction: { kind: 'code' } }])
    expect((await mfaOf(connectionId)).body.health.forwarding[0]?.state).toBe('waiting')
  })
})
