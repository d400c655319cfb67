import { beforeAll, describe, expect, it } from 'vitest'
import { billIssuer } from '../../../src/collection/documents/bill-issuer.ts'
import { readPdfText } from '../../../src/collection/documents/reader/pdf-text.ts'
import { readBill } from '../../../src/collection/documents/reader/read-bill.ts'
import type { BillReading } from '../../../src/domain/bill.ts'
import { billTemplateSchema } from '../../../src/utilities/bills.ts'
import { billsOf, LAYOUTS } from './bills/index.ts'
import { type RowSketch, sketchPage } from './pages.ts'
import { type Scored, score } from './score.ts'
import { scoreTorn } from './torn.ts'

/** What was read, without places. Null: no bill. */
function read(rows: readonly RowSketch[]) {
  const bill = readBill([sketchPage(rows)], [])
  return bill && brief(bill)
}

const brief = (bill: BillReading) => ({
  account: bill.accounts[0]?.number.value ?? null,
  address: bill.serviceAddress?.value ?? null,
  billDate: bill.billDate?.value ?? null,
  dueDate: bill.dueDate?.value ?? null,
  amountDue: bill.amountDue?.value ?? null,
  currency: bill.currency?.value ?? null,
  period: [bill.periodFrom?.value ?? null, bill.periodTo?.value ?? null],
  days: bill.days?.value ?? null,
  meters: bill.meters.map(({ number, utilityType, usage }) =>
    [number.value, utilityType, ...usage.map(({ value, unit }) => `${value} ${unit}`)].join(' '),
  ),
  usage: bill.usage.map(({ value, unit }) => `${value} ${unit}`),
})

describe.each(LAYOUTS.filter(({ isHeldOut }) => !isHeldOut))('bills of $name', (layout) => {
  it.each(billsOf(layout).map((bill, index) => ({ ...bill, index })))(
    'bill $index',
    async ({ truth, pdf }) => {
      const text = await readPdfText(new Uint8Array(await pdf()))
      if (text.kind !== 'text') throw new Error('no text')
      const bill = readBill(text.pages, [])
      const scores = score(truth, bill ? { kind: 'bill', pages: 1, bill } : { kind: 'non_utility', pages: 1 })
      expect(scores.filter(({ mark }) => mark !== 'right')).toEqual([])
    },
  )
})

describe('bills with text missing', () => {
  let scores: Scored[] = []
  beforeAll(async () => {
    scores = await scoreTorn(20, 6)
  })
  const once = [
    'accountNumber',
    'serviceAddress',
    'billDate',
    'dueDate',
    'amountDue',
    'currency',
    'periodFrom',
    'periodTo',
    'days',
    'utilityTypes',
    'meterNumber',
  ]

  it.each(once)('%s is missing rather than wrong', (field) => {
    const own = scores.filter((one) => one.field === field)
    expect(own.filter(({ mark }) => mark === 'wrong')).toEqual([])
    expect(own.some(({ mark }) => mark === 'right')).toBe(true)
  })
})

describe('wordings and layouts', () => {
  const base: RowSketch[] = [['Electric bill: your kWh usage, by meter'], ['Account number', '12345678'], []]
  it('dates without a year are in the year that the bill date says', () => {
    const bill = read([
      ...base,
      ['Bill date', 'Jan 4, 2026'],
      ['For service', 'Nov 25 - Dec 27'],
      ['32 days'],
      ['Total amount due Jan 21', '$151.20'],
      ['Current electric usage for meter number 330123456'],
      ['Energy used', '1,130 kWh'],
      ['12-month usage', '14,200 kWh'],
    ])
    expect(bill).toMatchObject({
      dueDate: '2026-01-21',
      amountDue: 151.2,
      period: ['2025-11-25', '2025-12-27'],
      days: 32,
      meters: ['330123456 electric 1130 kWh'],
    })
  })

  it('and are nothing where no date says it', () => {
    expect(read([...base, ['For service', 'Nov 25 - Dec 27'], ['Amount due', '$9.99']])?.period).toEqual([
      null,
      null,
    ])
  })

  it.each<[string, RowSketch[], string | null]>([
    [
      'month first, because another date can be nothing else',
      [
        ['Bill date', '02/03/2026'],
        ['Due date', '02/25/2026'],
      ],
      '2026-02-03',
    ],
    [
      'day first, likewise',
      [
        ['Bill date', '02/03/2026'],
        ['Due date', '25/03/2026'],
      ],
      '2026-03-02',
    ],
    [
      'unknown, where none tells',
      [
        ['Bill date', '02/03/2026'],
        ['Due date', '04/03/2026'],
      ],
      null,
    ],
    [
      'month first in the United States',
      [['Bill date', '02/03/2026'], ['Springfield, IL 62701']],
      '2026-02-03',
    ],
    ['unknown in Canada', [['Bill date', '02/03/2026'], ['Toronto ON M5V 2T6']], null],
  ])('slashed dates: %s', (_what, rows, billDate) => {
    expect(read([...base, ...rows, ['Amount due', '$9.99']])?.billDate ?? null).toBe(billDate)
  })

  it('conversational labels, cells with bars, questions', () => {
    const bill = read([
      ['Your account number is:', '2000 1234 5678'],
      ['This statement is issued on:', 'October 3, 2025'],
      ['For the period of: September 1, 2025 - September 30, 2025'],
      ['What do I owe?', '$123.45'],
      ['When is it due?', 'October 22, 2025'],
      ['Meter no: 959439 / Consumption 1203.000 kWh / Daily average 40.1 kWh'],
      ['Electricity, HST 12.10'],
    ])
    expect(bill).toMatchObject({
      account: '200012345678',
      billDate: '2025-10-03',
      dueDate: '2025-10-22',
      amountDue: 123.45,
      currency: 'CAD',
      meters: ['959439 electric 1203 kWh'],
    })
  })

  it('headings in two lines, checked by arithmetic', () => {
    const at = (cells: readonly string[]): RowSketch => cells.map((text, i) => [40 + i * 90, text] as const)
    const rows = (usage: string) => [
      ...base,
      at(['Meter', 'Previous', 'Current', 'Multiplier', 'Usage']),
      at(['Number', 'Reading', 'Reading', '', '(kWh)'].map((text) => text || '-')),
      at(['5512345', '1,000', '1,812', '10', usage]),
      ['Amount due', '$ 55.10'],
    ]
    expect(read(rows('8,120'))?.meters).toEqual(['5512345 electric 8120 kWh'])
    expect(read(rows('9,999'))?.meters).toEqual(['5512345 '])
  })

  it('gas and water in the same unit, each to its meter', () => {
    const bill = read([
      ...base,
      ['Water consumption', '14 m3'],
      ['Gas consumption', '212 m3'],
      ['Gas meter', 'G123456'],
      ['Water meter', 'W998877'],
    ])
    expect(bill?.meters).toEqual(['G123456 gas 212 m3', 'W998877 water 14 m3'])
  })

  it('takes no total for the last meter’s', () => {
    const bill = read([...base, ['Meter 1111111'], ['Meter 2222222'], ['Total usage', '900 kWh']])
    expect(bill).toMatchObject({ meters: ['1111111 ', '2222222 '], usage: ['900 kWh'] })
  })

  it.each<[string, RowSketch[]]>([
    [
      'two amounts under one label',
      [
        ['Amount due', '$10.00'],
        ['Amount due', '$20.00'],
      ],
    ],
    ['an amount after the due date', [['Amount due after Nov 4', '$105.00']]],
    ['the last statement’s', [['Amount due on previous statement', '$88.00']]],
    ['a whole number of dollars', [['Amount due', '88']]],
  ])('no amount due: %s', (_what, rows) => {
    expect(read([...base, ['Usage', '5 kWh'], ...rows])?.amountDue).toBeNull()
  })

  it.each([
    ['Average daily usage', '27 kWh'],
    ['Usage last month', '27 kWh'],
    ['Usage this month last year', '27 kWh'],
    ['Tier 1 usage', '27 kWh'],
    ['Usage', '27 kWh @ $0.34'],
    ['Usage', '27 kWh/day'],
    ['Moyenne quotidienne', '27 kWh'],
  ])('no usage of this bill: %s %s', (label, value) => {
    expect(read([...base, ['Amount due', '$10.00'], [label, value]])).toMatchObject({ usage: [], meters: [] })
  })
})

describe('places', () => {
  it('says where each figure stands', () => {
    const first = sketchPage([['Electric meter bill, kWh'], ['Account number', '12345678']])
    const second = sketchPage([['Amount due', '$9.99']], 2)
    const bill = readBill([first, second], [])
    expect(bill?.accounts[0]?.number).toMatchObject({
      text: '12345678',
      rule: 'label:accountNumber',
      confidence: 0.9,
    })
    expect(bill?.accounts[0]?.number.place).toMatchObject({ page: 1, x: 230, width: 35.2 })
    expect(bill?.amountDue?.place).toMatchObject({ page: 2, x: 230 })
  })
})

describe('templates', () => {
  const template = billTemplateSchema.parse({
    name: 'monthly',
    when: ['Acme Power monthly letter'],
    currency: 'CAD',
    dateOrder: 'dmy',
    labels: { amountDue: ['Kindly remit'], accountNumber: ['Our ref.'], dueDate: ['No later than'] },
    ignore: ['Amount due'],
  })
  const definition = { id: 'acme', name: 'Acme Power', aliases: [], web: [], country: ['CA'], bills: [] }
  const page = sketchPage([
    ['Acme Power monthly letter about your electric meter'],
    ['Our ref.', '44-556677'],
    ['Kindly remit', '$12.34'],
    ['Amount due', '$99.99'],
    ['No later than', '02/03/2026'],
    ['Usage', '400 kWh'],
  ])

  it('come before the general reader, which fills in the rest', () => {
    const bill = readBill([page], [billIssuer({ ...definition, bills: [template] })])
    expect(bill).toMatchObject({
      utility: 'acme',
      amountDue: { value: 12.34, rule: 'template:amountDue', confidence: 0.99 },
      accounts: [{ number: { value: '44556677' } }],
      dueDate: { value: '2026-03-02' },
      currency: { value: 'CAD' },
      usage: [{ value: 400, unit: 'kWh' }],
    })
  })

  it('are not used where their phrases are missing; the utility is known by its name all the same', () => {
    const other = { ...template, when: ['Another letter'] }
    const bill = readBill([page], [billIssuer({ ...definition, bills: [other] })])
    expect(bill).toMatchObject({ utility: 'acme', amountDue: { value: 99.99 }, dueDate: null })
  })

  it('name no utility where two are named', () => {
    const issuers = [
      billIssuer(definition),
      billIssuer({ ...definition, id: 'letters', name: 'monthly letter' }),
    ]
    expect(readBill([page], issuers)?.utility).toBeNull()
  })
})
