import { deflateSync } from 'node:zlib'

/* PDFs as an attacker writes them, by hand: no library would. */

type Part = string | Buffer

/** A file of these objects, numbered from 1, the first being the catalogue; with a correct cross-reference table. */
export function rawPdf(objects: readonly (readonly Part[])[]): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')]
  const offsets: number[] = []
  let size = parts[0]?.length ?? 0
  const add = (part: Part): void => {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'latin1') : part
    parts.push(bytes)
    size += bytes.length
  }
  for (const [index, object] of objects.entries()) {
    offsets.push(size)
    add(`${index + 1} 0 obj\n`)
    for (const part of object) add(part)
    add('\nendobj\n')
  }
  const start = size
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  add(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`)
  add(`trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`)
  return Buffer.concat(parts)
}

const CATALOGUE = ['<< /Type /Catalog /Pages 2 0 R >>']
const PAGE = [
  '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>',
]
const FONT = ['<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>']
const onePage = (contents: readonly Part[], pages = '/Count 1 /Kids [3 0 R]'): Buffer =>
  rawPdf([CATALOGUE, [`<< /Type /Pages ${pages} >>`], PAGE, contents, FONT])

const stream = (data: Buffer, filter: string): Part[] => [
  `<< /Length ${data.length} /Filter ${filter} >>\nstream\n`,
  data,
  '\nendstream',
]

/** A page whose contents, the same stream over and over, unpack to four gigabytes of spaces from 64 KB. */
export const bombPdf = (): Buffer => {
  const spaces = deflateSync(Buffer.alloc(64 * 1024 ** 2, ' '), { level: 9 })
  const contents = Array.from({ length: 64 }, () => '4 0 R').join(' ')
  const page = `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents [${contents}] /Resources << >> >>`
  return rawPdf([
    CATALOGUE,
    ['<< /Type /Pages /Count 1 /Kids [3 0 R] >>'],
    [page],
    stream(spaces, '/FlateDecode'),
  ])
}

/** A page that writes more runs of text than any page holds. */
export const wordyPdf = (): Buffer => {
  const runs = Array.from({ length: 60_000 }, (_, i) => `1 0 0 1 ${i % 500} ${i % 700} Tm (x${i}) Tj`).join(
    '\n',
  )
  return onePage(stream(deflateSync(Buffer.from(`BT /F 8 Tf ${runs} ET`)), '/FlateDecode'))
}

/** Says that it has ten thousand pages. */
export const manyPagesPdf = (): Buffer => {
  const kids = Array.from({ length: 10_000 }, () => '3 0 R').join(' ')
  return onePage(['<< /Length 0 >>\nstream\n\nendstream'], `/Count 10000 /Kids [${kids}]`)
}

/** Says so without having them. */
export const falseCountPdf = (): Buffer =>
  onePage(['<< /Length 0 >>\nstream\n\nendstream'], '/Count 10000 /Kids [3 0 R]')

/** A form that draws itself, for ever. */
export const recursivePdf = (): Buffer => {
  const body = 'q /Me Do Q q /Me Do Q BT /F 9 Tf (again) Tj ET'
  return rawPdf([
    CATALOGUE,
    ['<< /Type /Pages /Count 1 /Kids [3 0 R] >>'],
    [
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /XObject << /Me 6 0 R >> >> >>',
    ],
    ['<< /Length 7 >>\nstream\n/Me Do\n\nendstream'],
    FONT,
    [
      `<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F 5 0 R >> /XObject << /Me 6 0 R >> >> /Length ${body.length} >>\nstream\n${body}\nendstream`,
    ],
  ])
}

/** Pages whose tree has no end. */
export const circularPdf = (): Buffer =>
  onePage(['<< /Length 0 >>\nstream\n\nendstream'], '/Count 1 /Kids [2 0 R]')
