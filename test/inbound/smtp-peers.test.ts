import { afterEach, describe, expect, it } from 'vitest'
import { networkMatcher } from '../../src/config.ts'
import type { InboundEmail } from '../../src/domain/message.ts'
import { smtpConnect } from '../support/smtp-client.ts'
import { DOMAIN, MAILBOX, OTHER_MAILBOX, sayHello, sendMail, testDoors } from './support.ts'

const doors = testDoors()
const { open } = doors
afterEach(() => doors.stop())

describe('the PROXY protocol', () => {
  const isProxyNetwork = networkMatcher(['127.0.0.0/8'])

  it('tells whose message it is', async () => {
    const door = await open({ isProxyNetwork })
    const client = await smtpConnect(door.port, 'PROXY TCP4 203.0.113.9 192.0.2.1 4711 25\r\n')
    await sayHello(client)
    expect(await sendMail(client)).toMatch(/^250 /)
    expect((door.received[0] as InboundEmail).client.address).toBe('203.0.113.9')
    client.quit()
  })

  it('is required from proxies', async () => {
    const door = await open({ isProxyNetwork })
    const client = await smtpConnect(door.port, 'EHLO client.test\r\n')
    expect(client.greeting.text).toBe('* BAD Invalid PROXY header')
    await client.closed()
  })

  it('may say that it does not know: then nobody does', async () => {
    const door = await open({ isProxyNetwork })
    for (const header of ['PROXY UNKNOWN\r\n', 'PROXY TCP4 127.0.0.7 192.0.2.1 4711 25\r\n']) {
      const client = await smtpConnect(door.port, header)
      await sayHello(client)
      await sendMail(client)
      client.quit()
    }
    expect(door.received.map((message) => (message as InboundEmail).client.address)).toEqual([
      undefined,
      undefined,
    ])
  })

  it('is taken from nobody else', async () => {
    const door = await open({ isProxyNetwork: networkMatcher(['10.0.0.0/8']) })
    const client = await smtpConnect(door.port)
    expect((await client.send('PROXY TCP4 203.0.113.9 192.0.2.1 4711 25')).code).toBe(500)
    await sayHello(client)
    await sendMail(client)
    expect((door.received[0] as InboundEmail).client.address).toBe('127.0.0.1')
    client.quit()
  })
})

describe('LMTP', () => {
  it('answers once for each recipient, and takes its peer for nobody', async () => {
    const door = await open({ protocol: 'lmtp' })
    const client = await smtpConnect(door.port)
    expect(client.greeting.text).toBe(`220 ${DOMAIN} LMTP mfa-relay`)
    expect((await client.send('EHLO client.test')).code).toBe(500)
    expect((await client.send('LHLO client.test')).code).toBe(250)
    await client.send('MAIL FROM:<a@example.com>')
    for (const to of [MAILBOX, OTHER_MAILBOX]) expect((await client.send(`RCPT TO:<${to}>`)).code).toBe(250)
    expect(await sendMail(client)).toMatch(/^250 /)
    expect((await client.next()).code).toBe(250)
    expect(door.received).toHaveLength(1)
    expect(door.received[0]).toMatchObject({
      door: 'lmtp',
      envelope: { recipients: [MAILBOX, OTHER_MAILBOX] },
    })
    expect((door.received[0] as InboundEmail).client.address).toBeUndefined()
    client.quit()
  })
})
