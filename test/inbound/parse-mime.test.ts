import { describe, expect, it } from 'vitest'
import type { InboundSms } from '../../src/domain/message.ts'
import { parseMime, smsToReadable } from '../../src/inbound/parse-mime.ts'

const parse = (...lines: string[]) => parseMime(Buffer.from(lines.join('\r\n')))
const latin1 = (...lines: string[]) => parseMime(Buffer.from(lines.join('\r\n'), 'latin1'))

describe('reading headers', () => {
  it('decodes and unfolds them, in order and every one', async () => {
    const { headers } = await parse(
      'Received: two',
      'Received: one',
      'Subject: =?utf-8?Q?Ihr_Code_f=C3=BCr?=',
      ' =?utf-8?B?IGhldXRl?=',
      'X-Tab:\tvalue',
      '',
      'hi',
    )
    expect(headers).toEqual([
      { key: 'received', value: 'two' },
      { key: 'received', value: 'one' },
      { key: 'subject', value: 'Ihr Code für heute' },
      { key: 'x-tab', value: 'value' },
    ])
  })

  it('lets nobody hide a line break in an encoded word', async () => {
    const message = await parse(
      'From: =?utf-8?Q?Pat=0D=0ABcc:_evil@example.com?= <a@example.com>',
      'Subject: =?utf-8?Q?hi=0D=0ABcc:_x@example.com=00?=',
      '',
      '',
    )
    expect(message.subject).toBe('hi Bcc: x@example.com ')
    for (const { value } of message.headers) expect(value).not.toMatch(/[\r\n\0]/)
    expect(message.senderName).not.toMatch(/[\r\n\0]/)
  })

  it('takes the first of two and shows both', async () => {
    const message = await parse('Subject: first', 'Subject: second', '', 'hi')
    expect(message.subject).toBe('first')
    expect(message.headers.map(({ value }) => value)).toEqual(['first', 'second'])
  })

  const senders: [string, string | null, string | null][] = [
    ['From: a@example.com', 'a@example.com', null],
    ['From: "PG&E" <NoReply@EM.Example.com>', 'noreply@em.example.com', 'PG&E'],
    ['From: codes@utility.test <a@evil.test>', 'a@evil.test', 'codes@utility.test'],
    ['From: (comment) a@example.com (more)', 'a@example.com', 'comment more'],
    ['From: a@example.com, b@example.com', null, null],
    ['From: Team: a@example.com, b@example.com;', null, null],
    ['From: a@example.com\r\nFrom: b@example.com', null, null],
    ['From: undisclosed-recipients:;', null, null],
    ['From: nobody', null, null],
    ['From: "a@b"@example.com', null, null],
    ['From: <a@example.com@evil.test>', null, null],
    ['From:', null, null],
    ['To: a@example.com', null, null],
  ]
  for (const [line, address, name] of senders) {
    it(`knows the sender of ${JSON.stringify(line)}`, async () => {
      const { sender, senderName } = await parse(line, '', 'hi')
      expect([sender, senderName]).toEqual([address, name])
    })
  }

  it('keeps a Message-ID in its brackets, and gives it some when they are missing', async () => {
    expect((await parse('Message-ID: <1@example.com>', '', '')).messageId).toBe('<1@example.com>')
    expect((await parse('Message-ID: 1@example.com', '', '')).messageId).toBe('<1@example.com>')
    expect((await parse('Subject: x', '', '')).messageId).toBeNull()
  })

  const dates: [string, string | null][] = [
    ['Sat, 21 Nov 2026 10:00:00 +0100', '2026-11-21T09:00:00.000Z'],
    ['21 Nov 2026 10:00 -0830', '2026-11-21T18:30:00.000Z'],
    ['Sat, 21 Nov 2026 10:00:00 GMT', '2026-11-21T10:00:00.000Z'],
    ['Sat, 21 Nov 2026 10:00:00 EST', '2026-11-21T15:00:00.000Z'],
    ['Sat, 21 Nov 2026 10:00:00 -0800 (Pacific Standard Time)', '2026-11-21T18:00:00.000Z'],
    ['Sat, 21 Nov 2026 10:00:00', '2026-11-21T10:00:00.000Z'],
    ['Sat, 21 Nov 26 10:00:00 +0000', '2026-11-21T10:00:00.000Z'],
    ['Sat, 21 November 2026 10:00:00 +0000', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21T10:00:00+01:00', '2026-11-21T09:00:00.000Z'],
    ['2026-11-21 10:00:00', '2026-11-21T10:00:00.000Z'],
    ['Sat, 21 Nov 1026 10:00:00 +0000', null],
    ['nonsense', null],
    ['', null],
    ['1', null],
    [`Sat, 21 Nov 2026 10:00:00 +0000${' '.repeat(1_000)}x`, null],
  ]
  for (const [date, expected] of dates) {
    it(`reads the date ${JSON.stringify(date.slice(0, 60))}`, async () => {
      const { dateAt } = await parse(`Date: ${date}`, '', 'hi')
      expect(dateAt && new Date(dateAt).toISOString()).toBe(expected)
    })
  }
})

describe('reading bodies', () => {
  it('gives text and HTML apart, in the characters they were written in', async () => {
    const message = await latin1(
      'Content-Type: multipart/alternative; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain; charset=iso-8859-1',
      '',
      'Schl\xfcssel',
      '--b',
      'Content-Type: text/html; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '<b>Schl=C3=BCssel</b>',
      '--b--',
    )
    expect(message.text?.trim()).toBe('Schlüssel')
    expect(message.html?.trim()).toBe('<b>Schlüssel</b>')
  })

  it('has none where there is none', async () => {
    expect(await parse('Subject: x', '', '')).toMatchObject({ text: null, html: null, attachments: [] })
    expect(await parse('')).toMatchObject({ sender: null, subject: null, dateAt: null, headers: [] })
  })

  it('reads two megabytes of text and no more', async () => {
    const { text } = await parse('Subject: long', '', 'x'.repeat(3_000_000))
    expect(text).toHaveLength(2 * 1024 * 1024)
  })
})

describe('attachments', () => {
  const forwarded = ['From: a@example.com', 'Subject: inner', '', 'Your code is 482913']
  it('of whole messages stay attachments, whatever the sender calls them, and carry their text', async () => {
    for (const disposition of ['attachment', 'inline', 'x']) {
      const message = await parse(
        'Content-Type: multipart/mixed; boundary=b',
        '',
        '--b',
        '',
        'See below',
        '--b',
        'Content-Type: message/rfc822',
        `Content-Disposition: ${disposition}; filename="=?utf-8?Q?f=C3=BCr_dich.eml?="`,
        '',
        ...forwarded,
        '--b--',
      )
      expect(message.text?.trim()).toBe('See below')
      expect(message.attachments).toMatchObject([{ filename: 'für dich.eml', mimeType: 'message/rfc822' }])
      expect(message.attachments[0]?.content?.trim()).toBe(
        forwarded.join('\r\n').trim().replaceAll('\r\n', '\n'),
      )
    }
  })

  it('of delivery reports carry theirs, and others none', async () => {
    const message = await parse(
      'Content-Type: multipart/report; boundary=b',
      '',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mx.example.com',
      '--b',
      'Content-Type: application/pdf; name=bill.pdf',
      'Content-Transfer-Encoding: base64',
      '',
      'JVBERi0=',
      '--b--',
    )
    expect(message.attachments).toMatchObject([
      { mimeType: 'message/delivery-status', filename: null },
      { mimeType: 'application/pdf', filename: 'bill.pdf', size: 5, content: null },
    ])
    expect(message.attachments[0]?.content).toContain('mx.example.com')
  })
})

describe('hostile messages', () => {
  it('are read where that is cheap', async () => {
    const blanks = await parse('Content-Transfer-Encoding: quoted-printable', '', `${' '.repeat(100_000)}x`)
    expect(blanks.text?.trim()).toBe('x')
    const parts = await parse(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b\r\n\r\nx\r\n'.repeat(2_000),
    )
    expect(parts.text?.length).toBeGreaterThan(2_000)
    const name = '"<('.repeat(300_000)
    expect((await parse(`From: ${name} a@example.com`, '', '')).sender).toBeNull()
  })

  it('are refused where they are deeper or longer than any mail is', async () => {
    const nested = Array.from({ length: 70 }, (_, depth) => [
      `Content-Type: multipart/mixed; boundary=b${depth}`,
      '',
      `--b${depth}`,
    ])
    await expect(parse(...nested.flat(), '', 'hi')).rejects.toThrow('nesting depth')
    await expect(parse('X-Endless: x\r\n'.repeat(200_000), '', 'hi')).rejects.toThrow('header size')
  })
})

it('reads a text message as what it is', () => {
  const sms: InboundSms = {
    channel: 'sms',
    id: 'm1',
    door: 'test',
    receivedAt: 0,
    sid: 'SM1',
    sender: '72345',
    recipient: '+14155550100',
    body: 'Your code is 482913',
  }
  expect(smsToReadable(sms)).toMatchObject({
    channel: 'sms',
    sender: '72345',
    text: 'Your code is 482913',
    messageId: 'SM1',
    dateAt: null,
    headers: [],
  })
})
