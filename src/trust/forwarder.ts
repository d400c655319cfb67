import { canonicalInbox } from '../domain/inbox-address.ts'
import type { MailboxContext } from '../domain/mailbox.ts'
import type { Reason } from '../domain/verdict.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'
import { isWithin } from '../utilities/match.ts'
import type { ArcSet, Authentication, SignatureFact } from './authentication.ts'
import { mayVouch } from './proof.ts'

export type Forwarding = {
  /** The inbox of this connection that the envelope names. */
  readonly inbox: string | null
  /** SPF shows that it sent this. */
  readonly isProven: boolean
  readonly reasons: readonly Reason[]
}

/**
 * Gmail forwards as `user+caf_=ours=domain@…`, Microsoft as `user+SRS=…@…`: without the tag both are the inbox
 * that forwards. The envelope sender is only a claim until SPF passes for it.
 */
export function recogniseForwarder(facts: Authentication, { connection }: MailboxContext): Forwarding {
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

const VOID_TEXTS: Readonly<Record<NonNullable<SignatureFact['void']>, string>> = {
  body_length_limit: 'covers only part of the body (l=)',
  subject_unsigned: 'leaves the Subject unsigned',
  date_unsigned: 'leaves the Date unsigned',
}

/** What a chain of forwarders says of the sender; null: there is none, and nothing to say. */
export type ChainProof = {
  readonly isProven: boolean
  readonly isUnanswered: boolean
  readonly reason: Reason
}

/**
 * Where forwarding broke the utility's own signature, the forwarder's word counts (RFC 8617): what it saw when the
 * message came to it, under its seal. Everybody may seal, so every seal down to the one that is believed must be
 * by a provider that we know.
 */
export function proveByChain(
  { arc }: Authentication,
  from: string,
  utility: UtilityDefinition | null,
  sealers: readonly string[],
): ChainProof | null {
  const verdict = (code: string, text: string, change: Partial<ChainProof> = {}): ChainProof => ({
    isProven: false,
    isUnanswered: false,
    reason: { code, text },
    ...change,
  })
  if (arc.result === 'none') return null
  if (arc.result === 'temperror') {
    return verdict('arc_temperror', 'ARC: DNS did not answer for the key of a seal', { isUnanswered: true })
  }
  if (arc.result === 'fail') return verdict('arc_fail', 'Its chain of ARC seals is broken')
  const outermost = arc.sets.at(-1)?.sealer ?? 'somebody'
  const believed = trustedEnd(arc.sets, sealers)
  if (believed.length === 0) {
    return verdict(
      'arc_untrusted_sealer',
      `Its ARC seal is by ${outermost}, which is no provider that we know`,
    )
  }
  if (arc.void) {
    return verdict(
      `arc_void_${arc.void}`,
      `The ARC signature of ${outermost} ${VOID_TEXTS[arc.void]}, so it proves nothing`,
    )
  }
  const witness = believed.find((set) => sawProof(set, from, utility))
  return witness
    ? verdict('arc_pass', `ARC: ${witness.sealer} saw that ${from} sent it`, { isProven: true })
    : verdict('arc_not_aligned', `ARC: ${outermost} did not see any proof that ${from} sent it`)
}

/** The newest sets, as far down as each was sealed by one of ours. */
function trustedEnd(sets: readonly ArcSet[], sealers: readonly string[]): readonly ArcSet[] {
  const isKnown = ({ sealer }: ArcSet): boolean => sealers.some((known) => isWithin(sealer, known))
  const lastStranger = sets.findLastIndex((set) => !isKnown(set))
  return sets.slice(lastStranger + 1)
}

function sawProof({ dmarc, dkim, spf }: ArcSet, from: string, utility: UtilityDefinition | null): boolean {
  return [dmarc, spf, ...dkim].some((domain) => domain !== null && mayVouch(domain, from, utility))
}
