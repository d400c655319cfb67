const GMAIL = new Set(['gmail.com', 'googlemail.com'])

/**
 * The one form of a customer's inbox under which all spellings of it are known: lower case, without `+tag`, and
 * for Gmail without dots and with its first domain name. For comparing and as a code source, never for sending.
 *
 * @param address a bare e-mail address
 */
export function canonicalInbox(address: string): string {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1).toLowerCase()
  const plain = address.slice(0, at).toLowerCase()
  // A tag begins after the first character: `+x@…` is a whole local part.
  const plus = plain.indexOf('+', 1)
  const local = plus === -1 ? plain : plain.slice(0, plus)
  return GMAIL.has(domain) ? `${local.replaceAll('.', '')}@gmail.com` : `${local}@${domain}`
}
