import type { ReadableMessage } from '../domain/message.ts'
import type { Reason } from '../domain/verdict.ts'

/**
 * Headers that may be there once (RFC 5322 §3.6, RFC 2045). Readers differ in which of two they show, and DKIM
 * covers the lower one: a Subject put above a signed one would carry any code past every check.
 */
const SINGLETONS: ReadonlyMap<string, string> = new Map(
  [
    'From',
    'Sender',
    'Reply-To',
    'To',
    'Cc',
    'Subject',
    'Date',
    'Message-ID',
    'Content-Type',
    'Content-Transfer-Encoding',
    'MIME-Version',
  ].map((name) => [name.toLowerCase(), name]),
)

/** What makes the headers of a message mean different things to different readers; null: nothing. */
export function findUnclearHeaders(
  message: ReadableMessage,
  secondReading: readonly string[] | null,
): Reason | null {
  const names = message.headers.map(({ key }) => key)
  const repeated = names.find((name, index) => SINGLETONS.has(name) && names.indexOf(name) !== index)
  if (repeated) {
    const text = `The header ${SINGLETONS.get(repeated)} is there more than once, so readers may see different ones`
    return { code: 'repeated_header', text }
  }
  if (secondReading && !sameSingletons(names, secondReading)) {
    return { code: 'unclear_headers', text: 'Two readers do not agree on which headers the message has' }
  }
  return null
}

const sameSingletons = (one: readonly string[], other: readonly string[]): boolean =>
  [...SINGLETONS.keys()].every((name) => count(one, name) === count(other, name))

const count = (names: readonly string[], wanted: string): number =>
  names.filter((name) => name === wanted).length
