/** Text of a message that came as an attachment (message/rfc822), read well enough to find a code in it. */
export type AttachedMessage = {
  readonly subject: string | null
  readonly date: string | null
  readonly text: string | null
  readonly html: string | null
}

const MAX_SOURCE = 4 * 1024 * 1024
const MAX_PARTS = 100

type Part = { readonly headers: ReadonlyMap<string, string>; readonly body: string }

/** Reads headers and text parts of an attached message; bounded, without recursion. */
export function readAttached(source: string): AttachedMessage {
  const top = splitPart(source.slice(0, MAX_SOURCE))
  let text: string | null = null
  let html: string | null = null
  const queue: Part[] = [top]
  for (let i = 0; i < queue.length && i < MAX_PARTS; i += 1) {
    const part = queue[i]!
    const type = part.headers.get('content-type') ?? 'text/plain'
    const boundary = /^multipart\//i.test(type) ? parameter(type, 'boundary') : null
    if (boundary) queue.push(...splitMultipart(part.body, boundary))
    else if (/^message\/rfc822/i.test(type)) queue.push(splitPart(decodeBody(part)))
    else if (/^text\/html/i.test(type)) html ??= decodeBody(part)
    else if (/^text\/plain/i.test(type)) text ??= decodeBody(part)
  }
  const subject = top.headers.get('subject')
  return { subject: subject ? decodeWords(subject) : null, date: top.headers.get('date') ?? null, text, html }
}

function splitPart(source: string): Part {
  const trimmed = source.replace(/^(?:\r?\n)+/, '')
  const gap = /\r?\n\r?\n/.exec(trimmed)
  const head = gap ? trimmed.slice(0, gap.index) : trimmed
  const headers = new Map<string, string>()
  for (const field of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = field.indexOf(':')
    const key = field.slice(0, colon).trim().toLowerCase()
    if (colon > 0 && !headers.has(key)) headers.set(key, field.slice(colon + 1).trim())
  }
  return { headers, body: gap ? trimmed.slice(gap.index + gap[0].length) : '' }
}

function splitMultipart(body: string, boundary: string): Part[] {
  return `\n${body}`
    .split(`\n--${boundary}`, MAX_PARTS)
    .slice(1)
    .filter((piece) => !piece.startsWith('--'))
    .map((piece) => splitPart(piece.slice(piece.indexOf('\n') + 1)))
}

function parameter(value: string, name: string): string | null {
  const match = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]{1,200})"|([^\\s;]{1,200}))`, 'i').exec(value)
  return match?.[1] ?? match?.[2] ?? null
}

function decodeBody({ headers, body }: Part): string {
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase() ?? ''
  const charset = parameter(headers.get('content-type') ?? '', 'charset') ?? 'utf-8'
  if (encoding.startsWith('base64')) return decodeBytes(Buffer.from(body, 'base64'), charset)
  if (encoding.startsWith('quoted-printable'))
    return decodeBytes(unquote(body.replace(/=[ \t]*\r?\n/g, '')), charset)
  return body
}

function decodeBytes(bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    // A charset that nobody knows: digits read the same in nearly all of them.
    return new TextDecoder('latin1').decode(bytes)
  }
}

/** `=3D` and plain characters to bytes; what is not ASCII was decoded before it came here. */
function unquote(text: string): Uint8Array {
  const pieces: Buffer[] = []
  let at = 0
  for (const match of text.matchAll(/(?:=[0-9A-Fa-f]{2})+/g)) {
    pieces.push(Buffer.from(text.slice(at, match.index)), Buffer.from(match[0].replaceAll('=', ''), 'hex'))
    at = match.index + match[0].length
  }
  pieces.push(Buffer.from(text.slice(at)))
  return Buffer.concat(pieces)
}

/** RFC 2047 words in a subject. */
function decodeWords(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(
      /=\?([^?\s]{1,40})\?([bq])\?([^?]{0,2000})\?=/gi,
      (_, charset: string, how: string, data: string) =>
        how.toLowerCase() === 'b'
          ? decodeBytes(Buffer.from(data, 'base64'), charset)
          : decodeBytes(unquote(data.replaceAll('_', ' ')), charset),
    )
}
