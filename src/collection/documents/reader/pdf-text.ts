import { getResolvedPDFJS } from 'unpdf'
import type { UnreadReason } from '../../../domain/bill.ts'
import type { TextItem, TextPage } from './layout.ts'

/* The text of a PDF with its positions. Runs in a thread that may be killed: PDFs come from anybody. */

/** Published limit of the product. */
export const MAX_PAGES = 150
/** No bill has nearly as many runs of text; one that claims to is not worth the memory. */
const MAX_ITEMS_PER_PAGE = 20_000
const MAX_ITEMS = 300_000
const LONGEST_ITEM = 2_000
/** Text turned by more than this is a watermark or a margin note, in points of slope per point. */
const LEVEL = 0.1

export type PdfText =
  | { readonly kind: 'text'; readonly pages: readonly TextPage[] }
  | { readonly kind: 'unread'; readonly reason: UnreadReason; readonly pages: number | null }

type Pdfjs = Awaited<ReturnType<typeof getResolvedPDFJS>>
type PdfDocument = Awaited<ReturnType<Pdfjs['getDocument']>['promise']>

/** Reads all pages. @param onPage called after each, for progress */
export async function readPdfText(
  data: Uint8Array,
  onPage: (page: number, pages: number) => void = () => undefined,
): Promise<PdfText> {
  const { getDocument } = await getResolvedPDFJS()
  const task = getDocument({
    data,
    useSystemFonts: false,
    disableFontFace: true,
    verbosity: 0,
    enableXfa: false,
  })
  try {
    const document = await task.promise
    const pages = document.numPages
    if (pages > MAX_PAGES) return unread('too_many_pages', pages)
    return await readPages(document, onPage)
  } catch (error) {
    return unread((error as Error | null)?.name === 'PasswordException' ? 'encrypted' : 'damaged', null)
  } finally {
    await task.destroy().catch(() => undefined)
  }
}

const unread = (reason: UnreadReason, pages: number | null): PdfText => ({ kind: 'unread', reason, pages })

async function readPages(
  document: PdfDocument,
  onPage: (page: number, pages: number) => void,
): Promise<PdfText> {
  const pages: TextPage[] = []
  let items = 0
  for (let number = 1; number <= document.numPages; number += 1) {
    const page = await readPage(document, number)
    items += page?.items.length ?? 0
    if (!page || items > MAX_ITEMS) return unread('too_much_text', document.numPages)
    pages.push(page)
    onPage(number, document.numPages)
  }
  return items === 0 ? unread('no_text', pages.length) : { kind: 'text', pages }
}

/** Null when there is more text than any page holds. */
async function readPage(document: PdfDocument, number: number): Promise<TextPage | null> {
  const page = await document.getPage(number)
  const view = page.getViewport({ scale: 1 })
  const items: TextItem[] = []
  const reader = page.streamTextContent().getReader()
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) break
      for (const item of value.items) {
        const placed = 'str' in item ? place(item, view.transform) : null
        if (placed) items.push(placed)
      }
      if (items.length > MAX_ITEMS_PER_PAGE) return null
    }
  } finally {
    // pdf.js wants a reason; without one it throws where nobody can catch it.
    reader.cancel(new Error('no more is wanted')).catch(() => undefined)
    page.cleanup()
  }
  return { number, items }
}

type PdfItem = { readonly str: string; readonly width: number; readonly transform: readonly number[] }

/** From the PDF's space, where y counts up and pages may be turned, to what a reader sees. */
function place({ str, width, transform }: PdfItem, view: readonly number[]): TextItem | null {
  if (str.trim() === '' || str.length > LONGEST_ITEM) return null
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = view
  const [ta = 0, tb = 0, tc = 0, td = 0, te = 0, tf = 0] = transform
  const across = [a * ta + c * tb, b * ta + d * tb] as const
  const size = Math.hypot(a * tc + c * td, b * tc + d * td)
  const isLevel = across[0] > 0 && Math.abs(across[1]) <= LEVEL * across[0]
  if (!isLevel || !(size > 0.5)) return null
  return { text: str, x: a * te + c * tf + e, y: b * te + d * tf + f, width, size }
}
