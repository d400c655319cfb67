import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sendMail } from '../support/portal-mail.ts'
import { provision, startRelay, type TestRelay } from '../support/relay.ts'
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'

/* Everything that shows, releases or changes something secret, done once over the API and the pages. */

type Entry = { actor: string; action: string; subject: string; detail: string | null }

let relay: TestRelay
let sink: SmtpSink
let connectionId = ''
let emailAddress = ''
let runner: { id: string; key: string }
let company: { id: string; key: string }
beforeAll(async () => {
  sink = await startSmtpSink()
  relay = await startRelay({ OUTBOUND_SMTP_URL: sink.smtpUrl, RECIPIENT_CONFIRMATION: 'required' })
  const made = await provision(relay)
  ;({ connectionId, emailAddress } = made)
  runner = await newKey({ scope: 'runner' })
  company = await newKey({ scope: 'company', companyId: made.companyId })
})
afterAll(async () => {
  await relay.close()
  relay.remove()
  await sink.close()
})

const newKey = async (body: object): Promise<{ id: string; key: string }> =>
  (await relay.api<{ id: string; key: string }>('POST', '/v2/key', body)).body
const audit = async (): Promise<Entry[]> =>
  (await relay.api<{ items: Entry[] }>('GET', '/v2/audit?limit=500')).body.items
const expectEntry = async (entry: Partial<Entry>): Promise<void> =>
  expect(await audit()).toContainEqual(expect.objectContaining(entry))
const newest = async (): Promise<string> => {
  const path = `/v2/connection/${connectionId}/messages?limit=1`
  return (await relay.api<{ items: { id: string }[] }>('GET', path)).body.items[0]!.id
}
const openAttempt = async (): Promise<string> =>
  (await relay.api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})).body.id

describe('on record is', () => {
  it('who made and revoked a key', async () => {
    const { id } = await newKey({ scope: 'inbound' })
    await relay.api('DELETE', `/v2/key/${id}`)
    await expectEntry({ actor: 'admin', action: 'key.created', subject: `key:${id}`, detail: 'inbound' })
    await expectEntry({ actor: 'admin', action: 'key.revoked', subject: `key:${id}` })
  })

  it('who changed credentials, and who gets codes', async () => {
    const path = `/v2/connection/${connectionId}`
    await relay.api('PATCH', path, { password: 'another-password' }, company.key)
    await expectEntry({
      actor: `key:${company.id}`,
      action: 'credentials.changed',
      subject: `connection:${connectionId}`,
      detail: 'password',
    })
    const setup = {
      method: 'managed_forwarding',
      recipients: { emails: ['pat@customer.test'], phones: [] },
      securityQuestions: [{ question: 'First pet?', answer: 'Rex the dog' }],
      totpSecret: 'JBSWY3DPEHPK3PXP',
    }
    expect((await relay.api('PUT', `${path}/mfa`, setup, company.key)).status).toBe(200)
    await expectEntry({
      actor: `key:${company.id}`,
      action: 'mfa.configured',
      detail: 'method, recipients, securityQuestions, totpSecret',
    })
  })

  it('who said yes and no to copies, on the pages', async () => {
    const { parsed } = await sink.waitFor(({ envelope }) => envelope.to.includes('pat@customer.test'), 15_000)
    const [path = ''] = /\/r\/confirm\/[0-9a-z-]+/.exec(parsed.text ?? '') ?? []
    await fetch(`${relay.url}${path}`, { method: 'POST' })
    const entry = (await audit()).find(({ action }) => action === 'recipient.confirmed')
    expect(entry?.actor).toMatch(/^recipient:/)
  })

  it('which runner saw a code, again, and an answer', async () => {
    const attempt = await openAttempt()
    await sendMail(relay.ports.smtp, {
      to: emailAddress,
      text: 'Your Sandbox Power verification code is 481920',
    })
    for (const action of ['code.claimed', 'code.read_again']) {
      const code = await relay.api('GET', `/v2/attempt/${attempt}/code?wait=20`, undefined, runner.key)
      expect(code.status).toBe(200)
      await expectEntry({ actor: `key:${runner.id}`, action, subject: `attempt:${attempt}` })
    }
    const path = `/v2/attempt/${attempt}/answer`
    expect((await relay.api('POST', path, { question: 'First pet?' }, runner.key)).status).toBe(200)
    await expectEntry({ action: 'answer.read', subject: `attempt:${attempt}`, detail: 'First pet?' })
    await relay.api('POST', `/v2/attempt/${attempt}/outcome`, { status: 'CONNECTED' })
  })

  it('who saw a body, and nobody who only saw that there is one', async () => {
    const id = await newest()
    const viewed = async () => (await audit()).filter(({ action }) => action === 'message.viewed').length
    await relay.api('GET', `/v2/message/${id}`)
    await relay.api('GET', `/v2/message/${id}?body=true`, undefined, company.key)
    expect(await viewed()).toBe(0)
    await relay.api('GET', `/v2/message/${id}?body=true`)
    await expectEntry({ actor: 'admin', action: 'message.viewed', subject: `message:${id}` })
  })

  it('who released a message, and pinned its sender; a company may not', async () => {
    const from = 'codes@stranger.test'
    await sendMail(relay.ports.smtp, {
      to: emailAddress,
      from,
      text: 'Your Sandbox Power verification code is 717273',
    })
    const path = `/v2/message/${await newest()}/release`
    expect((await relay.api('POST', path, { pinSender: true }, company.key)).status).toBe(403)
    expect((await relay.api('POST', path, { pinSender: true }, runner.key)).status).toBe(403)
    expect((await audit()).some(({ action }) => action === 'message.released')).toBe(false)
    const released = await relay.api('POST', path, { pinSender: true })
    expect(released.status, JSON.stringify(released.body)).toBe(200)
    await expectEntry({ actor: 'admin', action: 'message.released', subject: `message:${await newest()}` })
    await expectEntry({ actor: 'admin', action: 'sender.pinned' })
  })

  it('who was leased credentials', async () => {
    const body = { runner: 'worker-1' }
    const { status, body: leased } = await relay.api<{ attempt?: { id: string } }>(
      'POST',
      '/v2/collection/lease',
      body,
      runner.key,
    )
    expect([200, 204]).toContain(status)
    if (status === 200) {
      await expectEntry({ actor: `key:${runner.id}`, action: 'credentials.leased' })
      await relay.api('POST', `/v2/attempt/${leased.attempt?.id}/outcome`, {})
    }
  })

  it('who retired an address, and removed a connection', async () => {
    const path = `/v2/connection/${connectionId}`
    expect(
      (await relay.api('DELETE', `${path}/mfa/mailbox/${emailAddress}`, undefined, company.key)).status,
    ).toBe(204)
    await expectEntry({ actor: `key:${company.id}`, action: 'mailbox.retired', detail: emailAddress })
    expect((await relay.api('DELETE', path, undefined, company.key)).status).toBe(204)
    await expectEntry({ actor: `key:${company.id}`, action: 'connection.removed' })
  })
})

describe('the record itself', () => {
  it('holds nothing secret, and only administrators read it', async () => {
    const text = JSON.stringify(await audit())
    for (const secret of [
      '481920',
      '717273',
      'another-password',
      'Rex the dog',
      'JBSWY3DPEHPK3PXP',
      runner.key,
    ]) {
      expect(text).not.toContain(secret)
    }
    for (const { key } of [runner, company]) {
      expect((await relay.api('GET', '/v2/audit', undefined, key)).status).toBe(403)
    }
  })
})
