import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CodeTimeout, Relay } from '../../src/client/index.ts'
import { ADMIN_KEY, provision, startRelay, type TestRelay } from '../support/relay.ts'
import { type FakeTwilio, startFakeTwilio } from '../support/twilio.ts'
import { waitFor } from '../support/wait-for.ts'

/* The whole relay with Twilio's double behind the same wire protocol: signed webhooks in, API calls out. */

const OUR_NUMBERS = ['+14155550111', '+14155550112']
const COPIES_FROM = '+14155550199'
const SHORT_CODE = '72345'

let twilio: FakeTwilio
let relay: TestRelay
let client: Relay

const settings = (): Record<string, string> => ({
  TWILIO_ACCOUNT_SID: twilio.accountSid,
  TWILIO_AUTH_TOKEN: twilio.authToken,
  TWILIO_API_URL: twilio.url,
  SMS_NUMBERS: OUR_NUMBERS.join(','),
  SMS_FROM: COPIES_FROM,
  PUBLIC_URL: 'https://relay.example.com',
})
const webhook = () => ({
  url: `${relay.url}/inbound/twilio/sms`,
  signedUrl: 'https://relay.example.com/inbound/twilio/sms',
})

beforeAll(async () => {
  twilio = await startFakeTwilio()
  relay = await startRelay(settings())
  client = new Relay({ url: relay.url, apiKey: ADMIN_KEY })
})
afterAll(async () => {
  await relay.close()
  relay.remove()
  await twilio.close()
})

describe('a code by SMS', () => {
  it('reaches the waiting runner, and a copy reaches the customer’s phone', async () => {
    const { connectionId, phoneNumber } = await provision(relay, { method: 'sms', phones: ['+14155550142'] })
    expect(OUR_NUMBERS).toContain(phoneNumber)
    const code = await client.login(connectionId, async (login) => {
      const waiting = login.code({ timeoutMs: 20_000 })
      const body = 'Sandbox Power: 662288 is your sign-in code'
      const reply = await twilio.deliver({ from: SHORT_CODE, to: phoneNumber, body }, webhook())
      expect(reply.status).toBe(200)
      expect(await reply.text()).toContain('<Response/>')
      return waiting
    })
    expect(code).toMatchObject({ code: '662288', channel: 'sms', verdict: 'trusted' })
    const copy = await waitFor(() => twilio.sent.find(({ to }) => to === '+14155550142'), 'the copy')
    expect(copy.body).toContain('662288')
  })

  it('is taken once, however often Twilio calls', async () => {
    const { connectionId, phoneNumber } = await provision(relay, { method: 'sms' })
    const sms = { from: SHORT_CODE, to: phoneNumber, body: 'Sandbox Power: 119922 is your sign-in code' }
    const sid = `SM${'a'.repeat(32)}`
    await twilio.deliver({ ...sms, sid }, webhook())
    await twilio.deliver({ ...sms, sid }, webhook())
    const messages = await relay.api<{ total: number }>('GET', `/v2/connection/${connectionId}/messages`)
    expect(messages.body.total).toBe(1)
  })

  it('without a valid signature is refused, and nothing is stored', async () => {
    // Both owned numbers are taken by now: this one is bought.
    const { connectionId, phoneNumber } = await provision(relay, { method: 'sms' })
    expect(OUR_NUMBERS).not.toContain(phoneNumber)
    const sms = { from: SHORT_CODE, to: phoneNumber, body: 'Your code is 445566' }
    const forged = await twilio.deliver(sms, { ...webhook(), authToken: 'not-the-token' })
    expect(forged.status).toBe(403)
    const messages = await relay.api<{ total: number }>('GET', `/v2/connection/${connectionId}/messages`)
    expect(messages.body.total).toBe(0)
  })
})

describe('an outage', () => {
  it('hides nothing: what Twilio kept is fetched at the next start', async () => {
    const { connectionId, phoneNumber } = await provision(relay, { method: 'sms' })
    await relay.close()
    twilio.keep({ from: SHORT_CODE, to: phoneNumber, body: 'Sandbox Power: 303132 is your sign-in code' })
    relay = await startRelay(settings(), relay.dataDir)
    client = new Relay({ url: relay.url, apiKey: ADMIN_KEY })
    const messages = await waitFor(async () => {
      const { body } = await relay.api<{ total: number; items: { channel: string }[] }>(
        'GET',
        `/v2/connection/${connectionId}/messages`,
      )
      return body.total > 0 ? body : null
    }, 'the message to be fetched')
    expect(messages.items.map(({ channel }) => channel)).toEqual(['sms'])
  })
})

describe('the gate', () => {
  it('keeps companies without the beta from numbers', async () => {
    await expect(provision(relay, { method: 'sms', smsRelay: false })).rejects.toThrow(
      'sms_relay_not_enabled',
    )
  })
  it('tells a runner that waits in vain what arrived', async () => {
    const { connectionId, phoneNumber } = await provision(relay, { method: 'sms' })
    const error = await client
      .login(connectionId, async (login) => {
        await twilio.deliver(
          { from: '+14155550177', to: phoneNumber, body: 'Your code is 778899' },
          webhook(),
        )
        await login.code({ timeoutMs: 1_000 })
      })
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CodeTimeout)
    expect((error as CodeTimeout).seen).toMatchObject([{ channel: 'sms', verdict: 'untrusted' }])
  })
})
