import PostalMime, { addressParser, decodeWords, type Email, type Attachment as Part } from 'postal-mime'
import type { Attachment, Header, InboundSms, ReadableMessage } from '../domain/message.ts'
import { parseDate } from './parse-date.ts'

/** Deeper nesting and larger headers than any real mail has are refused: the message is stored unread. */
const LIMITS = { maxNestingDepth: 64, maxHeadersSize: 1024 * 1024 }
/** Text and HTML beyond this are not read, in characters. */
const TEXT_LIMIT = 2 * 1024 * 1024
/** Parts whose content says something about the message: what was forwarded as an attachment, bounce reports. */
const CARRIED_TYPES = new Set(['message/rfc822', 'message/delivery-status', 'message/global-delivery-status'])
const CARRIED_LIMIT = 2 * 1024 * 1024
/** A header that people or rules read is never longer; the rest of a hostile one is dropped before decoding. */
const HEADER_VALUE_LIMIT = 64 * 1024

/**
 * Reads a MIME message (RFC 5322, RFC 2045-2049). Attached messages stay attachments: what somebody forwarded
 * must not pass for what the sender wrote. Of repeated headers the first counts and all are listed, top first.
 *
 * @throws Error on nesting or headers beyond {@link LIMITS}
 */
export async function parseMime(raw: Uint8Array): Promise<ReadableMessage> {
  // Of a view the library makes a copy, even where it shows all that there is.
  const isWhole = raw.buffer instanceof ArrayBuffer && raw.byteLength === raw.buffer.byteLength
  const mail = await PostalMime.parse(isWhole ? raw.buffer : raw, { ...LIMITS, forceRfc822Attachments: true })
  const headers = mail.headers.map(({ key, value }) => ({ key, value: decodeHeader(value) }))
  const from = singleFrom(mail)
  return {
    channel: 'email',
    sender: from?.address ?? null,
    senderName: from?.name ?? null,
    subject: headerValue(headers, 'subject'),
    dateAt: parseDate(headerValue(headers, 'date') ?? ''),
    messageId: parseMessageId(headerValue(headers, 'message-id')),
    headers,
    text: readable(mail.text),
    html: readable(mail.html),
    attachments: mail.attachments.map(describePart),
  }
}

/** A text message in the form that extraction and trust read. */
export const smsToReadable = (sms: InboundSms): ReadableMessage => ({
  channel: 'sms',
  sender: sms.sender,
  senderName: null,
  subject: null,
  dateAt: null,
  messageId: sms.sid,
  headers: [],
  text: sms.body.slice(0, TEXT_LIMIT),
  html: null,
  attachments: [],
})

/** Decodes RFC 2047 words. They may hide line breaks, which would make a new header wherever this is written. */
const decodeHeader = (value: string): string =>
  decodeWords(value.slice(0, HEADER_VALUE_LIMIT)).replace(/[\r\n\0]+/g, ' ')

const headerValue = (headers: readonly Header[], key: string): string | null =>
  headers.find((header) => header.key === key)?.value ?? null

const readable = (text: string | undefined): string | null => (text ? text.slice(0, TEXT_LIMIT) : null)

/**
 * The one mailbox of the one From header. With several headers or several mailboxes nobody can say who sent the
 * message, and readers differ in which they show: there is no sender then.
 */
function singleFrom(mail: Email): { address: string; name: string | null } | null {
  const [header, ...repeated] = mail.headers.filter(({ key }) => key === 'from')
  if (!header || repeated.length > 0) return null
  const [mailbox, ...others] = addressParser(header.value.slice(0, HEADER_VALUE_LIMIT), { flatten: true })
  const address = mailbox?.address?.toLowerCase() ?? ''
  if (others.length > 0 || !/^[^\s\p{Cc}"(),:;<>@[\]\\]+@[^\s\p{Cc}"(),:;<>@[\]\\]+$/u.test(address))
    return null
  return { address, name: mailbox?.name ? decodeHeader(mailbox.name) : null }
}

/** RFC 5322 §3.6.4; some senders leave the angle brackets out. */
function parseMessageId(value: string | null): string | null {
  const trimmed = value?.trim() ?? ''
  if (trimmed === '' || trimmed.length > 998) return null
  return /<[^<>\s]+>/.exec(trimmed)?.[0] ?? `<${trimmed}>`
}

function describePart({ filename, mimeType, content }: Part): Attachment {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content)
  return {
    filename: filename ? decodeHeader(filename) : null,
    mimeType: mimeType || 'application/octet-stream',
    size: bytes.byteLength,
    content: CARRIED_TYPES.has(mimeType) ? new TextDecoder().decode(bytes.subarray(0, CARRIED_LIMIT)) : null,
  }
}
