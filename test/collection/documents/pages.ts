import type { TextPage } from '../../../src/collection/documents/reader/layout.ts'

/** A row of a page: cells from left to right in equal columns, or each with its left edge. */
export type RowSketch = readonly (string | readonly [x: number, text: string])[]

const SIZE = 9
const LETTER_WIDTH = 4.4
const LINE_HEIGHT = 14
const COLUMN = 190

/** A page of text without the trouble of a PDF. An empty row leaves a gap. */
export const sketchPage = (rows: readonly RowSketch[], number = 1): TextPage => ({
  number,
  items: rows.flatMap((row, line) =>
    row.map((cell, column) => {
      const [x, text] = typeof cell === 'string' ? [40 + column * COLUMN, cell] : cell
      return { text, x, y: 40 + line * LINE_HEIGHT, width: text.length * LETTER_WIDTH, size: SIZE }
    }),
  ),
})
