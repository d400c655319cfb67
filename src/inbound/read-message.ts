import { createHash } from 'node:crypto'
import type { Extraction } from '../domain/extraction.ts'
import type { MailboxContext } from '../domain/mailbox.ts'
import type { InboundMessage, ReadableMessage } from '../domain/message.ts'
import type { MessageSummary, Reading, ReadTimings } from '../domain/reading.ts'
import type { Verdict } from '../domain/verdict.ts'
import { log } from '../log.ts'
import { readReports } from './bounces.ts'
import { loopTraces } from './loop-traces.ts'
import { smsToReadable } from './parse-mime.ts'

/** Whom a message came to. */
export type ReadFor = {
  /** Null: the operator, for whom nothing is extracted; or nobody, where a message is only tried. */
  readonly context: MailboxContext | null
  /** Only tried: as a message of this utility; null: of one without a definition. */
  readonly tryAs?: string | null
  /** It came to a company's address for bills: judged for people to see, and never searched for a code. */
  readonly isBills?: boolean
  /** It came to the return path of a copy of ours: an answer of a mail system, never a code. */
  readonly isReturnPath?: boolean
}

/** The steps of reading a message, handed in by the worker's entry. `Facts`: what is known about who sent it. */
export type ReaderParts<Facts> = {
  readonly parse: (raw: Uint8Array) => Promise<ReadableMessage>
  readonly extract: (utilityId: string | null, message: ReadableMessage) => Extraction
  readonly authenticate: (
    message: InboundMessage & { channel: 'email' },
    readable: ReadableMessage,
    onResume: () => void,
  ) => Promise<Facts>
  readonly judge: (
    facts: Facts | null,
    message: ReadableMessage,
    context: MailboxContext | null,
    found: { readonly extraction: Extraction; readonly receivedAt: number; readonly isBills: boolean },
  ) => Verdict
}

export type ReadMessage = (
  message: InboundMessage,
  readers: readonly ReadFor[],
  onResume: () => void,
) => Promise<Reading>

/**
 * Parse, extract, judge: what one message says to each mailbox it came to. What goes wrong in reading makes the
 * message unread, never lost: it is stored as it came, for people to look at.
 */
export function createReader<Facts>(parts: ReaderParts<Facts>): ReadMessage {
  return async (message, readers, onResume) => {
    const startedAt = performance.now()
    const readable = await parse(parts, message)
    const parsedAt = performance.now()
    if (readable === null) return unreadReading(message, readers.length, 'unparsable')
    const extractions = extractForEach(parts, readable, readers)
    const summary = summarise(message, readable)
    const traces = loopTraces(readable)
    const reports = readers.some(({ isReturnPath }) => isReturnPath) && readReports(readable)
    const extractedAt = performance.now()
    // While DNS is asked, nobody needs the bodies; thousands of messages may wait at once.
    const slim = withoutBodies(readable)
    const isForPeople = readers.every(({ context, isBills }) => context === null && !isBills)
    const facts =
      message.channel === 'email' && !isForPeople ? await parts.authenticate(message, slim, onResume) : null
    const perMailbox = readers.map(({ context, isReturnPath, isBills = false }, index) => {
      const extraction = extractions[index]!
      const found = { extraction, receivedAt: message.receivedAt, isBills }
      return { verdict: isReturnPath ? ANSWER : parts.judge(facts, slim, context, found), extraction }
    })
    const timings = timingsOf(startedAt, parsedAt, extractedAt)
    return { summary, perMailbox, traces, ...(reports ? { reports } : {}), timings }
  }
}

const timingsOf = (startedAt: number, parsedAt: number, extractedAt: number): ReadTimings => ({
  parseMs: parsedAt - startedAt,
  extractMs: extractedAt - parsedAt,
  judgeMs: performance.now() - extractedAt,
})

async function parse<Facts>(
  parts: ReaderParts<Facts>,
  message: InboundMessage,
): Promise<ReadableMessage | null> {
  if (message.channel === 'sms') return smsToReadable(message)
  try {
    return await parts.parse(message.raw)
  } catch (error) {
    log.parserFailed({ messageId: message.id, error })
    return null
  }
}

const ANSWER: Verdict = {
  level: 'untrusted',
  reasons: [
    {
      code: 'return_path',
      text: 'It answers a copy that we sent: kept for people to read, never used as a code',
    },
  ],
  senderDomain: null,
  forwardedBy: null,
}

/** An extractor is asked once for each utility. The operator's mail is for people: nobody looks for codes in it. */
function extractForEach<Facts>(
  parts: ReaderParts<Facts>,
  message: ReadableMessage,
  readers: readonly ReadFor[],
): Extraction[] {
  const byUtility = new Map<string | null, Extraction>()
  return readers.map(({ context, tryAs, isReturnPath }) => {
    if (isReturnPath) return answerKind(parts, message)
    const utility = context ? context.connection.utility : tryAs
    if (utility === undefined) return { kind: 'none', reason: 'unmatched', candidates: [] }
    const known = byUtility.get(utility)
    if (known) return known
    const extraction = extractOrUnread(parts, utility, message)
    byUtility.set(utility, extraction)
    return extraction
  })
}

/** What came to a return path holds our own copy, code and all: nothing but its kind is read from it. */
function answerKind<Facts>(parts: ReaderParts<Facts>, message: ReadableMessage): Extraction {
  if (readReports(message).length > 0) return { kind: 'bounce', candidates: [] }
  const { kind } = extractOrUnread(parts, null, message)
  return { kind: kind === 'bounce' ? 'bounce' : 'auto_reply', candidates: [] }
}

function extractOrUnread<Facts>(
  parts: ReaderParts<Facts>,
  utility: string | null,
  message: ReadableMessage,
): Extraction {
  try {
    return parts.extract(utility, message)
  } catch (error) {
    log.extractorFailed({ utility: utility ?? 'none', error })
    return { kind: 'unread', reason: 'crash', candidates: [] }
  }
}

const withoutBodies = (message: ReadableMessage): ReadableMessage => ({
  ...message,
  text: null,
  html: null,
  attachments: [],
})

function summarise(message: InboundMessage, readable: ReadableMessage): MessageSummary {
  const { sender, senderName, subject, dateAt, messageId } = readable
  return { sender, senderName, subject, dateAt, messageId, dedupeKey: dedupeKey(message, readable) }
}

/**
 * The same for the same message however often it is sent. Trace headers differ each time, so only what the
 * sender wrote counts: Message-ID, From, Subject, Date and the body's bytes.
 */
function dedupeKey(message: InboundMessage, readable: ReadableMessage): string {
  if (message.channel === 'sms') return message.sid
  const hash = createHash('sha256')
  for (const part of [readable.messageId, readable.sender, readable.subject, readable.dateAt]) {
    hash.update(`${part ?? ''}\0`)
  }
  return hash.update(bodyOf(message.raw)).digest('hex')
}

/** What follows the first empty line (RFC 5322 §2.1), with LF or CRLF. */
function bodyOf(raw: Uint8Array): Uint8Array {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const crlf = bytes.indexOf('\r\n\r\n')
  const lf = bytes.indexOf('\n\n')
  if (crlf >= 0 && (lf < 0 || crlf < lf)) return bytes.subarray(crlf + 4)
  return lf >= 0 ? bytes.subarray(lf + 2) : bytes
}

const UNREAD_TEXTS = {
  deadline: 'Reading it took longer than a message may take',
  crash: 'Reading it failed in a way that no message should cause',
  unparsable: 'It is no readable MIME message',
} as const

/** What is known of a message that could not be read: that it came. */
export function unreadReading(
  message: InboundMessage,
  mailboxes: number,
  reason: keyof typeof UNREAD_TEXTS,
): Reading {
  const verdict: Verdict = {
    level: 'untrusted',
    reasons: [{ code: `unread_${reason}`, text: UNREAD_TEXTS[reason] }],
    senderDomain: null,
    forwardedBy: null,
  }
  const entry = { verdict, extraction: { kind: 'unread', reason, candidates: [] } as const }
  return {
    summary: {
      sender: message.channel === 'sms' ? message.sender : null,
      senderName: null,
      subject: null,
      dateAt: null,
      messageId: message.channel === 'sms' ? message.sid : null,
      dedupeKey:
        message.channel === 'sms' ? message.sid : createHash('sha256').update(message.raw).digest('hex'),
    },
    perMailbox: Array.from({ length: mailboxes }, () => entry),
  }
}
