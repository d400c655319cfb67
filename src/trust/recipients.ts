import { canonicalInbox } from '../domain/inbox-address.ts'
import type { MailboxContext } from '../domain/mailbox.ts'
import type { NamedRecipient, RecipientHeader } from './authentication.ts'

/** More than this is a mailing, and none of them is ours. */
const MOST_CHARACTERS = 16_384
const ADDRESS = /^[^\s<>@",;:()[\]\\]{1,64}@[^\s<>@",;:()[\]\\]{1,255}$/

/**
 * Addresses in a To or Cc header, from its bytes before any decoding. Whoever chooses a display name at a portal
 * writes part of this header, and the portal signs it: so quoted strings, comments and encoded words name nobody.
 */
export function addressesIn(value: string): string[] {
  const bare = value
    .slice(0, MOST_CHARACTERS)
    .replace(/"(?:[^"\\]|\\.)*"/gs, ' ')
    .replace(/\([^()]*\)/g, ' ')
  return bare.split(/[,;]/).flatMap((one) => {
    const opened = one.split('<')
    if (opened.length > 2) return []
    const address = (opened.length === 2 ? opened[1]!.split('>')[0]! : one.slice(one.indexOf(':') + 1)).trim()
    return ADDRESS.test(address) ? [address.toLowerCase()] : []
  })
}

/** Whether one of the covered headers names our address or an inbox of this connection. */
export function namesUs(
  named: readonly NamedRecipient[],
  covered: readonly RecipientHeader[],
  { mailbox, connection }: MailboxContext,
): boolean {
  const ours = new Set([mailbox.address, ...connection.inboxAddresses].map(canonicalInbox))
  return named.some(({ header, address }) => covered.includes(header) && ours.has(canonicalInbox(address)))
}
