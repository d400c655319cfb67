import type { Extraction } from '../domain/extraction.ts'
import type { InboxProvider } from '../utilities/inbox-providers.ts'

export type Confirmation = Extract<Extraction, { kind: 'forwarding_confirmation' }>

/** Google puts the number of the signed-in account into some links. */
const withoutAccount = (path: string): string => path.replace(/\/u\/\d{1,3}\//, '/')

/**
 * Whether a link is one that confirms, and no other: https on the provider's own host and path, without user name
 * or odd port. The link beside it, which cancels, differs by one letter.
 */
export function isConfirmingLink(link: string, { confirmation }: InboxProvider): boolean {
  const url = URL.parse(link)
  if (url?.protocol !== 'https:' || url.username || url.password || url.port) return false
  const plain = `${url.origin}${withoutAccount(url.pathname)}`
  const startsWith = (prefix: string): boolean => plain.startsWith(prefix)
  return confirmation.allowedLinks.some(startsWith) && !confirmation.forbiddenLinks.some(startsWith)
}

/** A confirmation without a link that must not be shown or followed. */
export function withoutBadLink(found: Extraction, provider: InboxProvider | undefined): Extraction {
  if (found.kind !== 'forwarding_confirmation' || found.link === undefined) return found
  if (provider && isConfirmingLink(found.link, provider)) return found
  const { link: _, ...rest } = found
  return rest
}
