import { afterEach, describe, expect, it } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import type { InboundEmail, InboundMessage } from '../../src/domain/message.ts'
import { createByteBudget } from '../../src/inbound/byte-budget.ts'
import { LARGE_BYTES } from '../../src/inbound/reader-task.ts'
import { smtpConnect } from '../support/smtp-client.ts'
import { waitFor } from '../support/wait-for.ts'
import { DOMAIN, MAILBOX, sayHello, sendMail, testDoors } from './support.ts'

const doors = testDoors()
const { open } = doors
afterEach(() => doors.stop())

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

describe('a large message', () => {
  it('is handed over whole, in memory that the thread that reads it sees too', async () => {
    const door = await open({ maxMessageBytes: 4e6, budget: createByteBudget(4e6) })
    const client = await smtpConnect(door.port)
    await sayHello(client)
    const lines = Array.from({ length: 40_000 }, (_, n) => `${n} of a document that is attached`)
    const body = `Subject: bill\r\n\r\n${lines.join('\r\n')}`
    expect(await sendMail(client, body)).toMatch(/^250 /)
    const { raw } = door.received[0] as InboundEmail
    expect(raw.byteLength).toBeGreaterThan(LARGE_BYTES)
    expect(Buffer.from(raw).toString()).toBe(`${body}\r\n`)
    expect(raw.buffer).toBeInstanceOf(SharedArrayBuffer)
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
