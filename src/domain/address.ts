import { domainToASCII } from 'node:url'

/*
 * Mail libraries parse address strings again and read more into them than a person would: one recipient string
 * can become two RCPT commands. So only what passes this grammar ever reaches one.
 */

/** RFC 5321 §4.1.2 dot-string, without `%` and `!`: both once meant "relay this on" to some mail systems. */
const ATOM = "[A-Za-z0-9#$&'*+/=?^_`{|}~-]+"
const LOCAL_PART = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`)
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Longest local part and longest path, RFC 5321 §4.5.3.1. */
const LOCAL_LIMIT = 64
const ADDRESS_LIMIT = 254

/**
 * The address in the form that we keep and send to, or null if it is none: one dot-string, one `@`, one domain
 * name of at least two labels. No display names, comments, quotes, IP literals, source routes or white space.
 * The domain becomes lower-case ASCII (IDNA); the local part stays, as only its owner knows whether case counts.
 */
export function parseEmailAddress(value: string): string | null {
  const at = value.lastIndexOf('@')
  const local = value.slice(0, Math.max(0, at))
  if (local.length > LOCAL_LIMIT || !LOCAL_PART.test(local)) return null
  const domain = parseDomain(value.slice(at + 1))
  const address = domain === null ? '' : `${local}@${domain}`
  return address !== '' && address.length <= ADDRESS_LIMIT ? address : null
}

function parseDomain(value: string): string | null {
  // IDNA would map full-width dots and other look-alikes into a valid name; what is not plain must be letters.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(value)) return null
  const domain = domainToASCII(value)
  const labels = domain.split('.')
  // A numeric last label is an IP address to resolvers.
  const isName =
    labels.length >= 2 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1)!)
  return isName ? domain : null
}

/** Domain of an address that {@link parseEmailAddress} returned. */
export const addressDomain = (address: string): string =>
  address.slice(address.lastIndexOf('@') + 1).toLowerCase()
