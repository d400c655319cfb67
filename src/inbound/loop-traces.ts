import type { LoopTraces } from '../domain/loop.ts'
import type { Header, ReadableMessage } from '../domain/message.ts'

const LOOP_HEADER = 'x-mfa-relay-loop'
const MAX_TRACES = 5
const MAX_HOSTS = 100
/** Attached copies show our header in their first lines. */
const ATTACHED_HEADERS = 32_768
/** Far beyond any copy of ours, or what a mail program wraps around it. */
const TEXT_LIMIT = 500_000

/**
 * The path of a stop link with its token. Link rewriters of mail systems hide the address of the relay and encode the
 * slashes, but leave the token whole.
 */
const STOP_LINK = /(?:\/|%2f)r(?:\/|%2f)stop(?:\/|%2f)([0-9a-f]{32}-[0-9a-z]{1,9}-[0-9a-f]{64})/gi

/** Collects what shows whether a message is one of our own copies. Pure, runs in the reader thread. */
export function loopTraces(message: ReadableMessage): LoopTraces {
  const values = (key: string) =>
    message.headers.filter((field) => field.key === key).map(({ value }) => value)
  const attached = message.attachments
    .filter(({ mimeType }) => mimeType === 'message/rfc822')
    .slice(0, MAX_TRACES)
    .map(({ content }) => (content ?? '').slice(0, ATTACHED_HEADERS))
  const received = values('received')
  return {
    from: message.sender,
    marks: [...values(LOOP_HEADER), ...attached.flatMap(attachedMark)].slice(0, MAX_TRACES),
    stopTokens: stopTokens([message.text, message.html, ...attached]),
    receivedBy: received.slice(0, MAX_HOSTS).flatMap((value) => receivingHost(value) ?? []),
    hops: received.length,
    signers: message.headers.flatMap((field) => signer(field) ?? []).slice(0, MAX_TRACES * 2),
  }
}

const attachedMark = (source: string): string[] => {
  const mark = /^x-mfa-relay-loop:[ \t]*(?:\r?\n[ \t]+)?([0-9a-z.-]{1,200})/im.exec(source)?.[1]
  return mark ? [mark] : []
}

function stopTokens(texts: readonly (string | null)[]): string[] {
  const found = new Set<string>()
  for (const text of texts) {
    for (const [, token = ''] of (text ?? '').slice(0, TEXT_LIMIT).matchAll(STOP_LINK)) {
      if (found.size < MAX_TRACES) found.add(token.toLowerCase())
    }
  }
  return [...found]
}

/** `from a by b …`; null when a host handed it to itself, as content filters do: that is no round. */
function receivingHost(value: string): string | null {
  const text = value.slice(0, 1_000).toLowerCase()
  if (/^\s*from\s+(?:localhost\b|\[?127\.)/.test(text)) return null
  return /(?:^|\s)by\s+([a-z0-9.-]{1,253})/.exec(text)?.[1] ?? null
}

function signer({ key, value }: Header): string | null {
  if (key !== 'dkim-signature') return null
  const tag = (name: string) =>
    new RegExp(`(?:^|;)\\s*${name}\\s*=\\s*([a-z0-9._-]{1,253})`, 'i').exec(value.slice(0, 4_000))?.[1]
  const [domain, selector] = [tag('d'), tag('s')]
  return domain && selector ? `${selector}/${domain}`.toLowerCase() : null
}
