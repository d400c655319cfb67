import type { DeliveryReport } from '../domain/bounce.ts'
import { cleanLine } from '../domain/clean-text.ts'
import type { ReadableMessage } from '../domain/message.ts'
import { readPlainBounce } from './bounces-plain.ts'

/** A report names as many recipients as there were; ours has one. */
const MAX_REPORTS = 20
const MAX_RECIPIENTS = 4
const TEXT_LIMIT = 200
const STATUS_TYPES = new Set(['message/delivery-status', 'message/global-delivery-status'])
const STATUS = /\b([245]\.\d{1,3}\.\d{1,3})\b/

/**
 * What a mail system answers about a message that we sent: the fields of a delivery status notification (RFC 3464),
 * or the sentences of a mail system that writes none. Empty: it is no such answer. Pure; `message` may say anything.
 */
export function readReports(message: ReadableMessage): readonly DeliveryReport[] {
  const part = message.attachments.find(({ mimeType, content }) => content && STATUS_TYPES.has(mimeType))
  const reports = part?.content ? readStatusPart(part.content) : []
  if (reports.length > 0) return reports
  const plain = readPlainBounce(message)
  return plain === null ? [] : [plain]
}

/** RFC 3464 §2.1: fields about the message, then a group of fields for each recipient; empty lines between. */
function readStatusPart(content: string): DeliveryReport[] {
  return content
    .replace(/\r\n?/g, '\n')
    .split(/\n[ \t]*\n/, MAX_REPORTS + 2)
    .map(readFields)
    .flatMap((fields) => readRecipient(fields) ?? [])
    .slice(0, MAX_REPORTS)
}

/** First of each field; continued lines are one (RFC 5322 §2.2.3). */
function readFields(group: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of group.replace(/\n[ \t]+/g, ' ').split('\n', 100)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase()
    if (name && !fields.has(name)) fields.set(name, line.slice(colon + 1, colon + 2_000).trim())
  }
  return fields
}

const ACTIONS: Readonly<Record<string, DeliveryReport['action']>> = {
  failed: 'failed',
  delayed: 'delayed',
  delivered: 'delivered',
  relayed: 'delivered',
  expanded: 'delivered',
}

function readRecipient(fields: ReadonlyMap<string, string>): DeliveryReport | null {
  const said = fields.get('status') ?? ''
  const action = ACTIONS[(fields.get('action') ?? '').toLowerCase().split(/[\s(;]/)[0] ?? ''] ?? guessed(said)
  if (!action || !(fields.has('final-recipient') || fields.has('original-recipient'))) return null
  const diagnostic = fields.get('diagnostic-code') ?? ''
  const words = cleanLine(diagnostic.replace(/^[\w.-]+\s*;\s*/, ''), TEXT_LIMIT)
  const status = exactStatus(said, diagnostic)
  return {
    action,
    status,
    recipients: [fields.get('final-recipient'), fields.get('original-recipient')]
      .map(addressIn)
      .filter((address) => address !== null)
      .slice(0, MAX_RECIPIENTS),
    text: words || cleanLine(`${action} ${said}`, TEXT_LIMIT),
    isStructured: true,
  }
}

const guessed = (status: string): DeliveryReport['action'] | undefined =>
  status.startsWith('5') ? 'failed' : status.startsWith('4') ? 'delayed' : undefined

/** Some report `5.0.0` and have the reason in the words of the other side; an exact one of the same class counts. */
function exactStatus(said: string, diagnostic: string): string | null {
  const status = STATUS.exec(said)?.[1] ?? null
  const other = STATUS.exec(diagnostic)?.[1] ?? null
  if (status === null) return other
  const isVague = status.endsWith('.0.0')
  return isVague && other?.[0] === status[0] ? other : status
}

/** `rfc822; pat@customer.test`, with or without angle brackets. */
function addressIn(field: string | undefined): string | null {
  const value = field?.replace(/^[\w-]+\s*;/, '') ?? ''
  return /[^\s<>;"]{1,64}@[^\s<>;"]{1,255}/.exec(value)?.[0].toLowerCase() ?? null
}
