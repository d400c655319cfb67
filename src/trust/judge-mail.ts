import { canonicalInbox } from '../domain/inbox-address.ts'
import type { MailboxContext } from '../domain/mailbox.ts'
import type { ReadableMessage } from '../domain/message.ts'
import type { Reason, Verdict, VerdictLevel } from '../domain/verdict.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'
import { isWithin, sameOrganisation, senderBelongs, senderFits, signingDomains } from '../utilities/match.ts'
import type { Authentication, SignatureFact } from './authentication.ts'
import { findUnclearHeaders } from './headers.ts'

/** How a sender stands to the connection's utility. */
type Standing = 'listed' | 'pinned' | 'own_url' | 'fits' | 'foreign'

/** An e-mail: is the sender the utility's, and is it proven that the sender sent it? Both, or quarantine. */
export function judgeMail(
  facts: Authentication,
  message: ReadableMessage,
  context: MailboxContext,
  utility: UtilityDefinition | null,
): Verdict {
  const { sender } = message
  const senderDomain = sender === null ? null : sender.slice(sender.lastIndexOf('@') + 1)
  const verdict = (level: VerdictLevel, reasons: readonly Reason[]): Verdict => ({
    level,
    reasons,
    senderDomain,
    forwardedBy: null,
  })
  const unclear = findUnclearHeaders(message, facts.headerNames)
  if (unclear) return verdict('untrusted', [unclear])
  if (sender === null || senderDomain === null) {
    const text = 'There is no single From address that could have sent it'
    return verdict('untrusted', [{ code: 'no_sender', text }])
  }

  const [standing, standingReason] = standingOf(sender, senderDomain, context, utility)
  const proof = proveSender(facts, senderDomain, standing === 'listed' ? utility : null)
  const forward = recogniseForwarder(facts, context)
  const reasons = [standingReason, ...proof.reasons, ...forward.reasons]
  if (standing === 'foreign') return verdict('untrusted', reasons)
  if (!proof.isProven) {
    // Some forwarders stop for good after a few refusals: theirs is kept at once and looked at later.
    const temporaryFailure = proof.isUnanswered && forward.inbox === null
    return { ...verdict('untrusted', reasons), ...(temporaryFailure ? { temporaryFailure } : {}) }
  }
  const level = standing === 'fits' ? 'candidate' : 'trusted'
  return { ...verdict(level, reasons), forwardedBy: forward.isProven ? forward.inbox : null }
}

function standingOf(
  sender: string,
  domain: string,
  { connection, pinnedSenders }: MailboxContext,
  utility: UtilityDefinition | null,
): [Standing, Reason] {
  if (utility && senderBelongs(utility, sender)) {
    return ['listed', { code: 'from_utility', text: `${domain} is a sender of ${utility.name}` }]
  }
  if (pinnedSenders.some((pinned) => isWithin(domain, pinned.toLowerCase()))) {
    return ['pinned', { code: 'from_pinned', text: `${domain} was pinned as a sender for this connection` }]
  }
  const isAtUrl = connection.url !== null && sameOrganisation(domain, hostOf(connection.url))
  if (isAtUrl && utility === null) {
    const text = `${domain} belongs to the site that this connection logs in to`
    return ['own_url', { code: 'from_connection_url', text }]
  }
  if (isAtUrl || (utility && senderFits(utility, sender))) {
    const text = `${domain} fits ${utility?.name ?? 'the utility'}, but is not listed as its sender`
    return ['fits', { code: 'from_new_sender', text }]
  }
  const text = `${domain} is no sender of ${utility?.name ?? 'the site that this connection logs in to'}`
  return ['foreign', { code: 'from_not_utility', text }]
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '')

type Proof = {
  readonly isProven: boolean
  /** It could not be proven because DNS did not answer, so asking again may help. */
  readonly isUnanswered: boolean
  readonly reasons: readonly Reason[]
}

/**
 * Relaxed alignment (RFC 7489 §3.1): the domain that SPF or DKIM proves, and the From domain, have one owner.
 * A published DMARC policy is not needed, but a failing one counts.
 *
 * @param utility when it lists this sender: only the domains that sign for it may speak for it
 */
function proveSender(facts: Authentication, from: string, utility: UtilityDefinition | null): Proof {
  if (facts.trustedNetwork) {
    const text = 'It came from a network in TRUSTED_NETWORKS'
    return { isProven: true, isUnanswered: false, reasons: [{ code: 'trusted_network', text }] }
  }
  const speaks = (domain: string | null): boolean => domain !== null && mayVouch(domain, from, utility)
  const signatures = facts.dkim.filter(({ domain }) => speaks(domain))
  const spfPass = facts.spf.result === 'pass' && speaks(facts.spf.domain)
  const dkimPass = signatures.some((signature) => signature.result === 'pass' && signature.void === null)
  const reasons = [spfReason(facts, spfPass, speaks), ...dkimReasons(facts, signatures)]
  if (facts.dmarc === 'fail') {
    reasons.push({
      code: 'dmarc_fail',
      text: `The policy that ${from} publishes (DMARC) says it is not theirs`,
    })
  }
  const isUnanswered =
    (facts.spf.result === 'temperror' && speaks(facts.spf.domain)) ||
    signatures.some(({ result }) => result === 'temperror')
  return { isProven: (spfPass || dkimPass) && facts.dmarc !== 'fail', isUnanswered, reasons }
}

function mayVouch(domain: string, from: string, utility: UtilityDefinition | null): boolean {
  if (!sameOrganisation(domain, from)) return false
  return utility === null || signingDomains(utility).some((signer) => sharesOwner(domain, signer, utility))
}

/** `signedBy` names the signers to the letter; without it any domain of the senders' owner may sign. */
const sharesOwner = (domain: string, signer: string, utility: UtilityDefinition): boolean =>
  utility.email.signedBy.length > 0 ? isWithin(domain, signer) : sameOrganisation(domain, signer)

function spfReason(
  { spf }: Authentication,
  passed: boolean,
  speaks: (domain: string | null) => boolean,
): Reason {
  const domain = spf.domain ?? 'the envelope sender'
  if (passed) return { code: 'spf_pass_aligned', text: `SPF: ${domain} sends from this address` }
  if (spf.result === 'pass') {
    return {
      code: 'spf_pass_not_aligned',
      text: `SPF passed for ${domain}, which does not speak for the sender`,
    }
  }
  if (spf.result === 'temperror' && speaks(spf.domain)) {
    return { code: 'spf_temperror', text: `SPF: DNS did not answer for ${domain}` }
  }
  return { code: `spf_${spf.result}`, text: `SPF did not pass for ${domain} (${spf.result})` }
}

const VOID_TEXTS: Readonly<Record<NonNullable<SignatureFact['void']>, string>> = {
  body_length_limit: 'covers only part of the body (l=)',
  subject_unsigned: 'leaves the Subject unsigned',
  date_unsigned: 'leaves the Date unsigned',
}

function dkimReasons(facts: Authentication, aligned: readonly SignatureFact[]): Reason[] {
  if (facts.tooManySignatures) {
    return [{ code: 'too_many_signatures', text: 'It has more DKIM signatures than are worth checking' }]
  }
  if (facts.dkim.length === 0) return [{ code: 'dkim_none', text: 'It has no DKIM signature' }]
  if (aligned.length === 0) {
    const domains = [...new Set(facts.dkim.map(({ domain }) => domain))].join(', ')
    const text = `It is signed (DKIM) by ${domains}, which does not speak for the sender`
    return [{ code: 'dkim_not_aligned', text }]
  }
  return aligned.map(({ domain, result, void: leftOpen, comment }) => {
    if (result === 'pass' && leftOpen) {
      const text = `The DKIM signature of ${domain} is valid but ${VOID_TEXTS[leftOpen]}, so it proves nothing`
      return { code: `dkim_void_${leftOpen}`, text }
    }
    if (result === 'pass') return { code: 'dkim_pass_aligned', text: `DKIM: signed by ${domain}` }
    if (result === 'temperror') {
      return { code: 'dkim_temperror', text: `DKIM: DNS did not answer for the key of ${domain}` }
    }
    return {
      code: `dkim_${result}`,
      text: `The DKIM signature of ${domain} is not valid${comment ? `: ${comment}` : ''}`,
    }
  })
}

type Forwarding = {
  readonly inbox: string | null
  readonly isProven: boolean
  readonly reasons: readonly Reason[]
}

/**
 * Gmail forwards as `user+caf_=ours=domain@…`, Microsoft as `user+SRS=…@…`: without the tag both are the inbox
 * that forwards. The envelope sender is only a claim until SPF passes for it.
 */
function recogniseForwarder(facts: Authentication, { connection }: MailboxContext): Forwarding {
  const claimed = facts.envelopeSender.includes('@') ? canonicalInbox(facts.envelopeSender) : null
  const inbox = connection.inboxAddresses.find((address) => canonicalInbox(address) === claimed)
  if (claimed === null || inbox === undefined) return { inbox: null, isProven: false, reasons: [] }
  const isProven =
    facts.trustedNetwork ||
    (facts.spf.result === 'pass' && facts.spf.domain !== null && claimed.endsWith(`@${facts.spf.domain}`)) ||
    (facts.spf.result === 'pass' && facts.spf.domain === 'googlemail.com' && claimed.endsWith('@gmail.com'))
  const reason = isProven
    ? { code: 'forwarded_by_inbox', text: `Forwarded by ${claimed}, an inbox of this connection` }
    : { code: 'forwarder_unproven', text: `It says that ${claimed} forwarded it, but SPF does not show that` }
  return { inbox: claimed, isProven, reasons: [reason] }
}
