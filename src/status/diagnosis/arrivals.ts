import type { Attempt } from '../../domain/attempt.ts'
import type { ExtractionKind } from '../../domain/extraction.ts'
import { endOf } from '../../domain/login-result.ts'
import type { MessageFact } from '../facts.ts'
import { isWithin, windowOf } from './logins.ts'

/** Mail that a queue held back for longer than this was not worth waiting for. */
const LATEST_MS = 24 * 3_600_000
/** Without a date of its own a message that came so long after a login may still be its code. */
const LATEST_UNDATED_MS = 3_600_000

/** Kinds that may be a code, recognised or not. Bills, invitations and forwarding questions are not. */
const CODE_LIKE: readonly ExtractionKind[] = ['code', 'none', 'unread', 'sign_in_link']

/** Checks behind a verdict (see src/trust) that say: this sender is known. */
const KNOWN_SENDER = new Set([
  'from_utility',
  'from_pinned',
  'from_connection_url',
  'sms_sender_listed',
  'sms_sender_pinned',
])
const NEW_SENDER = new Set([
  'from_not_utility',
  'from_new_sender',
  'sms_sender_unknown',
  'sms_short_code_new',
])
const PROVEN = new Set(['spf_pass_aligned', 'dkim_pass_aligned', 'arc_pass', 'trusted_network'])

const hasReason = ({ reasons }: MessageFact, codes: ReadonlySet<string>): boolean =>
  reasons.some(({ code }) => codes.has(code))

export const isCodeLike = ({ extraction }: MessageFact): boolean => CODE_LIKE.includes(extraction)
/** Its sender is one that this connection's codes come from. */
export const isFromKnownSender = (message: MessageFact): boolean => hasReason(message, KNOWN_SENDER)
export const isFromNewSender = (message: MessageFact): boolean => hasReason(message, NEW_SENDER)
/** The sender it names did send it. An SMS cannot be signed: networks vouch for its sender. */
export const isProven = (message: MessageFact): boolean =>
  message.channel === 'sms' || hasReason(message, PROVEN)
export const isBelieved = ({ verdict, isReleased }: MessageFact): boolean =>
  verdict !== 'untrusted' || isReleased

/**
 * Messages that may have been this login's code, oldest first: sent while it was under way, however late they
 * came, or received while it was.
 */
export function arrivalsOf(attempt: Attempt, messages: readonly MessageFact[]): MessageFact[] {
  return messages
    .filter((message) => isCodeLike(message) && isMeantFor(attempt, message))
    .sort((one, other) => one.receivedAt - other.receivedAt)
}

function isMeantFor(attempt: Attempt, { sentAt, receivedAt, code }: MessageFact): boolean {
  if (code?.attemptId) return code.attemptId === attempt.id
  const window = windowOf(attempt)
  if (isWithin(receivedAt, window)) return true
  const end = endOf(attempt)
  if (sentAt === receivedAt) return receivedAt > end && receivedAt <= end + LATEST_UNDATED_MS
  return isWithin(sentAt, window) && receivedAt <= end + LATEST_MS
}

/** Where the code of a message came from, for a sentence. */
export const senderName = ({ sender }: MessageFact): string => sender ?? 'a sender without a name'

/** "4 minutes", "30 seconds", "2 hours". */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return plural(seconds, 'second')
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? plural(minutes, 'minute') : plural(Math.round(minutes / 60), 'hour')
}

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** 2026-03-01, for sentences. */
export const day = (at: number): string => new Date(at).toISOString().slice(0, 10)
