/** What stands where something secret stood. */
export const BLOT = '••••'

/** Shorter words say nothing, and would blot out half a sentence. */
const SHORTEST = 4
/** What a text that was cut in the middle of a secret may still show at its end. */
const SHORTEST_REST = 3
/** The tokens in our links: whoever holds one is believed. */
const LINK_TOKEN = /(\/r\/(?:confirm|stop)\/)[^\s"'<>]+/gi

/**
 * A text from outside without what it repeats of a message. Mail systems quote what they refuse, and their words go
 * where codes must not: logs, the list of copies, the store's clear columns.
 *
 * @param secrets codes and subjects; digits are found with separators between them too
 */
export function blotOut(text: string, secrets: readonly (string | null | undefined)[]): string {
  const known = secrets.filter(
    (secret) => secret !== null && secret !== undefined && secret.length >= SHORTEST,
  )
  // Longest first: a subject that holds the code goes as a whole.
  return [...new Set(known as string[])]
    .sort((a, b) => b.length - a.length)
    .reduce((left, secret) => withoutRest(left.replace(formOf(secret), BLOT), secret), text)
    .replace(LINK_TOKEN, `$1${BLOT}`)
}

function formOf(secret: string): RegExp {
  const isCode = /^[\p{L}\p{N}]{1,12}$/u.test(secret)
  return new RegExp([...secret].map(literal).join(isCode ? '[\\s.-]?' : ''), 'giu')
}

const literal = (character: string): string => character.replace(/[$()*+./?[\\\]^{|}]/, '\\$&')

/** Texts are cut to a length before they come here. */
function withoutRest(text: string, secret: string): string {
  const whole = text.replace(/…$/, '')
  if (whole === text) return text
  for (let length = secret.length - 1; length >= SHORTEST_REST; length -= 1) {
    if (whole.endsWith(secret.slice(0, length))) return `${whole.slice(0, -length)}${BLOT}`
  }
  return text
}
