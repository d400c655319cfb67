import { once } from 'node:events'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provision, startRelay, type TestRelay } from '../support/relay.ts'
import { smtpConnect } from '../support/smtp-client.ts'

/** Parts of one message; by hand a million: PARTS=1000000 npx vitest run test/security/hostile-mail */
const PARTS = Number(process.env.PARTS ?? 50_000)

type Listed = { items: { id: string; size: number; extraction: { kind: string; reason?: string } }[] }

let relay: TestRelay
let mailbox: { connectionId: string; emailAddress: string }
beforeAll(async () => {
  relay = await startRelay()
  mailbox = await provision(relay)
})
afterAll(async () => {
  await relay.close()
  relay.remove()
})

/** Hands a message in as it is; answers what the server said to its end. */
async function hand(raw: string | Uint8Array, mailOptions = ''): Promise<string> {
  const client = await smtpConnect(relay.ports.smtp)
  await client.send('EHLO client.test')
  await client.send(`MAIL FROM:<no-reply@sandbox-power.test>${mailOptions}`)
  await client.send(`RCPT TO:<${mailbox.emailAddress}>`)
  await client.send('DATA')
  client.write(raw)
  const { text } = await client.send('\r\n.')
  client.quit()
  return text
}

async function newest(): Promise<Listed['items'][number]> {
  const { body } = await relay.api<Listed>('GET', `/v2/connection/${mailbox.connectionId}/messages?limit=1`)
  return body.items[0]!
}

const head = (type: string): string =>
  `From: no-reply@sandbox-power.test\r\nSubject: hostile\r\nMessage-ID: <${Math.random()}@x>\r\nMIME-Version: 1.0\r\nContent-Type: ${type}\r\n\r\n`

const nested = (depth: number): string => {
  let text = head('multipart/mixed; boundary=b0')
  for (let level = 0; level < depth; level += 1) {
    text += `--b${level}\r\nContent-Type: multipart/mixed; boundary=b${level + 1}\r\n\r\n`
  }
  return `${text}--b${depth}\r\n\r\nYour Sandbox Power verification code is 424242\r\n`
}
const carried = (depth: number): string =>
  `${'Content-Type: message/rfc822\r\n\r\n'.repeat(depth)}Your verification code is 424242\r\n`

const HOSTILE: Readonly<Record<string, () => string>> = {
  'a thousand parts within parts': () => nested(1_000),
  'ten thousand messages within messages': () => head('message/rfc822') + carried(10_000),
  [`${PARTS} parts`]: () =>
    `${head('multipart/mixed; boundary=b')}${'--b\r\n\r\nx\r\n'.repeat(PARTS)}--b--\r\n`,
  'two megabytes of headers': () =>
    `${'X-Many: header\r\n'.repeat(120_000)}Subject: x\r\n\r\nYour verification code is 424242\r\n`,
  'one header of two megabytes': () => `Subject: ${'x'.repeat(2_000_000)}\r\n\r\ncode 424242\r\n`,
  'one line of two megabytes': () => `${head('text/plain')}${'7'.repeat(2_000_000)}\r\n`,
  'quoted-printable spaces': () =>
    `${head('text/plain\r\nContent-Transfer-Encoding: quoted-printable')}${' '.repeat(1_000_000)}\r\n`,
  'encoded words without end': () => `Subject: ${'=?utf-8?q?=31?= '.repeat(60_000)}\r\n\r\nx\r\n`,
  'a megabyte of From': () => `From: ${'a@b.example, '.repeat(80_000)}\r\n\r\nx\r\n`,
  'no header at all': () => '\r\n\r\n',
  'nothing but NULs': () => '\0'.repeat(100_000),
}

describe('hostile mail', () => {
  for (const [what, make] of Object.entries(HOSTILE)) {
    it(`${what}: kept whole, makes no code, and harms nobody`, async () => {
      const raw = make()
      expect(await hand(raw)).toMatch(/^250 /)
      const kept = await newest()
      expect(kept.size).toBe(raw.length + 2)
      expect(kept.extraction.kind).not.toBe('code')
      expect((await fetch(`${relay.url}/readyz`)).status).toBe(200)
    }, 120_000)
  }

  it('8-bit and UTF-8 text is read, with NULs and controls in it', async () => {
    const text = `${head('text/plain; charset=utf-8')}G\u00fcltig: \0\x01 Your Sandbox Power verification code is 515253\r\n`
    expect(await hand(Buffer.from(text), ' BODY=8BITMIME SMTPUTF8')).toMatch(/^250 /)
    expect((await newest()).extraction.kind).toBe('code')
  })

  it('bytes that are no UTF-8 are kept as they came', async () => {
    const bytes = Buffer.concat([
      Buffer.from(head('text/plain')),
      Buffer.from([0xff, 0xfe, 0x80, 0xc3, 0x28]),
    ])
    expect(await hand(bytes)).toMatch(/^250 /)
    const { id } = await newest()
    const { body } = await relay.api<{ body: { content: string; encoding: string } }>(
      'GET',
      `/v2/message/${id}?body=true`,
    )
    expect(body.body.encoding).toBe('base64')
    expect(Buffer.from(body.body.content, 'base64').subarray(0, bytes.length)).toEqual(bytes)
  })
})

describe('TLS of the last century', () => {
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    it(`${version} is refused`, async () => {
      const client = await smtpConnect(relay.ports.smtp)
      await client.send('EHLO client.test')
      expect((await client.send('STARTTLS')).code).toBe(220)
      const secure = connect({
        socket: client.socket,
        rejectUnauthorized: false,
        minVersion: version,
        maxVersion: version,
        ciphers: 'DEFAULT@SECLEVEL=0',
      })
      const [error] = (await once(secure, 'error')) as [NodeJS.ErrnoException]
      expect(error.message).toMatch(/protocol version|alert|disconnected/i)
      client.socket.destroy()
    })
  }
})
