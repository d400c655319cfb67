import { createTransport } from 'nodemailer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeTwilio, startFakeTwilio } from '../../src/sandbox/fake-twilio.ts'
import { MAIL_DOMAIN, provision, startRelay, type TestRelay } from '../support/relay.ts'
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'
import { waitFor } from '../support/wait-for.ts'

/* Copies of a whole relay: mail in at one socket, copies out at others. */

const PAT = 'pat@customer.test'
const PHONE = '+14155550142'

let sink: SmtpSink
let twilio: FakeTwilio
let relay: TestRelay
beforeEach(async () => {
  sink = await startSmtpSink()
  twilio = await startFakeTwilio()
  relay = await startRelay({
    OUTBOUND_SMTP_URL: sink.smtpUrl,
    TWILIO_ACCOUNT_SID: twilio.accountSid,
    TWILIO_AUTH_TOKEN: twilio.authToken,
    TWILIO_API_URL: twilio.url,
    SMS_FROM: '+14155550101',
  })
})
afterEach(async () => {
  await relay.close()
  relay.remove()
  await twilio.close()
  await sink.close()
})

async function mail(to: string, subject: string, text: string): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port: relay.ports.smtp, ignoreTLS: true })
  await transport.sendMail({ from: 'Sandbox Power <no-reply@sandbox-power.test>', to, subject, text })
  transport.close()
}

const codeMail = (to: string, code: string) =>
  mail(to, 'Your code', `Your Sandbox Power verification code is ${code}`)

type Delivery = { courier: string; state: string; kind: string; lastError: string | null }
const deliveriesOf = async (connectionId: string) =>
  (await relay.api<{ items: Delivery[] }>('GET', `/v2/connection/${connectionId}/deliveries`)).body.items

describe('copies of a running relay', () => {
  it('reach the mailbox and the phone', async () => {
    const { emailAddress, connectionId } = await provision(relay, { emails: [PAT], phones: [PHONE] })
    await codeMail(emailAddress, '431862')
    const copy = await sink.waitFor(() => true, 15_000)
    expect(copy.parsed.text).toContain('431862')
    expect(copy.envelope).toMatchObject({ to: [PAT], from: expect.stringMatching(`@${MAIL_DOMAIN}$`) })
    const text = await waitFor(() => twilio.sent[0], 'the copy by SMS')
    expect(text).toMatchObject({ to: PHONE, from: '+14155550101', body: expect.stringContaining('431862') })
    await waitFor(
      async () => (await deliveriesOf(connectionId)).every(({ state }) => state === 'sent'),
      'the marks',
    )
  })

  it('of other messages of the utility carry them as they came; of strangers there are none', async () => {
    const { emailAddress, connectionId } = await provision(relay, { emails: [PAT] })
    const transport = createTransport({ host: '127.0.0.1', port: relay.ports.smtp, ignoreTLS: true })
    const stranger = 'Sandbox Power <no-reply@stranger.test>'
    await transport.sendMail({ from: stranger, to: emailAddress, subject: 'Hello', text: 'Buy something' })
    transport.close()
    await mail(emailAddress, 'Planned work on Monday', 'There will be no power on Monday from 8 to 10.')
    const copy = await sink.waitFor(() => true, 15_000)
    expect(copy.parsed.subject).toBe('A message from Sandbox Power')
    expect(copy.parsed.attachments.map(({ mimeType }) => mimeType)).toEqual(['message/rfc822'])
    expect(copy.raw.toString()).toContain('There will be no power on Monday')
    expect((await deliveriesOf(connectionId)).map(({ kind }) => kind)).toEqual(['notice_copy'])
  })

  it('end for a phone that said STOP, and for that phone alone', async () => {
    const { emailAddress, connectionId } = await provision(relay, { emails: [PAT], phones: [PHONE] })
    twilio.refuse(PHONE, { status: 400, code: 21610, message: 'Attempt to send to unsubscribed recipient' })
    await codeMail(emailAddress, '431862')
    const refused = await waitFor(
      async () => (await deliveriesOf(connectionId)).find(({ state }) => state === 'failed'),
      'the refusal',
    )
    expect(refused).toMatchObject({ courier: 'sms', lastError: expect.stringContaining('21610') })
    type Mfa = {
      recipients: { phones: { state: string; stopReason: string }[]; emails: { state: string }[] }
    }
    const { body } = await relay.api<Mfa>('GET', `/v2/connection/${connectionId}/mfa`)
    expect(body.recipients.phones).toMatchObject([{ state: 'stopped', stopReason: 'sms_stop' }])
    expect(body.recipients.emails).toMatchObject([{ state: 'confirmed' }])
    twilio.refuse(PHONE, null)
    await codeMail(emailAddress, '550912')
    await sink.waitFor(({ parsed }) => (parsed.text ?? '').includes('550912'), 15_000)
    expect(twilio.sent).toEqual([])
  })
})
