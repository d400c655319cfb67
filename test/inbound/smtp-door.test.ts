import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { networkMatcher } from '../../src/config.ts'
import { Failure } from '../../src/domain/failure.ts'
import type { InboundEmail, InboundMessage } from '../../src/domain/message.ts'
import { createByteBudget } from '../../src/inbound/byte-budget.ts'
import type { SmtpDoorOptions } from '../../src/inbound/smtp/door.ts'
import { type SmtpClient, smtpConnect } from '../support/smtp-client.ts'
import { waitFor } from '../support/wait-for.ts'
import { DOMAIN, MAILBOX, OTHER_MAILBOX, openDoor, type TestDoor } from './support.ts'

const doors: TestDoor[] = []
async function open(options: Partial<SmtpDoorOptions> = {}): Promise<TestDoor> {
  const door = await openDoor(options)
  doors.push(door)
  return door
}
afterEach(async () => {
  for (const door of doors.splice(0)) await door.stop()
})

async function sayHello(client: SmtpClient, to: readonly string[] = [MAILBOX]): Promise<void> {
  expect((await client.send('EHLO client.test')).code).toBe(250)
  expect((await client.send('MAIL FROM:<a@example.com>')).code).toBe(250)
  for (const address of to) expect((await client.send(`RCPT TO:<${address}>`)).code).toBe(250)
}

async function sendMail(client: SmtpClient, body = 'Subject: x\r\n\r\nhi'): Promise<string> {
  expect((await client.send('DATA')).code).toBe(354)
  return (await client.send(`${body}\r\n.`)).text
}

describe('what the door hands over', () => {
  it('is the envelope, the client and the bytes as they came', async () => {
    const door = await open({ now: () => 1234 })
    const client = await smtpConnect(door.port)
    await sayHello(client, [MAILBOX.toUpperCase(), 'postmaster'])
    const text = await sendMail(client, 'Subject: x\r\n\r\n..dots\r\n.. \r\n\0\xff')
    const [message] = door.received as InboundEmail[]
    expect(message).toMatchObject({
      channel: 'email',
      door: 'smtp',
      receivedAt: 1234,
      envelope: { sender: 'a@example.com', recipients: [MAILBOX, `postmaster@${DOMAIN}`] },
      client: { address: '127.0.0.1', helo: 'client.test', tls: false },
    })
    expect(Buffer.from(message!.raw).toString('latin1')).toBe(
      'Subject: x\r\n\r\n.dots\r\n. \r\n\0\xc3\xbf\r\n',
    )
    expect(text).toBe(`250 2.6.0 OK: kept as ${message?.id}`)
    client.quit()
  })

  it('is whole however the network cuts it', async () => {
    const door = await open()
    const client = await smtpConnect(door.port)
    await sayHello(client)
    await client.send('DATA')
    const body = 'Subject: cut\r\n\r\n..\r\n.x\r\nend\r\n'
    for (const byte of `${body.replace('\r\n.x', '\r\n..x')}.\r\n`) {
      client.write(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await client.next()).code).toBe(250)
    expect(Buffer.from((door.received[0] as InboundEmail).raw).toString()).toBe(
      'Subject: cut\r\n\r\n.\r\n.x\r\nend\r\n',
    )
    client.quit()
  })
})

describe('the 250', () => {
  it('is not said before the message is durable', async () => {
    const gate = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    const door = await open({
      receive: () => {
        arrived.resolve()
        return gate.promise
      },
    })
    const client = await smtpConnect(door.port)
    await sayHello(client)
    let reply = ''
    const sent = sendMail(client).then((text) => {
      reply = text
    })
    await arrived.promise
    await new Promise((resolve) => setImmediate(resolve))
    expect(reply).toBe('')
    gate.resolve()
    await sent
    expect(reply).toMatch(/^250 /)
    client.quit()
  })

  const failures: [string, Error, RegExp][] = [
    [
      'a failure that may pass',
      new Failure('unavailable', 'DNS did not answer'),
      /^451 4\.3\.0 DNS did not answer/,
    ],
    ['a mailbox that is gone meanwhile', new Failure('not_found', 'gone'), /^451 4\.3\.0/],
    [
      'a full disk',
      Object.assign(new Error('ENOSPC: secret path'), { code: 'ENOSPC' }),
      /^451 4\.3\.0 (?!.*secret)/,
    ],
  ]
  for (const [what, error, reply] of failures) {
    it(`is a 451 for ${what}, and the session goes on`, async () => {
      let fails = true
      const door = await open({
        receive: async () => {
          if (fails) throw error
        },
      })
      const client = await smtpConnect(door.port)
      await sayHello(client)
      expect(await sendMail(client)).toMatch(reply)
      fails = false
      await sayHello(client)
      expect(await sendMail(client)).toMatch(/^250 /)
      client.quit()
    })
  }
})

describe('when the store does not answer', () => {
  it('says so at RCPT instead of refusing for good', async () => {
    const door = await open({ findMailbox: () => Promise.reject(new Error('database is locked')) })
    const client = await smtpConnect(door.port)
    await client.send('EHLO client.test')
    await client.send('MAIL FROM:<a@example.com>')
    const { text } = await client.send(`RCPT TO:<${MAILBOX}>`)
    expect(text).toMatch(/^451 4\.3\.0 (?!.*locked)/)
    // Whom nobody needs the store for is told at once.
    expect((await client.send('RCPT TO:<x@nowhere.test>')).code).toBe(550)
    expect((await client.send('RCPT TO:<postmaster>')).code).toBe(250)
    client.quit()
  })
})

describe('memory', () => {
  it('is bounded: beyond the budget senders are told to come back, and what they hold is given back', async () => {
    const budget = createByteBudget(50_000)
    const gate = Promise.withResolvers<void>()
    const kept: InboundMessage[] = []
    const door = await open({
      budget,
      receive: (message) => {
        kept.push(message)
        return gate.promise
      },
    })
    const line = `${'x'.repeat(998)}\r\n`
    const first = await smtpConnect(door.port)
    await sayHello(first)
    const firstReply = sendMail(first, line.repeat(30))
    await waitFor(() => kept.length === 1, 'the first message to be taken in')
    const second = await smtpConnect(door.port)
    await sayHello(second)
    expect(await sendMail(second, line.repeat(30))).toMatch(/^451 4\.3\.0 Too many messages/)
    gate.resolve()
    expect(await firstReply).toMatch(/^250 /)
    expect(budget.held).toBe(0)
    await sayHello(second)
    expect(await sendMail(second, line.repeat(30))).toMatch(/^250 /)
    first.quit()
    second.quit()
  })

  it('is given back when a sender goes away in the middle', async () => {
    const budget = createByteBudget(1_000_000)
    const door = await open({ budget })
    const client = await smtpConnect(door.port)
    await sayHello(client)
    await client.send('DATA')
    client.write(`${'x'.repeat(998)}\r\n`.repeat(20))
    await waitFor(() => budget.held > 0, 'some bytes to be taken in')
    client.socket.destroy()
    await waitFor(() => budget.held === 0, 'the bytes to be given back')
    expect(door.received).toEqual([])
  })
})

describe('too many clients', () => {
  it('are told to come back', async () => {
    const door = await open({ maxClients: 2 })
    const clients = [await smtpConnect(door.port), await smtpConnect(door.port)]
    const third = await smtpConnect(door.port)
    expect(third.greeting.code).toBe(421)
    await third.closed()
    for (const client of clients) expect((await client.send('NOOP')).code).toBe(250)
    clients[0]!.quit()
    await clients[0]!.closed()
    const next = await waitFor(async () => {
      const client = await smtpConnect(door.port)
      return client.greeting.code === 220 ? client : null
    }, 'room for another client')
    next.quit()
    clients[1]!.quit()
  })
})

describe('a silent client', () => {
  it('is told and left', async () => {
    const door = await open({ socketTimeoutMs: 50 })
    const client = await smtpConnect(door.port)
    expect((await client.next()).text).toMatch(/^421 4\.4\.2/)
    await client.closed()
  })
})

describe('STARTTLS', () => {
  it('uses a certificate made on the first start, which nobody else can read, and keeps it', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'mfa-relay-tls-'))
    const tls = { tlsCert: '', tlsKey: '', dataDir, hostName: DOMAIN }
    const fingerprints: string[] = []
    for (const _start of [1, 2]) {
      const door = await open({ tls })
      const client = await smtpConnect(door.port)
      await client.send('EHLO client.test')
      const secure = await client.startTls()
      const certificate = secure.getPeerX509Certificate()
      fingerprints.push(certificate?.fingerprint256 ?? '')
      expect(certificate?.checkHost(DOMAIN)).toBe(DOMAIN)
      expect(certificate?.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
      expect(certificate?.verify(certificate.publicKey)).toBe(true)
      await sayHello(client)
      expect(await sendMail(client)).toMatch(/^250 /)
      expect((door.received[0] as InboundEmail).client.tls).toBe(true)
      client.quit()
    }
    expect(fingerprints[0]).toBe(fingerprints[1])
    expect(statSync(join(dataDir, 'tls-self-made.pem')).mode & 0o777).toBe(0o600)
    rmSync(dataDir, { recursive: true })
  })

  it('speaks TLS 1.2 and nothing older', async () => {
    const door = await open()
    for (const [version, works] of [
      ['TLSv1.3', true],
      ['TLSv1.2', true],
      ['TLSv1.1', false],
    ] as const) {
      const client = await smtpConnect(door.port)
      await client.send('EHLO client.test')
      // Level 0 lets the client offer what OpenSSL itself would not any more.
      const limits = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }
      const handshake = client.startTls(limits)
      if (works) expect((await handshake).getProtocol()).toBe(version)
      else await expect(handshake).rejects.toThrow()
      client.socket.destroy()
    }
  })

  it('forgets what was said before in the clear', async () => {
    const door = await open()
    const client = await smtpConnect(door.port)
    await sayHello(client)
    await client.startTls()
    expect((await client.send('DATA')).code).toBe(503)
    client.quit()
  })

  it('runs no command that was smuggled in behind it', async () => {
    const door = await open()
    const client = await smtpConnect(door.port)
    await client.send('EHLO client.test')
    client.write('STARTTLS\r\nEHLO evil.test\r\nMAIL FROM:<evil@example.com>\r\n')
    expect((await client.next()).code).toBe(220)
    const secure = connectTls({ socket: client.socket, rejectUnauthorized: false })
    await once(secure, 'secureConnect')
    secure.write('NOOP\r\n')
    const [first] = (await once(secure, 'data')) as [Buffer]
    expect(first.toString()).toBe('250 2.0.0 OK\r\n')
    secure.destroy()
  })

  it('takes up a renewed certificate without a restart, and no pair that does not fit', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-tls-'))
    const made = await Promise.all(
      ['old', 'new'].map(async (name) => {
        const dataDir = join(folder, name)
        await open({ tls: { tlsCert: '', tlsKey: '', dataDir, hostName: `${name}.test` } })
        return join(dataDir, 'tls-self-made.pem')
      }),
    )
    const files = { tlsCert: join(folder, 'live', 'cert.pem'), tlsKey: join(folder, 'live', 'key.pem') }
    mkdirSync(join(folder, 'live'))
    for (const file of Object.values(files)) copyFileSync(made[0]!, file)
    const door = await open({ tls: { ...files, dataDir: folder, hostName: DOMAIN } })
    const served = async (): Promise<string> => {
      const client = await smtpConnect(door.port)
      await client.send('EHLO client.test')
      const secure = await client.startTls()
      const subject = secure.getPeerX509Certificate()?.subject ?? ''
      secure.destroy()
      return subject
    }
    expect(await served()).toBe('CN=old.test')
    // Half of a renewal: this certificate does not belong to the key that is still there.
    copyFileSync(made[1]!, files.tlsCert)
    expect(await served()).toBe('CN=old.test')
    copyFileSync(made[1]!, files.tlsKey)
    await waitFor(async () => (await served()) === 'CN=new.test', 'the new certificate')
    rmSync(folder, { recursive: true })
  })
})

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

describe('closing', () => {
  it('lets a message under way end, tells the idle, and takes nobody new', async () => {
    const door = await open()
    const idle = await smtpConnect(door.port)
    const busy = await smtpConnect(door.port)
    await sayHello(busy)
    await busy.send('DATA')
    busy.write('Subject: last\r\n')
    const closed = door.close(5_000)
    expect((await idle.next()).text).toMatch(/^421 /)
    await expect(smtpConnect(door.port)).rejects.toThrow()
    busy.write('\r\nhi\r\n.\r\n')
    expect((await busy.next()).code).toBe(250)
    expect((await busy.send('NOOP')).code).toBe(421)
    await closed
    expect(door.received).toHaveLength(1)
  })

  it('cuts off a message that does not end within the grace', async () => {
    const door = await open()
    const client = await smtpConnect(door.port)
    await sayHello(client)
    await client.send('DATA')
    await door.close(20)
    await client.closed()
    expect(door.received).toEqual([])
  })
})
