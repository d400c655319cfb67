import { canonicalInbox } from '../domain/inbox-address.ts'
import type { MailboxContext } from '../domain/mailbox.ts'
import type { ReadableMessage } from '../domain/message.ts'
import type { Reason, Verdict, VerdictLevel } from '../domain/verdict.ts'
import type { InboxProvider, InboxProviders } from '../utilities/inbox-providers.ts'
import { isWithin, sameOrganisation } from '../utilities/match.ts'
import type { Authentication } from './authentication.ts'
import type { Confirmation } from './confirmation-link.ts'
import { findUnclearHeaders } from './headers.ts'
import { type Proof, proveSender } from './proof.ts'
import { namesUs } from './recipients.ts'

/**
 * A mail provider's question whether one of its users may forward to us. No rule about utilities lets it in, so it
 * is judged by rules of its own: anybody can have such a mail sent to any address, and who gets the wrong one
 * confirmed reads into a stranger's logins. `trusted` may be shown and confirmed; `candidate` is a provider whose
 * mail we do not know to the letter: it is pointed out, its link is not.
 */
export function judgeConfirmation(
  facts: Authentication,
  message: ReadableMessage,
  context: MailboxContext,
  found: Confirmation,
  { providers, receivedAt }: { readonly providers: InboxProviders; readonly receivedAt: number },
): Verdict {
  const { sender } = message
  const senderDomain = sender?.slice(sender.lastIndexOf('@') + 1) ?? null
  const verdict = (level: VerdictLevel, ...reasons: readonly Reason[]): Verdict => ({
    level,
    reasons: [...reasons],
    senderDomain,
    forwardedBy: null,
  })
  const unclear = findUnclearHeaders(message, facts.headerNames)
  if (unclear) return verdict('untrusted', unclear)
  if (sender === null || senderDomain === null) {
    const text = 'There is no single From address that could have sent it'
    return verdict('untrusted', { code: 'no_sender', text })
  }
  const provider = providers.get(found.provider)
  const [level, origin] = originOf(sender, message, provider)
  if (level === 'untrusted') return verdict(level, origin)
  const proof = proveSender(facts, senderDomain, null)
  if (!isProvenHere(facts, proof, context, provider)) {
    const text = `It is not proven that ${sender} sent it to us`
    const temporaryFailure = proof.isUnanswered && !proof.isProven
    return {
      ...verdict('untrusted', origin, ...proof.reasons, { code: 'confirmation_unproven', text }),
      ...(temporaryFailure ? { temporaryFailure } : {}),
    }
  }
  const doubt = findDoubt(facts, context, found, receivedAt)
  return doubt
    ? verdict('untrusted', origin, ...proof.reasons, doubt)
    : verdict(level, origin, ...proof.reasons)
}

/** How well we know this sender as one that asks such questions. */
function originOf(
  sender: string,
  { headers }: ReadableMessage,
  provider: InboxProvider | undefined,
): [VerdictLevel, Reason] {
  const senderDomain = sender.slice(sender.lastIndexOf('@') + 1)
  if (provider?.confirmation.senders.includes(sender)) {
    const missing = provider.confirmation.headers.find((name) => !headers.some(({ key }) => key === name))
    return missing
      ? ['untrusted', { code: 'confirmation_malformed', text: `It lacks the header ${missing}` }]
      : ['trusted', { code: 'confirmation_sender', text: `${provider.name} asks from ${sender}` }]
  }
  const isTheirs = provider?.domains.some((domain) => sameOrganisation(domain, senderDomain)) ?? false
  if (provider && isTheirs && provider.confirmation.senders.length === 0) {
    const text = `${senderDomain} belongs to ${provider.name}, whose questions we do not know to the letter`
    return ['candidate', { code: 'confirmation_sender_likely', text }]
  }
  const text = `${sender} is nobody who asks whether mail may be forwarded`
  return ['untrusted', { code: 'confirmation_sender_unknown', text }]
}

function isProvenHere(
  facts: Authentication,
  proof: Proof,
  context: MailboxContext,
  provider: InboxProvider | undefined,
): boolean {
  if (facts.trustedNetwork) return true
  const signers = provider?.confirmation.signedBy ?? []
  const bySigner =
    signers.length === 0 ||
    facts.dkim.some(
      ({ result, void: leftOpen, domain }) =>
        result === 'pass' && leftOpen === null && signers.some((signer) => isWithin(domain, signer)),
    ) ||
    (facts.spf.result === 'pass' && signers.some((signer) => isWithin(facts.spf.domain ?? '', signer)))
  const isForUs = !proof.isReplayable || namesUs(facts.namedRecipients, proof.covers, context)
  return proof.isProven && bySigner && isForUs
}

/** What makes an authentic question none of ours. */
function findDoubt(
  { envelopeRecipients }: Authentication,
  { connection, forwardingWindows = [] }: MailboxContext,
  { requester }: Confirmation,
  receivedAt: number,
): Reason | null {
  const asking = requester === undefined ? null : canonicalInbox(requester)
  if (asking === null || !connection.inboxAddresses.map(canonicalInbox).includes(asking)) {
    const text = `${asking ?? 'Nobody by name'} asks to forward here, and is no recorded inbox of this connection`
    return { code: 'confirmation_requester_unknown', text }
  }
  if (envelopeRecipients !== 1) {
    return { code: 'confirmation_several_recipients', text: 'It came to several recipients at once' }
  }
  const window = forwardingWindows.find(({ inbox }) => inbox === asking)
  if (!window || window.openUntil <= receivedAt) {
    const text = `Nobody set up forwarding from ${asking} within the last 48 hours: set up inbox forwarding again`
    return { code: 'confirmation_window_closed', text }
  }
  return null
}
