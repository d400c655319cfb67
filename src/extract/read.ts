import type { Candidate, Extraction } from '../domain/extraction.ts'
import type { ReadableMessage } from '../domain/message.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'
import { type Bodies, readBodies } from './body.ts'
import type { Decision } from './decide.ts'
import { bareSubject, isForwardSubject, isReplySubject, splitParts } from './forwarded.ts'
import { forwardingConfirmation } from './forwarding-confirmation.ts'
import { isNotice, structuralKind, traitsOf, wordedKind } from './kinds.ts'
import { type Lens, lensOf, readPart } from './lens.ts'
import { readLifetime } from './validity.ts'
import { fold } from './visible-text/characters.ts'
import { EMPTY_PAGE, type Page } from './visible-text/page.ts'

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

/** Reads every body the message has, and its attached messages where the bodies say nothing. */
function readCode(message: ReadableMessage, bodies: Bodies, lens: Lens): Decision {
  const html = bodies.html && readBody(bodies.html, message, lens)
  const text = bodies.text && readBody(bodies.text, message, lens)
  return agree(html, text) ?? readPart(EMPTY_PAGE, message.subject, lens)
}

/** Reads one body, part by part: a forwarded message speaks for itself, history does not speak at all. */
function readBody(page: Page, message: ReadableMessage, lens: Lens): Decision {
  const parts = splitParts(page, message.subject)
  const forwards = parts.filter((part) => part.kind === 'forward')
  const top = readPart(parts[0]!.page, topSubject(message.subject, forwards.length > 0), lens)
  if (forwards.length === 0) return top
  for (const part of forwards) {
    const subject = part.subject ?? (message.subject && bareSubject(message.subject))
    const inner = readPart(part.page, subject && bareSubject(subject), lens)
    if (inner.kind === 'none' && inner.reason === 'unmatched') continue
    if (top.kind === 'code' && isForwardSubject(message.subject)) return reconcile(inner, top)
    return top.kind === 'code' ? top : inner
  }
  return top
}

/** The subject of an answer is that of the message it answers. */
const topSubject = (subject: string | null, forwards: boolean): string | null =>
  subject === null || isReplySubject(subject) || (forwards && isForwardSubject(subject))
    ? null
    : bareSubject(subject)

/** Text and HTML should say the same. Where they name different codes nobody can know which one was meant. */
function agree(html: Decision | null, text: Decision | null): Decision | null {
  if (!html || !text) return html ?? text
  if (html.kind === 'code' && text.kind === 'code') return reconcile(html, text)
  if (html.kind === 'none' && html.reason === 'ambiguous') return html
  if (text.kind === 'none' && text.reason === 'ambiguous' && html.kind === 'none') return text
  return html.kind === 'code' ? html : text
}

function reconcile(a: Decision, b: Decision): Decision {
  if (a.kind !== 'code' || b.kind !== 'code' || a.code === b.code) return a
  return { kind: 'none', reason: 'ambiguous', candidates: mergeCandidates(a.candidates, b.candidates) }
}

const mergeCandidates = (a: readonly Candidate[], b: readonly Candidate[]): Candidate[] => [
  ...a,
  ...b.filter((candidate) => !a.some((known) => known.code === candidate.code)),
]
