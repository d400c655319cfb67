import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provision, startRelay, type TestRelay } from '../support/relay.ts'
import { type FakeTwilio, startFakeTwilio } from '../support/twilio.ts'
import { waitFor } from '../support/wait-for.ts'

/* Before a customer changes the portal: does what is sent to our number reach us? */

const OURS = ['+14155550131', '+14155550132', '+14155550133', '+14155550134']
const FROM = '+14155550198'
type Check = { state: string; arrivedAt: string | null; error: string | null; notProven: string }

describe('a delivery check of a number', () => {
  let twilio: FakeTwilio
  let relay: TestRelay
  beforeAll(async () => {
    twilio = await startFakeTwilio()
    relay = await startRelay({
      TWILIO_ACCOUNT_SID: twilio.accountSid,
      TWILIO_AUTH_TOKEN: twilio.authToken,
      TWILIO_API_URL: twilio.url,
      SMS_NUMBERS: OURS.join(','),
      SMS_FROM: FROM,
      PUBLIC_URL: 'https://relay.example.com',
    })
  })
  afterAll(async () => {
    await relay.close()
    relay.remove()
    await twilio.close()
  })

  const webhook = () => ({
    url: `${relay.url}/inbound/twilio/sms`,
    signedUrl: 'https://relay.example.com/inbound/twilio/sms',
  })
  const pathOf = (id: string, number: string) =>
    `/v2/connection/${id}/mfa/mailbox/${encodeURIComponent(number)}/check`
  const ask = (id: string, number: string) => relay.api<Check>('POST', pathOf(id, number))
  const look = async (id: string, number: string): Promise<Check> =>
    (await relay.api<Check>('GET', pathOf(id, number))).body
  const messages = async (id: string): Promise<number> =>
    (await relay.api<{ total: number }>('GET', `/v2/connection/${id}/messages`)).body.total

  it('shows that a text came, keeps it out of the customer’s messages, and says what it cannot show', async () => {
    const { connectionId, phoneNumber } = await provision(relay, { method: 'sms' })
    expect((await relay.api('GET', pathOf(connectionId, phoneNumber))).status).toBe(404)
    twilio.carry(OURS, webhook())
    expect((await ask(connectionId, phoneNumber)).status).toBe(202)
    const arrived = await waitFor(async () => {
      const check = await look(connectionId, phoneNumber)
      return check.state === 'waiting' ? null : check
    }, 'the text to arrive')
    expect(arrived).toMatchObject({ state: 'arrived', error: null })
    expect(arrived.notProven).toContain('short codes')
    expect(twilio.sent.at(-1)).toMatchObject({ from: FROM, to: phoneNumber })
    expect(await messages(connectionId)).toBe(0)
    // Each costs money.
    expect((await ask(connectionId, phoneNumber)).status).toBe(409)
  })

  it('waits for a text that does not come; another’s text is no proof, and is kept', async () => {
    const { connectionId, phoneNumber } = await provision(relay, { method: 'sms' })
    twilio.carry(OURS, null)
    expect(await ask(connectionId, phoneNumber)).toMatchObject({ status: 202, body: { state: 'waiting' } })
    const body = `MFA relay: delivery test of this number, check-${'0'.repeat(20)}`
    await twilio.deliver({ from: '+14155550177', to: phoneNumber, body }, webhook())
    expect((await look(connectionId, phoneNumber)).state).toBe('waiting')
    expect(await messages(connectionId)).toBe(1)
    // The right text at another number is none either.
    const other = await provision(relay, { method: 'sms' })
    const sent = twilio.sent.at(-1)!
    await twilio.deliver({ from: FROM, to: other.phoneNumber, body: sent.body }, webhook())
    expect((await look(connectionId, phoneNumber)).state).toBe('waiting')
    expect(await messages(other.connectionId)).toBe(1)
    await twilio.deliver({ from: FROM, to: phoneNumber, body: sent.body }, webhook())
    expect((await look(connectionId, phoneNumber)).state).toBe('arrived')
    expect(await messages(connectionId)).toBe(1)
  })

  it('says in Twilio’s words why nothing could be sent', async () => {
    const { connectionId, phoneNumber } = await provision(relay, { method: 'sms' })
    twilio.refuse(phoneNumber, { status: 400, code: 21_408, message: 'No permission for this region' })
    const check = await ask(connectionId, phoneNumber)
    expect(check.body).toMatchObject({ state: 'not_sent' })
    expect(check.body.error).toContain('21408')
  })

  it('is for numbers of the connection only', async () => {
    const { connectionId, emailAddress } = await provision(relay)
    for (const address of [emailAddress, '+14155550131', FROM]) {
      expect((await ask(connectionId, address)).status).toBe(404)
    }
  })
})
