import PostalMime, { type Attachment } from 'postal-mime'
import { fileKindOf, MAX_FILE_BYTES } from '../file-kind.ts'

/** A document that came with a message. */
export type MailedFile = { readonly name: string; readonly content: Uint8Array }
export type TakenOut = { readonly files: readonly MailedFile[]; readonly ignored: number }

const LIMITS = { maxNestingDepth: 64, maxHeadersSize: 1024 * 1024 }
/** A forward in a forward in a forward is enough. */
const DEEPEST = 3
const MOST_FILES = 100

/**
 * The documents that a message brings: PDF, PNG and JPEG, told by their content, also from messages that are attached to
 * it. Pictures that only decorate its text, such as the logo of a signature, are none.
 *
 * @throws Error on nesting or headers beyond {@link LIMITS}
 */
export async function takeOut(raw: Uint8Array, depth = 0): Promise<TakenOut> {
  const { attachments } = await PostalMime.parse(raw, { ...LIMITS, forceRfc822Attachments: true })
  const files: MailedFile[] = []
  let ignored = 0
  for (const part of attachments) {
    const content = bytesOf(part)
    if (part.mimeType === 'message/rfc822' && depth < DEEPEST) {
      const inner = await takeOut(content, depth + 1)
      files.push(...inner.files)
      ignored += inner.ignored
    } else if (isDocument(part, content)) {
      files.push({ name: part.filename ?? `attachment-${files.length + 1}`, content })
    } else ignored += 1
  }
  return { files: files.slice(0, MOST_FILES), ignored: ignored + Math.max(0, files.length - MOST_FILES) }
}

function isDocument(part: Attachment, content: Uint8Array): boolean {
  const kind = fileKindOf(content)
  if (kind === null || content.byteLength > MAX_FILE_BYTES) return false
  return kind === 'pdf' || !isDecoration(part)
}

/** Shown within the text by its Content-ID (RFC 2392). Phones send photographs inline too, but name none. */
const isDecoration = ({ related, disposition, contentId }: Attachment): boolean =>
  related === true || (disposition === 'inline' && contentId !== undefined)

const bytesOf = ({ content }: Attachment): Uint8Array =>
  typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content)
