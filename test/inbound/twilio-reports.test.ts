import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../src/domain/id.ts'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { provision, startRelay, type TestRelay } from '../support/relay.ts'
import { type FakeTwilio, type SentSms, startFakeTwilio } from '../support/twilio.ts'
import { waitFor } from '../support/wait-for.ts'

/* How Twilio tells a whole relay what became of its texts, and who else cannot. */

const PUBLIC_URL = 'https://relay.example.com'
const COPIES_FROM = '+14155550199'

type Delivery = {
  state: string
  lastError: string | null
  deliveredAt: string | null
  bounced: { kind: string; status: string | null } | null
}

let twilio: FakeTwilio
let relay: TestRelay
beforeAll(async () => {
  twilio = await startFakeTwilio()
  relay = await startRelay({
    TWILIO_ACCOUNT_SID: twilio.accountSid,
    TWILIO_AUTH_TOKEN: twilio.authToken,
    TWILIO_AUTH_TOKEN_NEXT: 'the-token-that-comes-next',
    TWILIO_API_URL: twilio.url,
    SMS_FROM: COPIES_FROM,
    PUBLIC_URL,
  })
})
afterAll(async () => {
  await relay.close()
  relay.remove()
  await twilio.close()
})

let connectionId: string
let text: SentSms
let phones = 0
beforeEach(async () => {
  phones += 1
  const phone = `+1415555${String(2000 + phones)}`
  const provisioned = await provision(relay, { phones: [phone], smsRelay: true })
  connectionId = provisioned.connectionId
  await sendMail(relay.ports.smtp, { to: provisioned.emailAddress, text: codeText('604857') })
  text = await waitFor(() => twilio.sent.find(({ to }) => to === phone), 'the copy')
  await waitFor(async () => (await delivery()).state === 'sent', 'the mark')
})

const delivery = async () => {
  const path = `/v2/connection/${connectionId}/deliveries`
  return (await relay.api<{ items: Delivery[] }>('GET', path)).body.items[0]!
}
const phoneOf = async () => {
  type Mfa = { recipients: { phones: { state: string; stopReason: string | null }[] } }
  return (await relay.api<Mfa>('GET', `/v2/connection/${connectionId}/mfa`)).body.recipients.phones[0]
}
/** The request that Twilio makes, as it comes through to us from its public URL. */
const report = (
  status: string,
  change: { fields?: Record<string, string>; authToken?: string; url?: string } = {},
) => {
  const signedUrl = change.url ?? text.statusCallback ?? ''
  const form = {
    AccountSid: twilio.accountSid,
    ApiVersion: '2010-04-01',
    From: COPIES_FROM,
    MessageSid: text.sid,
    MessageStatus: status,
    SmsSid: text.sid,
    SmsStatus: status,
    To: text.to,
  }
  const { fields = {}, authToken } = change
  const url = signedUrl.replace(PUBLIC_URL, relay.url)
  return twilio.postSigned(form, { url, signedUrl, fields, ...(authToken ? { authToken } : {}) })
}

describe('a report on a text', () => {
  it('says when it arrived', async () => {
    expect((await report('sent')).status).toBe(204)
    expect(await delivery()).toMatchObject({ deliveredAt: null })
    expect((await report('delivered', { authToken: 'the-token-that-comes-next' })).status).toBe(204)
    const { deliveredAt } = await delivery()
    expect(deliveredAt).toMatch(/^\d{4}-/)
    // Late and out of order, and again.
    for (const status of ['queued', 'sent', 'undelivered', 'delivered']) await report(status)
    expect(await delivery()).toMatchObject({ state: 'sent', deliveredAt, bounced: null })
  })

  it.each([
    ['30003', 'soft', 'out of reach'],
    ['30005', 'hard', 'no phone with this number'],
    ['30006', 'hard', 'landline'],
    ['30007', 'soft', 'spam'],
    ['30999', 'soft', 'did not arrive'],
  ])('says why it did not: %s', async (code, kind, words) => {
    expect((await report('undelivered', { fields: { ErrorCode: code } })).status).toBe(204)
    expect(await delivery()).toMatchObject({
      state: 'failed',
      bounced: { kind, status: code },
      lastError: expect.stringContaining(words),
    })
    expect(await phoneOf()).toMatchObject({ state: 'confirmed' })
  })

  it('says that the phone wants no more, and a START takes that back', async () => {
    await report('failed', { fields: { ErrorCode: '21610' } })
    expect(await phoneOf()).toMatchObject({ state: 'stopped', stopReason: 'sms_stop' })
    const url = `${relay.url}/inbound/twilio/sms`
    const post = { url, signedUrl: `${PUBLIC_URL}/inbound/twilio/sms`, fields: { OptOutType: 'START' } }
    expect((await twilio.deliver({ from: text.to, to: COPIES_FROM, body: 'START' }, post)).status).toBe(200)
    expect(await phoneOf()).toMatchObject({ state: 'confirmed', stopReason: null })
  })

  it('of a kind that is new to us changes nothing', async () => {
    expect((await report('pondering')).status).toBe(204)
    expect(await delivery()).toMatchObject({ state: 'sent', deliveredAt: null, bounced: null })
  })

  it('counts from Twilio only, for this account and this delivery', async () => {
    const bad = { ErrorCode: '30005' }
    expect((await report('undelivered', { fields: bad, authToken: 'guessed' })).status).toBe(403)
    const other = { ...bad, AccountSid: `AC${'0'.repeat(32)}` }
    expect((await report('undelivered', { fields: other })).status).toBe(403)
    // Signed for one delivery, brought to another.
    const mine = text.statusCallback!
    const theirs = mine.replace(/[^/]+$/, newId())
    const moved = await twilio.postSigned(
      { AccountSid: twilio.accountSid, MessageSid: text.sid, MessageStatus: 'failed' },
      { url: mine.replace(PUBLIC_URL, relay.url), signedUrl: theirs },
    )
    expect(moved.status).toBe(403)
    expect(await delivery()).toMatchObject({ state: 'sent', bounced: null })
  })

  it('cut apart at another place is none', async () => {
    const url = `${text.statusCallback}AccountSid${twilio.accountSid}`
    expect((await report('failed', { url })).status).toBe(404)
    expect((await report('failed', { fields: { MessageSid: `${text.sid}MessageStatus` } })).status).toBe(400)
    const form = new URLSearchParams({ AccountSid: twilio.accountSid, MessageSid: text.sid })
    form.append('MessageStatus', 'sent')
    form.append('MessageStatus', 'failed')
    const signed = await fetch(text.statusCallback!.replace(PUBLIC_URL, relay.url), {
      method: 'POST',
      headers: { 'X-Twilio-Signature': 'x' },
      body: form,
    })
    expect(signed.status).toBe(403)
    expect(await delivery()).toMatchObject({ state: 'sent', bounced: null })
  })

  it('on a delivery that is gone is taken, and means nothing', async () => {
    const gone = text.statusCallback!.replace(/[^/]+$/, newId())
    expect((await report('failed', { url: gone })).status).toBe(204)
  })
})
