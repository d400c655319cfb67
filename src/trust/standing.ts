import type { MailboxContext } from '../domain/mailbox.ts'
import type { Reason } from '../domain/verdict.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'
import { isWithin, sameOrganisation, senderBelongs, senderFits } from '../utilities/match.ts'

/** How a sender stands to the connection's utility. */
export type Standing = 'listed' | 'pinned' | 'own_url' | 'fits' | 'foreign'

/** Whose sender this is, by name alone. */
export function standingOf(
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
