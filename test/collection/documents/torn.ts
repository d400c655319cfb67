import type { TextPage } from '../../../src/collection/documents/reader/layout.ts'
import { readPdfText } from '../../../src/collection/documents/reader/pdf-text.ts'
import { readBill } from '../../../src/collection/documents/reader/read-bill.ts'
import { billsOf, LAYOUTS } from './bills/index.ts'
import { randomOf } from './bills/truth.ts'
import { type Scored, score } from './score.ts'

/**
 * Reads every bill again and again with some of its text gone, labels and values alike, as if in words that the
 * reader does not know. What is right then matters little; what matters is that nothing is wrong.
 *
 * @param percent how much of the text goes
 * @param times how often each bill is torn, each time elsewhere
 */
export async function scoreTorn(percent: number, times: number): Promise<Scored[]> {
  const scores: Scored[] = []
  for (const { truth, pdf } of LAYOUTS.flatMap(billsOf)) {
    const text = await readPdfText(new Uint8Array(await pdf()))
    if (text.kind !== 'text') throw new Error('a synthetic bill has no text')
    for (let seed = 0; seed < times; seed += 1) {
      const bill = readBill(tear(text.pages, percent, seed), [])
      const result = bill
        ? { kind: 'bill' as const, pages: 1, bill }
        : { kind: 'non_utility' as const, pages: 1 }
      scores.push(...score(truth, result).map(forgiveLostLines))
    }
  }
  return scores
}

function tear(pages: readonly TextPage[], percent: number, seed: number): TextPage[] {
  const random = randomOf(seed)
  return pages.map((page) => ({ ...page, items: page.items.filter(() => random.int(1, 100) > percent) }))
}

/** Where the city is torn off, the street alone is what the bill says; where a meter is, its type is unknown. */
const forgiveLostLines = (one: Scored): Scored => {
  const isLess =
    typeof one.got === 'string' && typeof one.expected === 'string' && isPart(one.got, one.expected)
  const isForgiven = one.field === 'serviceAddress' || one.field === 'utilityTypes'
  return one.mark === 'wrong' && isForgiven && isLess ? { ...one, mark: 'missing' } : one
}

const isPart = (got: string, expected: string): boolean =>
  expected.startsWith(got) || got.split('+').every((type) => expected.split('+').includes(type))
