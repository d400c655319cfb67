import type { Reason } from '../domain/verdict.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'
import { isWithin, sameOrganisation, signingDomains } from '../utilities/match.ts'
import type { Authentication, RecipientHeader, SignatureFact } from './authentication.ts'

/** Whether a message was sent by whom it names. */
export type Proof = {
  readonly isProven: boolean
  /** It could not be proven because DNS did not answer, so asking again may help. */
  readonly isUnanswered: boolean
  /** Nothing but a signature proves it: whoever has one such message can send it to anybody again. */
  readonly isReplayable: boolean
  /** The recipient headers that the proving signatures cover. */
  readonly covers: readonly RecipientHeader[]
  readonly reasons: readonly Reason[]
}

/**
 * Relaxed alignment (RFC 7489 §3.1): the domain that SPF or DKIM proves, and the From domain, have one owner.
 * A published DMARC policy is not needed, but a failing one counts.
 *
 * @param utility when it lists this sender: only the domains that sign for it may speak for it
 */
export function proveSender(facts: Authentication, from: string, utility: UtilityDefinition | null): Proof {
  if (facts.trustedNetwork) {
    const text = 'It came from a network in TRUSTED_NETWORKS'
    return { ...PROVEN, reasons: [{ code: 'trusted_network', text }] }
  }
  const speaks = (domain: string | null): boolean => domain !== null && mayVouch(domain, from, utility)
  const signatures = facts.dkim.filter(({ domain }) => speaks(domain))
  const spfPass = facts.spf.result === 'pass' && speaks(facts.spf.domain)
  const proving = signatures.filter((signature) => signature.result === 'pass' && signature.void === null)
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
  return {
    isProven: (spfPass || proving.length > 0) && facts.dmarc !== 'fail',
    isUnanswered,
    isReplayable: !spfPass,
    covers: proving.flatMap(({ covers }) => covers ?? []),
    reasons,
  }
}

const PROVEN = { isProven: true, isUnanswered: false, isReplayable: false, covers: [] } as const

/** Whether what is proven of one domain counts for a From domain. */
export function mayVouch(domain: string, from: string, utility: UtilityDefinition | null): boolean {
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
