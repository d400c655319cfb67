import { canonicalInbox } from '../domain/inbox-address.ts'
import type { MailboxContext } from '../domain/mailbox.ts'
import type { ReadableMessage } from '../domain/message.ts'
import type { Reason, Verdict, VerdictLevel } from '../domain/verdict.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'
import type { Authentication } from './authentication.ts'
import { type Circumstances, sealersOf } from './circumstances.ts'
import { type Forwarding, proveByChain, recogniseForwarder } from './forwarder.ts'
import { findUnclearHeaders } from './headers.ts'
import { weighNewSender } from './new-sender.ts'
import { type Proof, proveSender } from './proof.ts'
import { namesUs } from './recipients.ts'
import { standingOf } from './standing.ts'

/** An e-mail: is the sender the utility's, and is it proven that the sender sent it? Both, or quarantine. */
export function judgeMail(
  facts: Authentication,
  message: ReadableMessage,
  context: MailboxContext,
  utility: UtilityDefinition | null,
  circumstances: Circumstances,
): Verdict {
  const { sender } = message
  const unclear = findUnclearHeaders(message, facts.headerNames)
  if (unclear) return verdictOn(sender, 'untrusted', [unclear])
  if (sender === null) {
    const text = 'There is no single From address that could have sent it'
    return verdictOn(sender, 'untrusted', [{ code: 'no_sender', text }])
  }
  const [standing, standingReason] = standingOf(sender, domainOf(sender), context, utility)
  if (standing === 'foreign' && isOwnInbox(sender, context)) return judgeOwnMail(facts, sender, context)

  const lister = standing === 'listed' ? utility : null
  const { proof, forward } = prove(facts, sender, context, lister, circumstances)
  const reasons = [standingReason, ...proof.reasons, ...forward.reasons]
  if (standing === 'foreign') return verdictOn(sender, 'untrusted', reasons)
  if (!proof.isProven) {
    // Some forwarders stop for good after a few refusals: theirs is kept at once and looked at later.
    const temporaryFailure = proof.isUnanswered && forward.inbox === null
    return { ...verdictOn(sender, 'untrusted', reasons), ...(temporaryFailure ? { temporaryFailure } : {}) }
  }
  const misdirected = findMisdirection(facts, proof, context)
  if (misdirected) return verdictOn(sender, 'untrusted', [...reasons, misdirected])
  const forwardedBy = forward.isProven ? forward.inbox : null
  if (standing !== 'fits') return { ...verdictOn(sender, 'trusted', reasons), forwardedBy }
  const weight = weighNewSender(context, circumstances)
  return { ...verdictOn(sender, weight.level, [...reasons, ...weight.reasons]), forwardedBy }
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1)

const verdictOn = (sender: string | null, level: VerdictLevel, reasons: readonly Reason[]): Verdict => ({
  level,
  reasons,
  senderDomain: sender === null ? null : domainOf(sender),
  forwardedBy: null,
})

/** Proof by the message itself or, where a proven forwarder broke that, by the forwarder's seal. */
function prove(
  facts: Authentication,
  sender: string,
  context: MailboxContext,
  utility: UtilityDefinition | null,
  { providers }: Circumstances,
): { readonly proof: Proof; readonly forward: Forwarding } {
  const direct = proveSender(facts, domainOf(sender), utility)
  const forward = recogniseForwarder(facts, context)
  const chain =
    direct.isProven || forward.inbox === null
      ? null
      : proveByChain(facts, domainOf(sender), utility, sealersOf(providers))
  if (chain === null) return { proof: direct, forward }
  const proof = {
    ...direct,
    isProven: chain.isProven && forward.isProven,
    isUnanswered: direct.isUnanswered || chain.isUnanswered,
    isReplayable: true,
    covers: facts.arc.covers,
    reasons: [...direct.reasons, chain.reason],
  }
  return { proof, forward }
}

/**
 * A signature is valid wherever the message is sent again: anybody can have a portal write them a code, and pass
 * that on. So the signed part must say that it was meant for us, or for an inbox of this connection.
 */
function findMisdirection(facts: Authentication, proof: Proof, context: MailboxContext): Reason | null {
  if (!proof.isReplayable || namesUs(facts.namedRecipients, proof.covers, context)) return null
  const text =
    'Only a signature proves its sender, and To and Cc, as signed, name neither our address nor a recorded inbox'
  return { code: 'addressed_elsewhere', text }
}

const isOwnInbox = (sender: string, { connection }: MailboxContext): boolean =>
  connection.inboxAddresses.map(canonicalInbox).includes(canonicalInbox(sender))

/**
 * What the customer sends on by hand is the customer's own mail: who wrote the code in it cannot be told. Believed
 * as far as the customer is, so a second choice, and no lesson about the utility's senders.
 */
function judgeOwnMail(facts: Authentication, sender: string, context: MailboxContext): Verdict {
  const inbox = canonicalInbox(sender)
  const proof = proveSender(facts, domainOf(sender), null)
  const text = `Sent on by hand from ${inbox}, an inbox of this connection: who wrote the code is not verified`
  const reasons = [{ code: 'forwarded_by_hand', text }, ...proof.reasons]
  if (!proof.isProven) return verdictOn(sender, 'untrusted', reasons)
  const misdirected = findMisdirection(facts, proof, context)
  if (misdirected) return verdictOn(sender, 'untrusted', [...reasons, misdirected])
  // The customer's mail provider must never be learnt as the utility's sender.
  return { level: 'candidate', reasons, senderDomain: null, forwardedBy: inbox }
}
