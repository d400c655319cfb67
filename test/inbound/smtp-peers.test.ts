import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { networkMatcher } from '../../src/config.ts'
import type { InboundEmail } from '../../src/domain/message.ts'
import { type SmtpClient, smtpConnect } from '../support/smtp-client.ts'
import { DOMAIN, MAILBOX, OTHER_MAILBOX, sayHello, sendMail, testDoors } from './support.ts'

/** Version 2: signature, version and command, family, length, addresses. */
const v2 = (command: number, family: number, block: string): Buffer => {
  const rest = Buffer.from(block, 'hex')
  const head = Buffer.from([command, family, rest.length >> 8, rest.length & 0xff])
  return Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), head, rest])
}
const PORTS = '12670019'
const V4_BLOCK = `cb007109c0000201${PORTS}`
const V6 = (last: string) => `20010db8${last.padStart(24, '0')}`
const V2_IPV4 = v2(0x21, 0x11, V4_BLOCK)
const V2_IPV6 = v2(0x21, 0x21, `${V6('9')}${V6('1')}${PORTS}`)
const V2_MAPPED = v2(0x21, 0x21, `${'0'.repeat(20)}ffffcb007109${V6('1')}${PORTS}`)
const V2_TLV = v2(0x21, 0x11, `${V4_BLOCK}ea000d0a0d0a00`)
const V2_LOCAL = v2(0x20, 0x11, V4_BLOCK)
const V2_UNIX = v2(0x21, 0x31, '00'.repeat(216))

/** Sends a header, cut into pieces, and reads the greeting. */
async function proxied(port: number, header: Buffer, cuts: readonly number[]): Promise<SmtpClient> {
  const ends = [...cuts, header.length]
  const pieces = ends.map((end, index) => header.subarray(ends[index - 1] ?? 0, end))
  return smtpConnect(port, pieces)
}

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

  it.each([
    ['an IPv4 address', V2_IPV4, '203.0.113.9'],
    ['an IPv6 address', V2_IPV6, '2001:db8::9'],
    ['an IPv4 address as IPv6', V2_MAPPED, '203.0.113.9'],
    ['with more behind the addresses', V2_TLV, '203.0.113.9'],
    ['nobody: a health check of the proxy', V2_LOCAL, undefined],
    ['nobody: a socket of Unix', V2_UNIX, undefined],
  ])('may be binary, and tell %s', async (_, header, address) => {
    const door = await open({ isProxyNetwork })
    for (const cut of [[], [1, 12, 15, 20]]) {
      const client = await proxied(door.port, header, cut)
      await sayHello(client)
      expect(await sendMail(client)).toMatch(/^250 /)
      client.quit()
    }
    expect(door.received.map((message) => (message as InboundEmail).client.address)).toEqual([
      address,
      address,
    ])
  })

  it.each([
    ['too short for its family', v2(0x21, 0x11, '0102')],
    ['of another version', v2(0x31, 0x11, V4_BLOCK)],
    ['of an unknown command', v2(0x22, 0x11, V4_BLOCK)],
    ['endless', Buffer.concat([v2(0x21, 0x11, V4_BLOCK).subarray(0, 14), Buffer.from('ffff', 'hex')])],
  ])('that is binary and %s ends the connection', async (_, header) => {
    const door = await open({ isProxyNetwork })
    await expect(proxied(door.port, header, [])).rejects.toThrow('closed the connection')
    const other = await proxied(door.port, V2_IPV4, [])
    await sayHello(other)
    expect(await sendMail(other)).toMatch(/^250 /)
    other.quit()
  })

  it('that never ends does no harm: its sender goes, the door stays', async () => {
    const door = await open({ isProxyNetwork })
    for (const bytes of [V2_IPV4.subarray(0, 5), V2_IPV4.subarray(0, 20)]) {
      const socket = connect({ port: door.port, host: '127.0.0.1' })
      await once(socket, 'connect')
      socket.end(bytes)
      await once(socket.resume(), 'close')
    }
    const client = await proxied(door.port, V2_IPV4, [])
    await sayHello(client)
    client.quit()
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
