import { Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { smtpConnect } from '../support/smtp-client.ts'
import { MAILBOX, testDoors } from './support.ts'

const doors = testDoors()
const { open } = doors
afterEach(() => {
  vi.restoreAllMocks()
  return doors.stop()
})

const ENVELOPE = ['MAIL FROM:<a@example.com>', `RCPT TO:<${MAILBOX}>`, 'DATA', ''].join('\r\n')

describe('senders that pipeline (RFC 2920)', () => {
  it('get the answers to an envelope in its order, written at once', async () => {
    const door = await open()
    const client = await smtpConnect(door.port)
    await client.send('EHLO client.test')
    const writes = [vi.spyOn(Socket.prototype, '_write'), vi.spyOn(Socket.prototype, '_writev' as '_write')]
    client.write(ENVELOPE)
    expect([await client.next(), await client.next(), await client.next()].map(({ code }) => code)).toEqual([
      250, 250, 354,
    ])
    const byDoor = writes.flatMap(({ mock }) => mock.contexts).filter((socket) => socket !== client.socket)
    expect(byDoor).toHaveLength(1)
    client.write('Subject: x\r\n\r\nhi\r\n.\r\n')
    expect((await client.next()).code).toBe(250)
    client.quit()
  })

  it('hear of a refused recipient in its place', async () => {
    const door = await open()
    const client = await smtpConnect(door.port)
    await client.send('EHLO client.test')
    client.write(ENVELOPE.replace(MAILBOX, 'mfa-nobody@relay.test'))
    expect([await client.next(), await client.next(), await client.next()].map(({ code }) => code)).toEqual([
      250, 550, 503,
    ])
    client.quit()
  })

  it('hear at once that a handshake may begin, whatever they sent before', async () => {
    const door = await open()
    const client = await smtpConnect(door.port)
    await client.send('EHLO client.test')
    client.write('MAIL FROM:<a@example.com>\r\nSTARTTLS\r\n')
    expect([await client.next(), await client.next()].map(({ code }) => code)).toEqual([250, 220])
    client.socket.destroy()
  })
})
