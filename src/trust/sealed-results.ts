/** Letters that an address or a signature may have outside of quotes (RFC 5322 §3.2.3), and `@`. */
const PLAIN_QUOTED = /"[\w.!#$%&'*+/=?^`{|}~@-]*"/g
const COMMENT = /\([^()]*\)/g

/**
 * Whether what a forwarder wrote down of its checks (RFC 8601, under its ARC seal) can be read in one way only.
 * Forwarders quote the envelope sender, which a stranger chooses: `"a); dkim=pass header.d=…; x=("@…` would end
 * the comment that it stands in, and add a result. Quotes with plain letters in them are usual.
 *
 * @param field the whole header field, name included
 */
export function readsOneWay(field: string): boolean {
  const value = field.slice(field.indexOf(':') + 1).replace(/\r?\n(?=[ \t])/g, '')
  const unquoted = value.trim().replace(PLAIN_QUOTED, 'quoted')
  if (/["\\\0-\x08\x0a-\x1f\x7f]/.test(unquoted)) return false
  const bare = unquoted.replace(COMMENT, ' ')
  if (/[()]/.test(bare)) return false
  const results = bare.split(';').map((part) => part.trim())
  const methods = results.map((part) => /^([\w-]+)\s*(?:\/\s*\d+\s*)?=/.exec(part)?.[1]?.toLowerCase() ?? '')
  const isOnce = (name: string): boolean => methods.filter((method) => method === name).length <= 1
  // SPF that passed says for whom; where it does not, its end has become the end of something else.
  const isCutShort = results.some((part) =>
    /^spf\s*=\s*pass\b(?!.*\bsmtp\.(?:mailfrom|helo)\s*=)/i.test(part),
  )
  return isOnce('spf') && isOnce('dmarc') && !isCutShort
}

/** The domain of an address or a domain as results name it; null for what could be read in several ways. */
export function domainNamed(text: string | null): string | null {
  const [, domain = ''] = /^(?:[^\s@:;,<>()[\]"\\]*@)?([a-z0-9.-]+)$/i.exec(text ?? '') ?? []
  return domain === '' ? null : domain.toLowerCase()
}
