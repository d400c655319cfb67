import { afterEach, describe, expect, it } from 'vitest'
import type { InboundEmail } from '../../src/domain/message.ts'
import { DOMAIN, MAILBOX, sayHello, testDoors } from '../inbound/support.ts'
import { type SmtpClient, smtpConnect } from '../support/smtp-client.ts'

const doors = testDoors()
const { open } = doors
afterEach(() => doors.stop())

/** What some server or other has taken for the end of a message; RFC 5321 §4.1.1.4 knows only CRLF.CRLF. */
const FALSE_ENDS: Readonly<Record<string, string>> = {
  'LF . LF': '\n.\n',
  'LF . CRLF': '\n.\r\n',
  'CRLF . LF': '\r\n.\n',
  'CR . CR': '\r.\r',
  'CR . CRLF': '\r.\r\n',
  'CRLF . CR': '\r\n.\r',
  'LF . CR': '\n.\r',
  'CR . LF': '\r.\n',
  'CRLF NUL . CRLF': '\r\n\0.\r\n',
  'CRLF . NUL CRLF': '\r\n.\0\r\n',
  'CRLF . CRCRLF': '\r\n.\r\r\n',
  'CRLF SP . CRLF': '\r\n .\r\n',
  'CRLF . SP CRLF': '\r\n. \r\n',
}
const SMUGGLED = `MAIL FROM:<smuggled@example.com>\r\nRCPT TO:<${MAILBOX}>\r\nDATA\r\nSubject: second\r\n\r\nhi\r\n.\r\n`

const ways: Readonly<Record<string, (client: SmtpClient, text: string) => Promise<void>>> = {
  'at once': async (client, text) => client.write(text),
  'byte by byte': async (client, text) => {
    for (const byte of Buffer.from(text, 'latin1')) {
      client.write(Uint8Array.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
  },
}

describe('what is not CRLF.CRLF ends no message', () => {
  for (const [name, end] of Object.entries(FALSE_ENDS)) {
    for (const [way, write] of Object.entries(ways)) {
      it(`${name}, ${way}`, async () => {
        const door = await open()
        const client = await smtpConnect(door.port)
        await sayHello(client)
        await client.send('DATA')
        await write(client, `Subject: first\r\n\r\nhi${end}${SMUGGLED}`)
        // One reply, to one message: kept whole, or refused for its bare LF.
        const { code } = await client.next()
        expect([250, 554]).toContain(code)
        expect((await client.send('NOOP')).text).toBe('250 2.0.0 OK')
        expect(door.received).toHaveLength(code === 250 ? 1 : 0)
        for (const message of door.received as InboundEmail[]) {
          expect(message.envelope.sender).toBe('a@example.com')
          expect(Buffer.from(message.raw).toString('latin1')).toContain('MAIL FROM:<smuggled@example.com>')
        }
        client.quit()
      })
    }
  }

  it('and a true end is one wherever the network cuts it', async () => {
    const door = await open()
    const client = await smtpConnect(door.port)
    for (const cut of [1, 2, 3, 4]) {
      await sayHello(client)
      await client.send('DATA')
      const end = '\r\n.\r\n'
      client.write(`Subject: cut ${cut}\r\n\r\nhi${end.slice(0, cut)}`)
      await new Promise((resolve) => setImmediate(resolve))
      client.write(end.slice(cut))
      expect((await client.next()).code).toBe(250)
    }
    expect(door.received).toHaveLength(4)
    client.quit()
  })
})

describe('pipelined commands', () => {
  it('run in order, each with its own reply', async () => {
    const door = await open()
    const client = await smtpConnect(door.port)
    client.write(
      `EHLO client.test\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<nobody@${DOMAIN}>\r\nRCPT TO:<${MAILBOX}>\r\nDATA\r\n`,
    )
    const codes: number[] = []
    for (let replies = 0; replies < 5; replies += 1) codes.push((await client.next()).code)
    expect(codes).toEqual([250, 250, 550, 250, 354])
    client.write('Subject: x\r\n\r\nhi\r\n.\r\nMAIL FROM:<b@example.com>\r\nQUIT\r\n')
    expect([(await client.next()).code, (await client.next()).code, (await client.next()).code]).toEqual([
      250, 250, 221,
    ])
    expect(door.received).toHaveLength(1)
  })

  it('behind a refused DATA are commands, and not a message', async () => {
    const door = await open()
    const client = await smtpConnect(door.port)
    // A sender that pipelines its message without waiting for the 354 that never comes.
    client.write(
      'EHLO client.test\r\nMAIL FROM:<a@example.com>\r\nDATA\r\nSubject: x\r\n\r\nhi\r\n.\r\nNOOP\r\n',
    )
    const codes: number[] = []
    for (let reply = await client.next(); ; reply = await client.next()) {
      codes.push(reply.code)
      if (reply.text === '250 2.0.0 OK') break
    }
    expect(codes.slice(0, 3)).toEqual([250, 250, 503])
    expect(codes.slice(3, -1).every((code) => code === 500)).toBe(true)
    expect(door.received).toEqual([])
    client.quit()
  })
})
