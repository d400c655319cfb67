/** A header block is looked for in this much of a message. */
const HEADER_LIMIT = 65_536
/** RFC 5322 §3.6.4, without the obsolete forms: nothing else is worth repeating in a header of ours. */
const MESSAGE_ID = /^message-id:[ \t]*(?:\r?\n[ \t]+)?(<[^\s<>@]{1,200}@[^\s<>@]{1,200}>)[ \t]*\r?$/im

/** Message-ID of the original, for References; null when there is none in plain form. */
export function messageIdOf(raw: Uint8Array): string | null {
  const start = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.byteLength, HEADER_LIMIT)).toString(
    'latin1',
  )
  const headers = /^[\s\S]*?(?=\r?\n\r?\n)/.exec(start)?.[0] ?? start
  const id = MESSAGE_ID.exec(headers)?.[1]
  return id && /^[\x21-\x7e]+$/.test(id) ? id : null
}
