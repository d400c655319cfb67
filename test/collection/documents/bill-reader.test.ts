import { afterAll, describe, expect, it } from 'vitest'
import { type BillReader, createBillReader } from '../../../src/collection/documents/bill-reader.ts'
import { billsOf, LAYOUTS } from './bills/index.ts'
import { drawPdf } from './bills/pdf.ts'
import { bombPdf, circularPdf, falseCountPdf, manyPagesPdf, recursivePdf, wordyPdf } from './hostile.ts'

const reader = createBillReader()
afterAll(() => reader.close())

const aBill = (): Promise<Buffer> => {
  const [layout] = LAYOUTS
  const [bill] = layout ? billsOf(layout) : []
  return bill?.pdf() ?? Promise.reject(new Error('no bill'))
}

/** After something hostile the next document is read as if nothing had been. */
async function expectAlive(by: BillReader): Promise<void> {
  expect(await by.read(await aBill())).toMatchObject({ kind: 'bill' })
}

describe('reading in a thread', () => {
  it('reads a bill and tells how far it is', async () => {
    const pages: [number, number][] = []
    const result = await reader.read(await aBill(), (page, of) => pages.push([page, of]))
    expect(result).toMatchObject({ kind: 'bill', pages: 2 })
    expect(pages).toEqual([
      [1, 2],
      [2, 2],
    ])
  })

  it('reads documents one after the other, however many are asked for', async () => {
    const bill = await aBill()
    const results = await Promise.all([bill, Buffer.from('junk'), bill].map((pdf) => reader.read(pdf)))
    expect(results.map(({ kind }) => kind)).toEqual(['bill', 'unread', 'bill'])
  })

  it('leaves the caller its bytes', async () => {
    const bill = await aBill()
    await reader.read(bill)
    expect(bill.subarray(0, 5).toString()).toBe('%PDF-')
  })

  it('tells a letter from a bill', async () => {
    const letter = await drawPdf((pen) => {
      pen.at(40, 40, 'Dear tenant, the rent amount due is')
      pen.at(300, 40, '$1,200.00')
      pen.at(40, 60, 'Account number: 123456789')
    })
    expect(await reader.read(letter)).toEqual({ kind: 'non_utility', pages: 1 })
  })
})

describe('hostile PDFs', () => {
  it.each<[string, () => Buffer | Promise<Buffer>, string]>([
    ['no PDF at all', () => Buffer.from('%PDF-1.7 and nothing'), 'damaged'],
    ['a truncated one', async () => (await aBill()).subarray(0, 900), 'damaged'],
    [
      'one that needs a password',
      () => drawPdf((pen) => pen.at(9, 9, 'secret'), { userPassword: 'x' }),
      'encrypted',
    ],
    ['one of ten thousand pages', manyPagesPdf, 'too_many_pages'],
    ['one that only says so: the pages that are there count', falseCountPdf, 'no_text'],
    ['a page tree without end', circularPdf, 'damaged'],
    ['one with more text than fits on a page', wordyPdf, 'too_much_text'],
    ['a page without text, as scanners make them', () => drawPdf((pen) => pen.rule(90)), 'no_text'],
  ])('%s', async (_what, pdf, reason) => {
    expect(await reader.read(await pdf())).toMatchObject({ kind: 'unread', reason })
    await expectAlive(reader)
  })

  it('is not caught in a drawing that draws itself', async () => {
    expect((await reader.read(recursivePdf())).kind).not.toBe('bill')
    await expectAlive(reader)
  })

  it('stops a stream that unpacks to gigabytes', async () => {
    const small = createBillReader({ memoryMb: 160 })
    const result = await small.read(bombPdf())
    expect(result).toMatchObject({ kind: 'unread', reason: 'memory' })
    await expectAlive(small)
    await small.close()
  })

  it('stops at its deadline', async () => {
    const hasty = createBillReader({ deadlineMs: 1 })
    expect(await hasty.read(bombPdf())).toMatchObject({ kind: 'unread', reason: 'deadline' })
    await hasty.close()
  })

  it('answers what is being read when it is closed', async () => {
    const closing = createBillReader()
    const reading = closing.read(bombPdf())
    await closing.close()
    expect(await reading).toMatchObject({ kind: 'unread', reason: 'crash' })
    expect(await closing.read(await aBill())).toMatchObject({ reason: 'crash' })
  })
})
