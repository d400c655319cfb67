import PDFDocument from 'pdfkit'

/** Draws on letter paper; positions in points from the top left. */
export type Pen = {
  /** Text with its left edge at x. */
  at(x: number, y: number, text: string, style?: Style): void
  /** Text with its right edge at x, as figures in columns are. */
  endAt(x: number, y: number, text: string, style?: Style): void
  rule(y: number): void
  nextPage(): void
}
export type Style = { readonly size?: number; readonly bold?: boolean }

export type PdfOptions = { readonly userPassword?: string }

const A_DAY_IN_2026 = new Date('2026-01-01T00:00:00Z')

/** The same drawing always makes the same text in the same places. */
export function drawPdf(draw: (pen: Pen) => void, options: PdfOptions = {}): Promise<Buffer> {
  const file = new PDFDocument({
    size: 'LETTER',
    margin: 0,
    info: { CreationDate: A_DAY_IN_2026 },
    ...options,
  })
  const parts: Buffer[] = []
  const done = new Promise<Buffer>((resolve, reject) => {
    file.on('data', (part: Buffer) => parts.push(part))
    file.on('end', () => resolve(Buffer.concat(parts)))
    file.on('error', reject)
  })
  const write = (x: number, y: number, text: string, { size = 9, bold = false }: Style, isEnd: boolean) => {
    file.font(bold ? 'Helvetica-Bold' : 'Helvetica').fontSize(size)
    file.text(text, isEnd ? x - file.widthOfString(text) : x, y, { lineBreak: false })
  }
  draw({
    at: (x, y, text, style = {}) => write(x, y, text, style, false),
    endAt: (x, y, text, style = {}) => write(x, y, text, style, true),
    rule: (y) => void file.moveTo(36, y).lineTo(576, y).stroke(),
    nextPage: () => void file.addPage(),
  })
  file.end()
  return done
}
