import type { Figure } from '../../../domain/bill.ts'
import { type Line, placeOf } from './layout.ts'

/* Which dollars: "$" alone does not say, the rest of the page often does. */

type Currency = 'USD' | 'CAD'

const EXPLICIT: readonly (readonly [Currency, RegExp])[] = [
  ['CAD', /\bCAD\b|\bCA\$|\bC\$|\bCDN\b|\$ ?CA\b/],
  ['USD', /\bUSD\b|\bUS ?\$/],
]
const STATES =
  'A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]'
/** Taxes and postal codes that only one of the two countries has. Capitals count: "in" is no Indiana. */
const TELLTALES: readonly (readonly [Currency, RegExp])[] = [
  ['CAD', /\b[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d\b|\b(?:GST|HST|TPS|TVQ|TVH)\b/],
  ['USD', new RegExp(`\\b(?:${STATES})\\.?,? +\\d{5}(?:-\\d{4})?\\b`)],
]

/** Null where the bill says neither, or both. */
export function readCurrency(lines: readonly Line[], known: Currency | null): Figure<Currency> | null {
  return (
    decideBy(lines, EXPLICIT, 'explicit', 0.98) ??
    byDefinition(lines, known) ??
    decideBy(lines, TELLTALES, 'country', 0.9)
  )
}

function decideBy(
  lines: readonly Line[],
  signs: typeof EXPLICIT,
  rule: string,
  confidence: number,
): Figure<Currency> | null {
  const found = lines.flatMap(({ cells }) =>
    cells.flatMap((cell) =>
      signs.flatMap(([value, pattern]) => {
        const match = pattern.exec(cell.text)
        if (!match) return []
        const end = match.index + match[0].length
        return [
          { value, text: cell.text.slice(match.index, end), place: placeOf(cell, match.index, end), rule },
        ]
      }),
    ),
  )
  const [first] = found
  return first && found.every(({ value }) => value === first.value) ? { ...first, confidence } : null
}

/** The utility is known, and where it is; the place is the first amount. */
function byDefinition(lines: readonly Line[], known: Currency | null): Figure<Currency> | null {
  const cell = known && lines.flatMap(({ cells }) => cells).find(({ text }) => text.includes('$'))
  if (!known || !cell) return null
  return { value: known, text: '$', place: placeOf(cell), confidence: 0.97, rule: 'definition' }
}
