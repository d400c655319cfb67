import { describe, expect, it } from 'vitest'
import { hashApiKey } from '../../src/domain/api-key.ts'
import { createApp } from '../../src/http/app.ts'
import { createAuth } from '../../src/http/auth.ts'
import { startHttp } from '../../src/http/server.ts'
import { createByteBudget } from '../../src/inbound/byte-budget.ts'
import { MIME_UPLOAD_PATH, mimeUploadRoutes } from '../../src/inbound/mime-upload.ts'
import { type Refused, refusalCounter } from '../../src/inbound/refusals.ts'
import { TWILIO_SMS_PATH, twilioRoutes } from '../../src/inbound/sms/routes.ts'
import { smtpConnect } from '../support/smtp-client.ts'
import { startFakeTwilio } from '../support/twilio.ts'
import { contextOf, DOMAIN, findMailbox, MAILBOX, NUMBER, openDoor, RETIRED } from './support.ts'

const refused = (address: string, change: Partial<Refused> = {}): Refused => ({
  address,
  connectionId: 'c1',
  sender: 'bounce@portal.test',
  at: 1,
  ...change,
})

/** A counter whose writes end when the test says so. */
function slowCounter() {
  const counted: (Refused & { count: number })[] = []
  const open: { resolve(): void; reject(error: Error): void }[] = []
  const told: string[] = []
  const counter = refusalCounter({
    count: (one) => {
      counted.push(one)
      return new Promise((resolve, reject) => open.push({ resolve, reject }))
    },
    onCounted: (id) => told.push(id),
  })
  return { counter, counted, open, told }
}

describe('the counter', () => {
  it('adds up what comes while it writes, so that a flood is one write at a time', async () => {
    const { counter, counted, open, told } = slowCounter()
    for (let at = 1; at <= 1000; at += 1) counter.refused(refused('a@x', { at, sender: `s${at}@x` }))
    counter.refused(refused('b@x', { connectionId: 'c2' }))
    expect(counted).toEqual([refused('a@x', { sender: 's1@x' })].map((one) => ({ ...one, count: 1 })))
    const closed = counter.close()
    for (const index of [0, 1, 2]) {
      open[index]?.resolve()
      await Promise.resolve()
      await new Promise(setImmediate)
    }
    await closed
    expect(counted.slice(1)).toEqual([
      { ...refused('a@x', { at: 1000, sender: 's1000@x' }), count: 999 },
      { ...refused('b@x', { connectionId: 'c2' }), count: 1 },
    ])
    expect(told).toEqual(['c1', 'c1', 'c2'])
  })

  it('forgets what cannot be written, and goes on', async () => {
    const { counter, counted, open, told } = slowCounter()
    counter.refused(refused('a@x'))
    counter.refused(refused('b@x'))
    open[0]?.reject(new Error('the disk is full'))
    await new Promise(setImmediate)
    open[1]?.resolve()
    await counter.close()
    expect(counted.map(({ address }) => address)).toEqual(['a@x', 'b@x'])
    expect(told).toEqual(['c1'])
    counter.refused(refused('c@x'))
    expect(counted).toHaveLength(3)
  })

  it('keeps so many addresses and no more', async () => {
    const { counter, counted, open } = slowCounter()
    for (let n = 0; n < 3000; n += 1) counter.refused(refused(`${n}@x`))
    const closed = counter.close()
    let isClosed = false
    void closed.then(() => {
      isClosed = true
    })
    while (!isClosed) {
      open.at(-1)?.resolve()
      await new Promise(setImmediate)
    }
    expect(counted).toHaveLength(1001)
  })
})

describe('who writes to a retired mailbox is told of', () => {
  it('by SMTP, which refuses all the same', async () => {
    const told: Refused[] = []
    const door = await openDoor({ onRefused: (one) => told.push(one), now: () => 7 })
    const client = await smtpConnect(door.port)
    await client.send('EHLO client.test')
    await client.send('MAIL FROM:<bounce@portal.test>')
    expect((await client.send(`RCPT TO:<${RETIRED.toUpperCase()}>`)).code).toBe(550)
    expect((await client.send(`RCPT TO:<mfa-nobodynobody2222@${DOMAIN}>`)).code).toBe(550)
    expect((await client.send(`RCPT TO:<${MAILBOX}>`)).code).toBe(250)
    client.quit()
    await door.stop()
    expect(told).toEqual([refused(RETIRED, { at: 7 })])
  })

  it('by HTTP, which refuses all the same', async () => {
    const told: Refused[] = []
    const routes = mimeUploadRoutes({
      mailDomain: DOMAIN,
      maxMessageBytes: 1000,
      maxRecipients: 3,
      budget: createByteBudget(10_000),
      findMailbox,
      receive: async () => {},
      onRefused: (one) => told.push(one),
      now: () => 7,
    })
    const auth = createAuth({ store: { findApiKey: async () => null }, adminKeyHash: hashApiKey('admin') })
    const app = createApp({ routes: [routes], auth, messages: { paths: [MIME_UPLOAD_PATH], maxBytes: 1000 } })
    const response = await app.request(`${MIME_UPLOAD_PATH}?sender=&recipient=${RETIRED}`, {
      method: 'POST',
      headers: { 'x-api-key': 'admin', 'content-type': 'message/rfc822' },
      body: 'Subject: x\r\n\r\nx\r\n',
    })
    expect(response.status).toBe(404)
    expect(told).toEqual([refused(RETIRED, { at: 7, sender: '' })])
  })

  it('by text message, which is acknowledged all the same', async () => {
    const told: Refused[] = []
    const twilio = await startFakeTwilio()
    const routes = twilioRoutes({
      account: { accountSid: twilio.accountSid, authTokens: [twilio.authToken] },
      publicUrl: () => 'https://relay.example.com',
      smsFrom: '+14155550999',
      findMailbox: async (address) => contextOf(address, { retiredAt: 1 }),
      receive: async () => {
        throw new Error('nobody is to get it')
      },
      stopPhone: async () => {},
      startPhone: async () => {},
      onRefused: (one) => told.push(one),
      now: () => 7,
    })
    const auth = createAuth({ store: { findApiKey: async () => null }, adminKeyHash: '' })
    const app = createApp({ routes: [routes], auth })
    const server = await startHttp({ app, host: '127.0.0.1', port: 0 })
    const url = `http://127.0.0.1:${server.port}${TWILIO_SMS_PATH}`
    const signedUrl = `https://relay.example.com${TWILIO_SMS_PATH}`
    const response = await twilio.deliver({ from: '72345', to: NUMBER, body: 'hi' }, { url, signedUrl })
    await server.close(0)
    await twilio.close()
    expect(response.status).toBe(200)
    expect(told).toEqual([refused(NUMBER, { at: 7, sender: '72345' })])
  })
})
