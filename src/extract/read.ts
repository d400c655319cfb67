import type { Extraction } from '../domain/extraction.ts'
import type { ReadableMessage } from '../domain/message.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'
import { readAttached } from './attached.ts'
import { type Bodies, readBodies } from './body.ts'
import type { Decision } from './decide.ts'
import { bareSubject, isForwardSubject, isReplySubject, splitParts } from './forwarded.ts'
import { forwardingConfirmation } from './forwarding-confirmation.ts'
import { isNotice, structuralKind, traitsOf, wordedKind } from './kinds.ts'
import { type Lens, lensOf, readPart } from './lens.ts'
import { newest, reconcile, type Said, weighParts } from './reconcile.ts'
import { readSentDate } from './sent-date.ts'
import { readLifetime } from './validity.ts'
import { fold } from './visible-text/characters.ts'
import { EMPTY_PAGE, type Page } from './visible-text/page.ts'

/** Attached messages beyond these are not read. */
const MAX_ATTACHED = 5

/** Reads a message: what kind it is, and the code if it holds one. Pure. */
export function extract(message: ReadableMessage, utility: UtilityDefinition | null): Extraction {
  const bodies = readBodies(message)
  const traits = traitsOf(message, bodies)
  const structural = structuralKind(traits)
  if (structural) return { kind: structural, candidates: [] }
  const confirmation = forwardingConfirmation(traits)
  if (confirmation) return confirmation
  const decision = readCode(message, bodies, lensOf(utility, message.channel))
  if (decision.kind === 'code') return toCode(decision, bodies)
  if (decision.reason === 'ambiguous') return decision
  const worded = wordedKind(traits)
  if (worded) return { ...worded, candidates: decision.candidates }
  return isNotice(traits, decision) ? { kind: 'notice', candidates: decision.candidates } : decision
}

function toCode(decision: Extract<Decision, { kind: 'code' }>, bodies: Bodies): Extraction {
  const { kind, code, rule, confidence, candidates } = decision
  const lifetime = readLifetime(fold((bodies.html ?? bodies.text)?.text ?? ''))
  return {
    kind,
    code,
    rule,
    confidence,
    candidates,
    ...(lifetime === undefined ? {} : { validForSeconds: lifetime }),
  }
}

/** What the bodies say, or a message that is attached to them. */
function readCode(message: ReadableMessage, bodies: Bodies, lens: Lens): Decision {
  const own = readBothBodies(message.subject, bodies, lens)
  const attached = newest(
    message.attachments
      .filter(({ mimeType, content }) => mimeType === 'message/rfc822' && content !== null)
      .slice(0, MAX_ATTACHED)
      .map(({ content }) => readAttachedCode(content!, lens)),
  )
  if (!attached || attached.kind === 'none') return own
  return own.kind === 'none' && own.reason === 'unmatched' ? attached : reconcile(own, attached)
}

function readAttachedCode(source: string, lens: Lens): Said {
  const attached = readAttached(source)
  const sentAt = attached.date === null ? null : readSentDate(attached.date)
  return { decision: readBothBodies(attached.subject, readBodies(attached), lens), sentAt }
}

function readBothBodies(subject: string | null, bodies: Bodies, lens: Lens): Decision {
  const html = bodies.html && readBody(bodies.html, subject, lens)
  const text = bodies.text && readBody(bodies.text, subject, lens)
  return weighParts(html, text) ?? readPart(EMPTY_PAGE, isReplySubject(subject) ? null : subject, lens)
}

/** Reads one body: a forwarded message speaks for itself, history does not speak at all. */
function readBody(page: Page, subject: string | null, lens: Lens): Decision {
  const parts = splitParts(page, subject)
  const forwards = parts.filter((part) => part.kind === 'forward')
  const top = readPart(parts[0]!.page, topSubject(subject, forwards.length > 0), lens)
  const inner = newest(
    forwards.map((part) => ({
      decision: readPart(part.page, bareSubject(part.subject ?? subject ?? ''), lens),
      sentAt: part.sentAt,
    })),
  )
  if (!inner || (top.kind === 'code' && !isForwardSubject(subject))) return top
  if (inner.kind === 'none' && inner.reason === 'unmatched') return inner
  return top.kind === 'code' ? reconcile(inner, top) : inner
}

/** The subject of an answer is that of the message it answers; so is that of a forward. */
const topSubject = (subject: string | null, forwards: boolean): string | null =>
  subject === null || isReplySubject(subject) || (forwards && isForwardSubject(subject))
    ? null
    : bareSubject(subject)
