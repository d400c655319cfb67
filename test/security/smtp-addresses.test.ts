import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DOMAIN, MAILBOX, openDoor, type TestDoor } from '../inbound/support.ts'
import { type SmtpClient, smtpConnect } from '../support/smtp-client.ts'

let door: TestDoor
let client: SmtpClient
beforeAll(async () => {
  door = await openDoor()
  client = await smtpConnect(door.port)
  await client.send('EHLO client.test')
})
afterAll(async () => {
  client.quit()
  await door.stop()
})

/** Recipients that some server somewhere takes for one of its own, or for somebody else's. */
const NOT_OURS: readonly string[] = [
  `a%b@c`,
  `victim%example.com@${DOMAIN}`,
  `${MAILBOX}%example.com@${DOMAIN}`,
  `example.com!victim@${DOMAIN}`,
  `@hop.example:${MAILBOX}`,
  `@hop.example,@hop.two:victim@example.com`,
  `"${MAILBOX.split('@')[0]}"@${DOMAIN}`,
  `"victim@example.com"@${DOMAIN}`,
  `"a b"@${DOMAIN}`,
  `a\\@b@${DOMAIN}`,
  `${'l'.repeat(200)}@${DOMAIN}`,
  `${'l'.repeat(3_000)}@${DOMAIN}`,
  `${MAILBOX.split('@')[0]}@[127.0.0.1]`,
  `${MAILBOX.split('@')[0]}@[IPv6:::1]`,
  `${MAILBOX}.`,
  `${MAILBOX}.evil.example`,
  `${MAILBOX},victim@example.com`,
  `${MAILBOX};victim@example.com`,
  `${MAILBOX}>\rRCPT TO:<victim@example.com`,
  `${MAILBOX}\0`,
  `\u00e4\u00f6\u00fc@${DOMAIN}`,
  `mfa-\u0430bcdefghij234567@${DOMAIN}`,
  `x@\u00fcber.example`,
  `x@xn--.example`,
  `x@${'a'.repeat(300)}.example`,
  `${MAILBOX.split('@')[0]}@`,
  `@${DOMAIN}`,
  '@',
  '',
  '..',
  `.${MAILBOX}`,
  `constructor@${DOMAIN}`,
  `__proto__@${DOMAIN}`,
  `' or 1=1 --@${DOMAIN}`,
]

describe('recipients', () => {
  for (const address of NOT_OURS) {
    it(`${JSON.stringify(address.slice(0, 60))} is nobody here`, async () => {
      await client.send('MAIL FROM:<a@example.com>')
      const { code, text } = await client.send(`RCPT TO:<${address}>`)
      expect(code, text).toBeGreaterThanOrEqual(500)
      expect(text).not.toMatch(/[\0\r]/)
      // Whatever it was, the session goes on and nobody was taken down.
      expect((await client.send('DATA')).code).toBe(503)
      expect((await client.send('RSET')).code).toBe(250)
    })
  }

  it('and one of ours stays one of ours', async () => {
    await client.send('MAIL FROM:<a@example.com> BODY=8BITMIME SMTPUTF8')
    expect((await client.send(`RCPT TO:<${MAILBOX}>`)).code).toBe(250)
    await client.send('RSET')
  })
})

describe('senders', () => {
  const senders: readonly [string, boolean][] = [
    ['', true],
    ['a%b@example.com', true],
    [`${'l'.repeat(200)}@example.com`, true],
    ['jos\u00e9@example.com', true],
    ['a@example.com>\rRCPT TO:<x', false],
    ['a\0@example.com', false],
    ['a\x1b[31m@example.com', false],
    ['a\u0085@example.com', false],
    ['a@b@c', false],
    [`${'l'.repeat(400)}@example.com`, false],
  ]
  for (const [sender, isTaken] of senders) {
    it(`${JSON.stringify(sender.slice(0, 40))} is ${isTaken ? 'taken' : 'refused'}`, async () => {
      const { code, text } = await client.send(`MAIL FROM:<${sender}>`)
      expect(code, text).toBe(isTaken ? 250 : 501)
      expect(text).not.toMatch(/[\0\r\x1b]/)
      await client.send('RSET')
    })
  }
})

describe('commands that are off', () => {
  for (const line of [
    'AUTH PLAIN AGEAYg==',
    'AUTH LOGIN',
    'WIZ',
    'SHELL',
    'KILL',
    'XCLIENT ADDR=10.0.0.1',
    'XFORWARD ADDR=10.0.0.1',
    'HELP',
    'EXPN x',
    'TURN',
    'ETRN x',
    'BDAT 5 LAST',
    'SEND FROM:<a@example.com>',
  ]) {
    it(line, async () => {
      const other = await smtpConnect(door.port)
      await other.send('EHLO client.test')
      expect((await other.send(line)).text).toMatch(/^50[02] /)
      other.quit()
    })
  }
})
