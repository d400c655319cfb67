import { afterEach, describe, expect, it } from 'vitest'
import { createByteBudget } from '../../src/inbound/byte-budget.ts'
import { MAILBOX, sayHello, sendMail, testDoors } from '../inbound/support.ts'
import { type SmtpClient, smtpConnect } from '../support/smtp-client.ts'
import { waitFor } from '../support/wait-for.ts'

const doors = testDoors()
const { open } = doors
afterEach(() => doors.stop())

/** So many connections at once; by hand more: IDLE_CLIENTS=5000 npx vitest run test/security/slow-senders */
const IDLE_CLIENTS = Number(process.env.IDLE_CLIENTS ?? 500)

/** Sends a byte now and then, never silent for long, until the server has had enough. Answers how it was told. */
async function drip(client: SmtpClient, byte: string): Promise<string> {
  const dripping = setInterval(() => client.socket.writable && client.write(byte), 5)
  const { text } = await client.next().finally(() => clearInterval(dripping))
  await client.closed()
  return text
}

describe('a sender that drips', () => {
  it('a message is cut off by the limit on the whole, and its memory is given back', async () => {
    const budget = createByteBudget(1_000_000)
    const door = await open({ budget, limits: { dataMs: 100, sessionMs: 60_000 } })
    const client = await smtpConnect(door.port)
    await sayHello(client)
    await client.send('DATA')
    expect(await drip(client, 'x')).toBe('421 4.4.2 The message took too long')
    await waitFor(() => budget.held === 0, 'the bytes to be given back')
    expect(door.received).toEqual([])
  })

  it('commands is cut off by the limit on the session, over TLS too', async () => {
    for (const tls of [false, true]) {
      const door = await open({ limits: { dataMs: 60_000, sessionMs: 300 } })
      const client = await smtpConnect(door.port)
      await client.send('EHLO client.test')
      if (tls) await client.startTls()
      expect(await drip(client, 'N')).toBe('421 4.4.2 The session took too long')
    }
  })

  it('is let end a transaction under way, but not for ever', async () => {
    const door = await open({ limits: { dataMs: 300, sessionMs: 50 } })
    const client = await smtpConnect(door.port)
    await client.send('EHLO client.test')
    await client.send('MAIL FROM:<a@example.com>')
    expect(await drip(client, 'N')).toBe('421 4.4.2 The session took too long')
  })

  it('is not cut off while it waits for us', async () => {
    const gate = Promise.withResolvers<void>()
    const told = Promise.withResolvers<void>()
    const door = await open({
      limits: { dataMs: 50, sessionMs: 50 },
      receive: () => {
        told.resolve()
        return gate.promise
      },
    })
    const client = await smtpConnect(door.port)
    await sayHello(client)
    const reply = sendMail(client)
    await told.promise
    // Four times both limits. That nothing comes shows only in real time: sockets and their limits know no other.
    const slept = new Promise((resolve) => setTimeout(resolve, 200, 'silent'))
    expect(await Promise.race([slept, reply])).toBe('silent')
    gate.resolve()
    expect(await reply).toMatch(/^250 /)
  })
})

describe('many who say nothing', () => {
  it(`${IDLE_CLIENTS} idle connections keep nobody from sending mail`, async () => {
    const door = await open({ maxClients: IDLE_CLIENTS + 10 })
    const idle: SmtpClient[] = []
    for (let batch = 0; batch < IDLE_CLIENTS; batch += 100) {
      const size = Math.min(100, IDLE_CLIENTS - batch)
      idle.push(...(await Promise.all(Array.from({ length: size }, () => smtpConnect(door.port)))))
    }
    expect(idle.every(({ greeting }) => greeting.code === 220)).toBe(true)
    const client = await smtpConnect(door.port)
    await sayHello(client, [MAILBOX])
    expect(await sendMail(client)).toMatch(/^250 /)
    client.quit()
    for (const { socket } of idle) socket.destroy()
  }, 120_000)
})

describe('endless input', () => {
  it('an endless command line is told so and ended', async () => {
    const door = await open()
    const client = await smtpConnect(door.port)
    client.write('x'.repeat(20_000))
    expect((await client.next()).text).toBe('421 4.4.2 Error: Command line too long')
    await client.closed()
  })

  for (const [what, chunk] of [
    ['headers', `X-Endless: ${'y'.repeat(500)}\r\n`],
    ['a line', 'z'.repeat(1_000)],
    ['dots', `${'..\r\n'.repeat(100)}`],
  ] as const) {
    it(`${what} without end fill no memory, and the sender hears 552`, async () => {
      const budget = createByteBudget(1_000_000)
      const door = await open({ budget })
      const client = await smtpConnect(door.port)
      await sayHello(client)
      await client.send('DATA')
      for (let bytes = 0; bytes < 300_000; bytes += chunk.length) client.write(chunk)
      // Beyond the size limit (100,000 bytes here) nothing is held any more, though the sender goes on.
      await waitFor(() => budget.held === 0, 'what was held to be dropped')
      client.write('\r\n.\r\n')
      expect((await client.next()).text).toMatch(/^552 /)
      expect(door.received).toEqual([])
      client.quit()
    })
  }
})
