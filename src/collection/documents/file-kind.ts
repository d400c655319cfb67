import type { FileKind } from '../../domain/document.ts'

/** Published limits of the product; the page limit is the reader's. */
export const MAX_FILE_BYTES = 25 * 1024 * 1024

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const JPG = Buffer.from([0xff, 0xd8, 0xff])
/** Readers accept a PDF whose header is not quite at the start (ISO 32000-1, implementation note 13). */
const PDF_HEADER_WITHIN = 1024

/** By its first bytes: names and declared types are anybody's guess. Null: none that is taken. */
export function fileKindOf(content: Uint8Array): FileKind | null {
  const start = Buffer.from(
    content.buffer,
    content.byteOffset,
    Math.min(content.byteLength, PDF_HEADER_WITHIN),
  )
  if (start.subarray(0, PNG.length).equals(PNG)) return 'png'
  if (start.subarray(0, JPG.length).equals(JPG)) return 'jpg'
  return start.includes('%PDF-') ? 'pdf' : null
}
