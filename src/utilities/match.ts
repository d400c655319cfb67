import { domainToASCII } from 'node:url'
import { getDomain } from 'tldts'
import type { UtilityDefinition } from './definition.ts'

/** The domain of an address, or the domain itself, in lower-case ASCII; empty when there is none. */
const domainOf = (addressOrDomain: string): string =>
  domainToASCII(
    addressOrDomain
      .slice(addressOrDomain.lastIndexOf('@') + 1)
      .trim()
      .replace(/\.$/, ''),
  )

/** Whether `domain` is `parent` or below it. Both in lower-case ASCII, e.g. `em.pge.com` and `pge.com`. */
export const isWithin = (domain: string, parent: string): boolean =>
  parent !== '' && (domain === parent || domain.endsWith(`.${parent}`))

/**
 * The domain that its owner registered (`em.example.co.uk` → `example.co.uk`), or null for what is none: a public
 * suffix, an IP address, a bare host name. Hosting suffixes count (`someone.github.io` is its own owner).
 */
export const organisationalDomain = (addressOrDomain: string): string | null =>
  getDomain(domainOf(addressOrDomain), { allowPrivateDomains: true })

/** Whether two addresses or domains have the same registered domain, as relaxed alignment asks (RFC 7489 §3.1). */
export function sameOrganisation(one: string, other: string): boolean {
  const organisation = organisationalDomain(one)
  return organisation !== null && organisation === organisationalDomain(other)
}

/**
 * Whether an e-mail sender is one that the definition lists: the full address, or its domain (exactly or below
 * a listed `@domain`). `address` may also be a bare domain; it then matches `@domain` entries only. Says nothing
 * about whether the message really came from there.
 */
export function senderBelongs(definition: UtilityDefinition, address: string): boolean {
  const domain = domainOf(address)
  if (domain === '') return false
  const full = `${address.slice(0, Math.max(0, address.lastIndexOf('@'))).toLowerCase()}@${domain}`
  return definition.email.from.some((entry) =>
    entry.startsWith('@') ? isWithin(domain, entry.slice(1)) : full === entry,
  )
}

/** Whether an SMS sender, as Twilio names it, is one that the definition lists: to the letter, as names may have spaces. */
export const smsSenderBelongs = (definition: UtilityDefinition, sender: string): boolean =>
  definition.sms.from.includes(sender)

/** Domains whose aligned SPF or DKIM speaks for the utility: `signedBy`, or else the domains of its senders. */
export const signingDomains = (definition: UtilityDefinition): readonly string[] =>
  definition.email.signedBy.length > 0
    ? definition.email.signedBy
    : [...new Set(definition.email.from.map(domainOf))]

/** Every domain the utility is known by, from its senders, its signatures and its web pages, each once. */
export const domainsFor = (definition: UtilityDefinition): readonly string[] => [
  ...new Set([...definition.email.from.map(domainOf), ...definition.email.signedBy, ...definition.web]),
]

/**
 * Whether a sender that the definition does not list fits the utility all the same: it shares a registered
 * domain with one that the utility is known by. Enough for a candidate, never for trust.
 */
export const senderFits = (definition: UtilityDefinition, address: string): boolean =>
  domainsFor(definition).some((domain) => sameOrganisation(domain, address))
