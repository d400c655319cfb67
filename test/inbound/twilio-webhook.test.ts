import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import type { InboundSms } from '../../src/domain/message.ts'
import { createApp } from '../../src/http/app.ts'
import { createAuth } from '../../src/http/auth.ts'
import { type HttpServer, startHttp } from '../../src/http/server.ts'
import { TWILIO_SMS_PATH, type TwilioRoutesDeps, twilioRoutes } from '../../src/inbound/sms/routes.ts'
import { type FakeTwilio, startFakeTwilio } from '../support/twilio.ts'
import { contextOf, findMailbox, NUMBER } from './support.ts'

const PUBLIC_URL = 'https://relay.example.com'
const SIGNED_URL = `${PUBLIC_URL}${TWILIO_SMS_PATH}`
const NEXT_TOKEN = 'the-token-that-comes-next'
const COPIES_FROM = '+14155550999'
const SMS = { from: '72345', to: NUMBER, body: ' Your code is 482913\n' }

const servers: { close(): Promise<void> }[] = []
const twilio: FakeTwilio = await startFakeTwilio()
afterAll(async () => {
  for (const server of servers) await server.close()
  await twilio.close()
})

let received: InboundSms[]
let stopped: string[]
let started: string[]
beforeEach(() => {
  received = []
  stopped = []
  started = []
})

async function open(change: Partial<TwilioRoutesDeps> = {}): Promise<string> {
  const routes = twilioRoutes({
    account: { accountSid: twilio.accountSid, authTokens: [twilio.authToken, NEXT_TOKEN] },
    publicUrl: () => `${PUBLIC_URL}/`,
    smsFrom: COPIES_FROM,
    findMailbox,
    receive: async (message) => {
      received.push(message as InboundSms)
    },
    stopPhone: async (phone) => {
      stopped.push(phone)
    },
    startPhone: async (phone) => {
      started.push(phone)
    },
    now: () => 1234,
    ...change,
  })
  const auth = createAuth({ store: { findApiKey: async () => null }, adminKeyHash: '' })
  const app = createApp({ routes: [routes], auth })
  const server: HttpServer = await startHttp({ app, host: '127.0.0.1', port: 0 })
  servers.push({ close: () => server.close(0) })
  return `http://127.0.0.1:${server.port}${TWILIO_SMS_PATH}`
}

const errorOf = async (response: Response) =>
  ((await response.json()) as { error: { code: string; message: string } }).error

describe('Twilio’s webhook', () => {
  it('takes a signed message, and answers with TwiML that says nothing', async () => {
    const url = await open()
    const response = await twilio.deliver(SMS, { url, signedUrl: SIGNED_URL })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/xml; charset=utf-8')
    expect(await response.text()).toBe('<?xml version="1.0" encoding="UTF-8"?><Response/>')
    expect(received).toMatchObject([
      {
        channel: 'sms',
        door: 'twilio-webhook',
        receivedAt: 1234,
        sender: '72345',
        recipient: NUMBER,
        // Untrimmed: Twilio signs every blank.
        body: ' Your code is 482913\n',
        sid: expect.stringMatching(/^SM[0-9a-f]{32}$/),
      },
    ])
  })

  it('takes what the next token signed, while tokens are being rotated', async () => {
    const url = await open()
    const post = { url, signedUrl: SIGNED_URL }
    expect((await twilio.deliver(SMS, { ...post, authToken: NEXT_TOKEN })).status).toBe(200)
    expect((await twilio.deliver(SMS, { ...post, authToken: 'neither' })).status).toBe(403)
  })

  it('takes other alphabets, and pictures', async () => {
    const url = await open()
    const sms = { ...SMS, body: 'Código: 482913 ✓ 密码+&=%' }
    const fields = { NumMedia: '1', MediaUrl0: 'https://media.example.com/1', MediaContentType0: 'image/png' }
    const response = await twilio.deliver(
      { ...sms, sid: `MM${'0'.repeat(32)}` },
      { url, signedUrl: SIGNED_URL, fields },
    )
    expect(response.status).toBe(200)
    expect(received[0]?.body).toBe(sms.body)
  })

  it('refuses what is not signed for its public URL, and says what to look at', async () => {
    const url = await open()
    // Whoever sends the Host header could choose the URL: the one that was asked counts for nothing.
    for (const signedUrl of [url, `http://relay.example.com${TWILIO_SMS_PATH}`, `${SIGNED_URL}?x=1`]) {
      const response = await twilio.deliver(SMS, { url, signedUrl })
      expect(response.status).toBe(403)
      const { code, message } = await errorOf(response)
      expect(code).toBe('signature_invalid')
      expect(message).toContain('PUBLIC_URL')
      expect(message).toContain(SIGNED_URL)
    }
    const unsigned = await fetch(url, { method: 'POST', body: new URLSearchParams({ From: '72345' }) })
    expect(unsigned.status).toBe(403)
    expect(received).toEqual([])
  })

  it('refuses the one valid request cut apart at other places', async () => {
    const url = await open()
    const sid = `SM${'a'.repeat(32)}`
    const whole = { AccountSid: twilio.accountSid, Body: 'hi', From: '72345', MessageSid: sid, To: NUMBER }
    const signedText = { url, signedUrl: SIGNED_URL }
    expect((await twilio.postSigned(whole, signedText)).status).toBe(200)
    const cuts: Record<string, string>[] = [
      // Each makes the same text to be signed.
      { AccountSid: twilio.accountSid, Body: `hiFrom72345MessageSid${sid}`, To: NUMBER },
      { AccountSid: twilio.accountSid, Body: 'hi', From72345: '', MessageSid: sid, To: NUMBER },
      { AccountSid: twilio.accountSid, Body: 'hi', From: `72345MessageSid${sid}`, To: NUMBER },
    ]
    for (const form of cuts) {
      const response = await twilio.postSigned(form, signedText)
      expect(response.status).toBe(400)
      expect((await errorOf(response)).message).toContain('exactly once')
    }
    expect(received).toHaveLength(1)
  })

  it('wants each key that counts once, and ignores those it does not know', async () => {
    const url = await open()
    const whole = {
      AccountSid: twilio.accountSid,
      Body: '',
      From: '72345',
      MessageSid: `SM${'b'.repeat(32)}`,
      To: NUMBER,
      SomethingNew: 'x',
    }
    const post = { url, signedUrl: SIGNED_URL }
    expect((await twilio.postSigned(whole, post)).status).toBe(200)
    for (const key of ['Body', 'From', 'MessageSid', 'To', 'AccountSid'] as const) {
      const { [key]: _left, ...rest } = whole
      const response = await twilio.postSigned(rest, post)
      expect(response.status, key).toBe(400)
      expect((await errorOf(response)).message).toContain(key)
    }
    const badSid = await twilio.postSigned({ ...whole, MessageSid: 'SM1' }, post)
    expect(badSid.status).toBe(400)
  })

  it('takes nothing from another account, nor as JSON', async () => {
    const url = await open()
    const fields = { AccountSid: `AC${'0'.repeat(32)}` }
    const other = await twilio.deliver(SMS, { url, signedUrl: SIGNED_URL, fields })
    expect(other.status).toBe(403)
    const json = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{}',
    })
    expect(json.status).toBe(400)
    expect(received).toEqual([])
  })

  it('acknowledges what came to no number of ours, as nobody waits for it', async () => {
    const url = await open({
      findMailbox: async (address) => (address === NUMBER ? contextOf(address, { retiredAt: 1 }) : null),
    })
    for (const to of [NUMBER, '+14155550111']) {
      expect((await twilio.deliver({ ...SMS, to }, { url, signedUrl: SIGNED_URL })).status).toBe(200)
    }
    expect(received).toEqual([])
  })

  it('says 503 when the message is not kept, whatever the reason', async () => {
    for (const change of [
      { receive: () => Promise.reject(new Error('disk full')) },
      { receive: () => Promise.reject(new Failure('not_found', 'gone')) },
      { findMailbox: () => Promise.reject(new Error('locked')) },
    ]) {
      const url = await open(change)
      const response = await twilio.deliver(SMS, { url, signedUrl: SIGNED_URL })
      expect(response.status).toBe(503)
      expect((await errorOf(response)).message).not.toMatch(/disk|locked|gone/)
    }
  })

  it('is off without an account, and says so', async () => {
    const url = await open({ account: null })
    const response = await twilio.deliver(SMS, { url, signedUrl: SIGNED_URL })
    expect(response.status).toBe(404)
    expect((await errorOf(response)).message).toContain('TWILIO_ACCOUNT_SID')
  })
})

describe('what customers text back', () => {
  type Meaning = 'stop' | 'start' | null
  const replies: [string, Partial<typeof SMS>, Record<string, string>, Meaning][] = [
    ['to the number that copies come from', { to: COPIES_FROM, body: '482913' }, {}, null],
    ['STOP', { to: COPIES_FROM, body: ' Stop ' }, {}, 'stop'],
    ['STOP, answered by Advanced Opt-Out', { body: 'stop it' }, { OptOutType: 'STOP' }, 'stop'],
    ['HELP, answered by Advanced Opt-Out', { body: 'HELP 482913' }, { OptOutType: 'HELP' }, null],
    ['START', { to: COPIES_FROM, body: 'start\n' }, {}, 'start'],
    ['START, answered by Advanced Opt-Out', { body: 'again' }, { OptOutType: 'START' }, 'start'],
    ['a keyword of its own, answered by Advanced Opt-Out', { body: 'END' }, { OptOutType: 'START' }, 'start'],
  ]
  for (const [what, sms, fields, meaning] of replies) {
    it(`is never a code: ${what}`, async () => {
      const url = await open()
      const from = '+14155550142'
      const response = await twilio.deliver({ ...SMS, from, ...sms }, { url, signedUrl: SIGNED_URL, fields })
      expect(response.status).toBe(200)
      expect(received).toEqual([])
      expect(stopped).toEqual(meaning === 'stop' ? [from] : [])
      expect(started).toEqual(meaning === 'start' ? [from] : [])
    })
  }

  it('is known by its Messaging Service too', async () => {
    const smsFrom = `MG${'1'.repeat(32)}`
    const url = await open({ smsFrom })
    const post = { url, signedUrl: SIGNED_URL, fields: { MessagingServiceSid: smsFrom } }
    expect((await twilio.deliver(SMS, post)).status).toBe(200)
    expect(received).toEqual([])
  })
})
