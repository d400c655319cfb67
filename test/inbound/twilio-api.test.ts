import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Mailbox } from '../../src/domain/mailbox.ts'
import type { InboundSms } from '../../src/domain/message.ts'
import { twilioNumbers } from '../../src/inbound/sms/numbers.ts'
import { type ReconcileDeps, startReconciliation } from '../../src/inbound/sms/reconcile.ts'
import { createTwilioClient, type TwilioClient } from '../../src/inbound/sms/twilio-client.ts'
import { type FakeTwilio, startFakeTwilio } from '../support/twilio.ts'
import { contextOf, NUMBER } from './support.ts'

let twilio: FakeTwilio
let client: TwilioClient
beforeEach(async () => {
  twilio = await startFakeTwilio()
  client = await createTwilioClient({
    twilioAccountSid: twilio.accountSid,
    twilioAuthToken: twilio.authToken,
    twilioApiUrl: `${twilio.url}/`,
  })
})
afterEach(() => twilio.close())

describe('what an outage kept from us', () => {
  const MINUTE = 60_000
  const NOW = Date.UTC(2026, 10, 21, 8)
  const COPIES_FROM = '+14155550999'

  let clock: number
  let received: InboundSms[]
  let stored: Set<string>
  const running: { stop(): Promise<void> }[] = []
  beforeEach(() => {
    clock = NOW
    received = []
    stored = new Set()
  })
  afterEach(async () => {
    for (const reconciliation of running.splice(0)) await reconciliation.stop()
  })

  const number = (address: string, createdAt = 0): Mailbox => contextOf(address, { createdAt }).mailbox
  function start(change: Partial<ReconcileDeps> = {}) {
    const reconciliation = startReconciliation({
      client,
      smsFrom: COPIES_FROM,
      listNumbers: async () => [number(NUMBER), number(COPIES_FROM)],
      hasMessage: async (mailbox, sid) => stored.has(`${mailbox} ${sid}`),
      receive: async (message) => {
        received.push(message as InboundSms)
        stored.add(`${(message as InboundSms).recipient} ${(message as InboundSms).sid}`)
      },
      now: () => clock,
      ...change,
    })
    running.push(reconciliation)
    return reconciliation
  }
  const keep = (minutesAgo: number, change: Partial<Parameters<FakeTwilio['keep']>[0]> = {}) =>
    twilio.keep({
      from: '72345',
      to: NUMBER,
      body: `sent ${minutesAgo} minutes ago`,
      dateSent: new Date(clock - minutesAgo * MINUTE),
      ...change,
    })

  it('is fetched at the start, oldest first, with the time it came to Twilio', async () => {
    const sid = keep(5)
    keep(600)
    await start().run()
    expect(received.map(({ body }) => body)).toEqual(['sent 600 minutes ago', 'sent 5 minutes ago'])
    expect(received[1]).toMatchObject({
      channel: 'sms',
      door: 'twilio-fetch',
      sid,
      sender: '72345',
      recipient: NUMBER,
    })
    // Whole seconds are told; the code may have come at the end of one.
    expect(received[1]?.receivedAt).toBe(NOW - 5 * MINUTE + 999)
  })

  it('is never taken twice', async () => {
    const sid = keep(5)
    keep(4)
    stored.add(`${NUMBER} ${sid}`)
    const reconciliation = start()
    await reconciliation.run()
    expect(received.map(({ body }) => body)).toEqual(['sent 4 minutes ago'])
    expect(await reconciliation.run()).toEqual({ messages: 2, stored: 0 })
  })

  it('comes in pages', async () => {
    for (let count = 0; count < 450; count += 1) keep(1)
    expect(await start().run()).toEqual({ messages: 450, stored: 450 })
    expect(twilio.requests.filter((request) => request === 'GET /Messages.json').length).toBeGreaterThan(2)
  })

  it('is looked for in the whole account when there are many numbers', async () => {
    const numbers = Array.from({ length: 25 }, (_, index) => number(`+141555501${10 + index}`))
    keep(1, { to: numbers[3]!.address })
    keep(1, { to: '+14155559999' })
    await start({ listNumbers: async () => numbers }).run()
    expect(received.map(({ recipient }) => recipient)).toEqual([numbers[3]?.address])
    expect(twilio.requests).toEqual(['GET /Messages.json'])
  })

  it('is not what we sent, what customers answered, or what came before the number was ours', async () => {
    await client.messages.create({ to: '+14155550142', from: NUMBER, body: 'a copy' })
    keep(1, { to: COPIES_FROM, from: '+14155550142', body: '482913' })
    keep(30, { body: 'for the owner before' })
    keep(10)
    const listNumbers = async () => [number(NUMBER, NOW - 20 * MINUTE), number(COPIES_FROM)]
    await start({ listNumbers }).run()
    expect(received.map(({ body }) => body)).toEqual(['sent 10 minutes ago'])
  })

  it('is looked for further back after rounds that failed', async () => {
    let isBroken = false
    const reconciliation = start({
      receive: async (message) => {
        if (isBroken) throw new Error('disk full')
        received.push(message as InboundSms)
        stored.add(`${NUMBER} ${(message as InboundSms).sid}`)
      },
    })
    await reconciliation.run()
    isBroken = true
    keep(1, { body: 'while the disk was full' })
    await reconciliation.run()
    // Three hours later, far beyond what a round overlaps.
    clock += 180 * MINUTE
    keep(1, { body: 'and after' })
    await reconciliation.run()
    isBroken = false
    await reconciliation.run()
    expect(received.map(({ body }) => body)).toEqual(['while the disk was full', 'and after'])
    clock += 180 * MINUTE
    expect((await reconciliation.run()).messages).toBeGreaterThan(0)
    clock += 180 * MINUTE
    expect((await reconciliation.run()).messages).toBe(0)
  })

  it('does not stop at one that cannot be kept', async () => {
    keep(5, { body: 'poison' })
    keep(4, { body: 'good' })
    await start({
      receive: async (message) => {
        if ((message as InboundSms).body === 'poison') throw new Error('no')
        received.push(message as InboundSms)
      },
    }).run()
    expect(received.map(({ body }) => body)).toEqual(['good'])
  })

  it('waits when Twilio does not answer', async () => {
    keep(5)
    twilio.fail({ status: 500, code: 20_500, message: 'Internal Server Error' })
    const reconciliation = start()
    expect(await reconciliation.run()).toEqual({ messages: 0, stored: 0 })
    twilio.fail(null)
    expect(await reconciliation.run()).toEqual({ messages: 1, stored: 1 })
  })

  it('costs no request without numbers', async () => {
    await start({ listNumbers: async () => [] }).run()
    expect(twilio.requests).toEqual([])
  })
})

describe('numbers', () => {
  const numbers = () => twilioNumbers({ client, publicUrl: () => 'https://relay.example.com/' })

  it('are bought with our webhook and its retries, and given back', async () => {
    const bought = await numbers().buy({ country: 'US' })
    expect(bought.address).toBe('+14155550160')
    expect(twilio.owned).toEqual([
      {
        sid: bought.providerSid,
        phoneNumber: bought.address,
        smsUrl: 'https://relay.example.com/inbound/twilio/sms#rc=5&rp=all',
        smsMethod: 'POST',
      },
    ])
    await numbers().release(bought.providerSid)
    expect(twilio.owned).toEqual([])
    // Gone already: that is what was wanted.
    await numbers().release(bought.providerSid)
  })

  it('may be taken by somebody else between search and purchase', async () => {
    await numbers().buy({ country: 'US' })
    expect((await numbers().buy({ country: 'US' })).address).toBe('+14155550161')
  })

  it('are mobile ones where local ones take no text messages', async () => {
    twilio.offer('DE', 'local', [])
    twilio.offer('DE', 'mobile', ['+4915155550100'])
    expect((await numbers().buy({ country: 'DE' })).address).toBe('+4915155550100')
  })

  it('may be sold out, or not be sold in a country at all', async () => {
    await expect(numbers().buy({ country: 'FR' })).rejects.toMatchObject({ code: 'no_number_available' })
  })

  it('fail with what Twilio says', async () => {
    twilio.fail({ status: 401, code: 20_003, message: 'Authenticate' })
    for (const call of [numbers().buy({ country: 'US' }), numbers().release('PN1')]) {
      await expect(call).rejects.toMatchObject({
        code: 'upstream_failed',
        message: expect.stringContaining('Authenticate (error 20003), HTTP 401'),
      })
    }
  })
})
