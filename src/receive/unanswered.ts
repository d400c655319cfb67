import { createHash } from 'node:crypto'
import { Failure } from '../domain/failure.ts'
import type { InboundMessage } from '../domain/message.ts'
import type { Reading } from '../domain/reading.ts'
import type { Verdict } from '../domain/verdict.ts'
import { log } from '../log.ts'

/** Answers when a message was first put off. */
export type NoteDeferral = (key: string, now: number) => Promise<number>

/** Senders come again within minutes; a name server that is silent for longer is somebody's broken one. */
export const LONGEST_DEFERRAL_MS = 30 * 60_000

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** How long to wait before the next look at a message of this age: codes die young, so early ones count. */
const LOOKS: readonly { readonly untilAgeMs: number; readonly waitMs: number }[] = [
  { untilAgeMs: 5 * MINUTE_MS, waitMs: 30_000 },
  { untilAgeMs: HOUR_MS, waitMs: 5 * MINUTE_MS },
  { untilAgeMs: 24 * HOUR_MS, waitMs: HOUR_MS },
]

/**
 * Where DNS could not answer, deciding now would be guessing; the sender tries again. Not for ever: after half an
 * hour the message is kept in quarantine, and judged again later.
 *
 * @param noteDeferral absent: nothing remembers, so the sender is put off each time
 * @throws Failure `unavailable`
 */
export async function putOff(
  noteDeferral: NoteDeferral | undefined,
  message: InboundMessage,
  reading: Reading,
): Promise<Reading> {
  if (!reading.perMailbox.some(({ verdict }) => verdict.temporaryFailure)) return reading
  const firstAt = noteDeferral
    ? await noteDeferral(keyOf(message, reading), message.receivedAt)
    : message.receivedAt
  // A clock that was set back must not put anybody off for longer.
  if (Math.abs(message.receivedAt - firstAt) < LONGEST_DEFERRAL_MS) {
    throw new Failure('unavailable', 'The sender could not be verified for now: DNS did not answer')
  }
  log.deferralEnded({ messageId: message.id })
  const perMailbox = reading.perMailbox.map(({ verdict, extraction }) => ({
    verdict: withoutWaiting(verdict),
    extraction,
  }))
  return { ...reading, perMailbox }
}

function withoutWaiting({ temporaryFailure, ...verdict }: Verdict): Verdict {
  if (!temporaryFailure) return verdict
  const text = 'DNS did not answer for half an hour: kept in quarantine, and judged again later'
  return { ...verdict, reasons: [...verdict.reasons, { code: 'dns_silent', text }] }
}

/** The same for each try of one message. */
function keyOf(message: InboundMessage, { summary }: Reading): string {
  const envelope =
    message.channel === 'sms'
      ? [message.recipient]
      : [message.envelope.sender, ...[...message.envelope.recipients].sort()]
  return createHash('sha256')
    .update([summary.dedupeKey, ...envelope].join('\0'))
    .digest('base64url')
}

/** Whether it was DNS alone that kept a verdict from being better. */
export const isUnanswered = ({ level, reasons }: Verdict): boolean =>
  level === 'untrusted' &&
  reasons.some(({ code }) => code.endsWith('_temperror')) &&
  !reasons.some(({ code }) => code === 'from_not_utility' || code === 'addressed_elsewhere')

/** When to judge it (again); null: too old to matter. */
export function nextLookAt(receivedAt: number, now: number): number | null {
  const look = LOOKS.find(({ untilAgeMs }) => now - receivedAt < untilAgeMs)
  return look ? now + look.waitMs : null
}

/** When to judge a message again that has just been read; null: its verdict stands. */
export function secondLookAt(
  { verdict, extraction }: Reading['perMailbox'][number],
  receivedAt: number,
): number | null {
  // A provider's question has rules about its envelope, which is not kept; the customer can ask for another.
  if (extraction.kind === 'loop' || extraction.kind === 'forwarding_confirmation') return null
  return isUnanswered(verdict) ? nextLookAt(receivedAt, receivedAt) : null
}
