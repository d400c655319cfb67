import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smtpConnect } from '../support/smtp-client.ts'
import { DOMAIN, MAILBOX, OTHER_MAILBOX, openDoor, RETIRED, type TestDoor } from './support.ts'

/** What is sent, and the reply: its code, or how its text begins. */
type Step = readonly [send: string, reply: number | string]

const HELLO: Step = ['EHLO client.test', 250]
const FROM: Step = ['MAIL FROM:<a@example.com>', 250]
const TO: Step = [`RCPT TO:<${MAILBOX}>`, 250]
const MAIL = [HELLO, FROM, TO] as const
const DATA: Step = ['DATA', 354]

const dialogs: Readonly<Record<string, readonly Step[]>> = {
  'takes a message': [
    ...MAIL,
    DATA,
    ['Subject: hello\r\n\r\nhi\r\n.', '250 2.6.0 OK: kept as '],
    ['QUIT', '221 2.0.0'],
  ],
  'takes a bounce, whose sender is empty': [HELLO, ['MAIL FROM:<>', 250], TO, DATA, ['\r\n.', 250]],
  'knows nobody elsewhere': [HELLO, FROM, ['RCPT TO:<x@nowhere.test>', '550 5.1.1']],
  'knows nobody by another name': [HELLO, FROM, [`RCPT TO:<nobody@${DOMAIN}>`, '550 5.1.1']],
  'refuses retired addresses': [HELLO, FROM, [`RCPT TO:<${RETIRED}>`, '550 5.1.1']],
  'minds no case in addresses': [HELLO, FROM, [`RCPT TO:<${MAILBOX.toUpperCase()}>`, 250]],
  'takes no plus tags': [HELLO, FROM, [`RCPT TO:<${MAILBOX.replace('@', '+x@')}>`, '550 5.1.1']],
  'is no relay by percent signs': [
    HELLO,
    FROM,
    [`RCPT TO:<victim%example.com@${DOMAIN}>`, '550 5.1.1'],
    [`RCPT TO:<example.com!victim@${DOMAIN}>`, '550 5.1.1'],
  ],
  'takes no source routes': [
    HELLO,
    FROM,
    [`RCPT TO:<@hop.example:${MAILBOX}>`, '553 5.1.3'],
    [`RCPT TO: <@a.example,@b.example:${MAILBOX}>`, '553 5.1.3'],
  ],
  'takes no quoted local parts and no address literals': [
    HELLO,
    FROM,
    [`RCPT TO:<"a b"@${DOMAIN}>`, 501],
    ['RCPT TO:<abuse@[127.0.0.1]>', '550 5.1.1'],
  ],
  'takes no endless local part': [HELLO, FROM, [`RCPT TO:<${'a'.repeat(200)}@${DOMAIN}>`, '550 5.1.1']],
  'has a postmaster, also without a domain, and an abuse desk': [
    HELLO,
    FROM,
    ['RCPT TO:<postmaster>', 250],
    [`RCPT TO:<Abuse@${DOMAIN}>`, 250],
  ],
  'limits recipients': [
    ...MAIL,
    [`RCPT TO:<${OTHER_MAILBOX}>`, 250],
    ['RCPT TO:<postmaster>', '452 4.5.3'],
    [`RCPT TO:<${MAILBOX}>`, 250],
  ],
  'refuses a message that says it is too large': [
    HELLO,
    ['MAIL FROM:<a@example.com> SIZE=100001', '552 5.3.4'],
    ['MAIL FROM:<a@example.com> SIZE=100000', 250],
  ],
  'refuses a message that turns out too large, and goes on': [
    ...MAIL,
    DATA,
    [`${`${'x'.repeat(998)}\r\n`.repeat(110)}.`, '552 5.3.4'],
    FROM,
    TO,
    DATA,
    ['small\r\n.', 250],
  ],
  'refuses bare line feeds': [...MAIL, DATA, ['a\nb\r\n.', '554 5.6.0'], FROM],
  'does not end a message at anything but CRLF.CRLF': [
    ...MAIL,
    DATA,
    // Each of these ended a message on some server; a message smuggled behind one would be answered by itself.
    ['a\n.\nMAIL FROM:<x@example.com>\r\n.', '554 5.6.0'],
    FROM,
    TO,
    DATA,
    ['a\n.\r\nMAIL FROM:<x@example.com>\r\n.', '554 5.6.0'],
    FROM,
    TO,
    DATA,
    ['a\r.\rMAIL FROM:<x@example.com>\r\n.', 250],
    FROM,
    TO,
    DATA,
    ['a\r\n.\rMAIL FROM:<x@example.com>\r\n.', 250],
  ],
  'answers no jokes, and offers no login': [
    HELLO,
    ['WIZ secret', '500 5.5.2'],
    ['SHELL', '500 5.5.2'],
    ['KILL mom', '500 5.5.2'],
    ['AUTH PLAIN AGEAYg==', '500 5.5.2'],
    ['XCLIENT ADDR=127.0.0.1', '500 5.5.2'],
  ],
  'says nothing about who exists': [HELLO, [`VRFY ${MAILBOX}`, 252], ['EXPN list', 500]],
  'wants its commands in order': [
    ['MAIL FROM:<a@example.com>', '503'],
    HELLO,
    [`RCPT TO:<${MAILBOX}>`, '503'],
    FROM,
    ['DATA', '503'],
  ],
  'gives up on web browsers': [['POST / HTTP/1.1', 421]],
}

describe('an SMTP dialog', () => {
  let door: TestDoor
  beforeAll(async () => {
    door = await openDoor()
  })
  afterAll(() => door.stop())

  for (const [name, steps] of Object.entries(dialogs)) {
    it(name, async () => {
      const client = await smtpConnect(door.port)
      expect(client.greeting.text).toBe(`220 ${DOMAIN} ESMTP mfa-relay`)
      for (const [line, expected] of steps) {
        const reply = await client.send(line)
        if (typeof expected === 'number') expect(reply.code, `${line} → ${reply.text}`).toBe(expected)
        else expect(reply.text.startsWith(expected), `${line} → ${reply.text}`).toBe(true)
      }
      client.quit()
    })
  }

  it('offers what it can do and nothing else', async () => {
    const client = await smtpConnect(door.port)
    const { text } = await client.send('EHLO client.test')
    expect(text.split('\n').map((line) => line.slice(4))).toEqual([
      DOMAIN,
      'PIPELINING',
      '8BITMIME',
      'SMTPUTF8',
      'ENHANCEDSTATUSCODES',
      'STARTTLS',
      'SIZE 100000',
    ])
    client.quit()
  })
})
