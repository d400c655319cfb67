import type { ReadableMessage } from '../domain/message.ts'
import type { Reason, Verdict } from '../domain/verdict.ts'
import type { Authentication } from './authentication.ts'
import { findUnclearHeaders } from './headers.ts'
import { proveSender } from './proof.ts'

const BILLS: Reason = {
  code: 'bill_mail',
  text: 'Mail to the company’s address for bills: documents are taken from it, and never a code',
}

/**
 * Mail to a company's address for bills: whether its sender is who it says, for people to see. Documents are read either
 * way, as a customer may forward them from anywhere. Pure.
 */
export function judgeBillMail(facts: Authentication, message: ReadableMessage): Verdict {
  const { sender } = message
  const senderDomain = sender === null ? null : sender.slice(sender.lastIndexOf('@') + 1)
  const unclear = findUnclearHeaders(message, facts.headerNames)
  const isUnclear = unclear !== null || senderDomain === null
  const proof = isUnclear ? null : proveSender(facts, senderDomain, null)
  const reasons = [BILLS, ...(unclear ? [unclear] : []), ...(proof?.reasons ?? [])]
  return { level: proof?.isProven ? 'trusted' : 'untrusted', reasons, senderDomain, forwardedBy: null }
}
