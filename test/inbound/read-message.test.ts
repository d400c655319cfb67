import { describe, expect, it } from 'vitest'
import type { Extraction } from '../../src/domain/extraction.ts'
import type { InboundEmail, InboundSms } from '../../src/domain/message.ts'
import { parseMime } from '../../src/inbound/parse-mime.ts'
import { createReader, type ReaderParts } from '../../src/inbound/read-message.ts'
import { contextOf, MAILBOX, OTHER_MAILBOX } from './support.ts'

const CODE: Extraction = { kind: 'code', code: '482913', rule: 'test', confidence: 1, candidates: [] }
const raw = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'))
const MAIL = raw(
  'From: Example <codes@example.com>',
  'Subject: Code',
  'Date: Sat, 21 Nov 2026 08:00:00 +0000',
  'Message-ID: <1@example.com>',
  '',
  'Your code is 482913',
)

const email = (bytes: Uint8Array = MAIL): InboundEmail => ({
  channel: 'email',
  id: 'm1',
  door: 'smtp',
  receivedAt: 0,
  envelope: { sender: 'a@example.com', recipients: [MAILBOX] },
  client: { tls: false },
  raw: bytes,
})
const sms: InboundSms = {
  channel: 'sms',
  id: 'm2',
  door: 'test',
  receivedAt: 0,
  sid: 'SM1',
  sender: '72345',
  recipient: '+14155550100',
  body: 'Your code is 482913',
}

function reader(change: Partial<ReaderParts<string>> = {}) {
  const calls: string[] = []
  const read = createReader<string>({
    parse: parseMime,
    extract: (utility, message) => {
      calls.push(`extract for ${utility} from ${message.text?.trim()}`)
      return CODE
    },
    authenticate: async (_message, readable) => {
      calls.push(`authenticate ${readable.sender} text=${readable.text}`)
      return 'facts'
    },
    judge: (facts, _message, context) => {
      calls.push(`judge by ${facts} for ${context?.mailbox.address ?? 'the operator'}`)
      return { level: 'trusted', reasons: [], senderDomain: 'example.com', forwardedBy: null }
    },
    ...change,
  })
  return {
    calls,
    read: (message: InboundEmail | InboundSms, ...to: (typeof one)[]) => read(message, to, () => {}),
  }
}
const one = { context: contextOf(MAILBOX) as ReturnType<typeof contextOf> | null }
const operator = { context: null }

describe('reading a message', () => {
  it('parses once, extracts once for each utility, and judges for each mailbox', async () => {
    const { calls, read } = reader()
    const other = { context: contextOf(OTHER_MAILBOX) }
    const third = { context: contextOf(OTHER_MAILBOX, {}, { utility: 'pge' }) }
    const reading = await read(email(), one, other, third, operator)
    expect(reading.summary).toMatchObject({
      sender: 'codes@example.com',
      senderName: 'Example',
      subject: 'Code',
      dateAt: Date.UTC(2026, 10, 21, 8),
      messageId: '<1@example.com>',
    })
    expect(calls).toEqual([
      'extract for sandbox-power from Your code is 482913',
      'extract for pge from Your code is 482913',
      // The bodies are gone by then: thousands may wait for DNS.
      'authenticate codes@example.com text=null',
      `judge by facts for ${MAILBOX}`,
      `judge by facts for ${OTHER_MAILBOX}`,
      `judge by facts for ${OTHER_MAILBOX}`,
      'judge by facts for the operator',
    ])
    expect(reading.perMailbox.map(({ extraction }) => extraction.kind)).toEqual([
      'code',
      'code',
      'code',
      'none',
    ])
  })

  it('asks nobody who sent mail that only the operator reads, or a text message', async () => {
    for (const [message, to] of [
      [email(), operator],
      [sms, one],
    ] as const) {
      const { calls, read } = reader()
      await read(message, to)
      expect(calls.filter((call) => call.startsWith('authenticate'))).toEqual([])
      expect(calls.at(-1)).toContain('judge by null')
    }
  })

  it('stores unread what cannot be parsed', async () => {
    const { read } = reader({ parse: () => Promise.reject(new Error('too deep')) })
    const { summary, perMailbox } = await read(email(), one)
    expect(perMailbox).toMatchObject([
      {
        verdict: { level: 'untrusted', reasons: [{ code: 'unread_unparsable' }] },
        extraction: { kind: 'unread', reason: 'unparsable' },
      },
    ])
    expect(summary.dedupeKey).toMatch(/^[0-9a-f]{64}$/)
  })

  it('keeps its verdict when an extractor throws', async () => {
    const { read } = reader({
      extract: () => {
        throw new Error('a fault in an extractor')
      },
    })
    expect((await read(email(), one)).perMailbox).toMatchObject([
      { verdict: { level: 'trusted' }, extraction: { kind: 'unread', reason: 'crash' } },
    ])
  })
})

describe('the key by which a message is known again', () => {
  const keyOf = async (bytes: Uint8Array) => (await reader().read(email(bytes), one)).summary.dedupeKey
  const text = MAIL.toString()

  it('is the same whatever way it came', async () => {
    const again = Buffer.from(`Received: from elsewhere\r\nX-Forwarded-To: x\r\n${text}`)
    expect(await keyOf(again)).toBe(await keyOf(MAIL))
  })

  it('is another when the sender wrote anything else', async () => {
    const keys = await Promise.all([
      keyOf(MAIL),
      keyOf(Buffer.from(text.replace('<1@', '<2@'))),
      keyOf(Buffer.from(text.replace('482913', '482914'))),
      keyOf(Buffer.from(text.replace('Subject: Code', 'Subject: Code 2'))),
      keyOf(Buffer.from(text.replace('08:00:00', '08:00:01'))),
      keyOf(Buffer.from(text.replace('codes@', 'other@'))),
      keyOf(Buffer.from(text.replace(/Message-ID.*\r\n/, ''))),
    ])
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('of a text message is its SID', async () => {
    expect((await reader().read(sms, one)).summary.dedupeKey).toBe('SM1')
  })
})
