import type { Pen } from './pdf.ts'
import type { Truth } from './truth.ts'
import { dollars, enNumber, shortUsDate } from './wording.ts'

/** Layout E, held out: a rural cooperative's card, boxes with the values below their headings. */
export function triCounty(pen: Pen, truth: Truth): void {
  pen.at(40, 30, 'TRI-COUNTY RURAL ELECTRIC COOPERATIVE', { size: 13, bold: true })
  pen.at(40, 46, 'A Touchstone-style member-owned utility · P.O. Box 99, Elkton, TN 38455 · Office 555-0188')
  boxes(pen, 80, [
    [40, 'ACCOUNT', truth.accountNumber],
    [150, 'BILLING DATE', shortUsDate(truth.billDate)],
    [250, 'DUE DATE', shortUsDate(truth.dueDate)],
    [350, 'NET AMOUNT DUE', dollars(truth.amountDue)],
    [460, 'AFTER DUE DATE PAY', dollars(truth.amountDue + truth.decoys.lateFee)],
  ])
  boxes(pen, 120, [
    [40, 'SERVICE LOCATION', truth.serviceAddress],
    [350, 'RATE', 'GS-1'],
    [420, 'CYCLE', '14'],
  ])
  const heads: [number, string][] = [
    [40, 'METER NO.'],
    [115, 'FROM'],
    [170, 'TO'],
    [225, 'DAYS'],
    [270, 'PREVIOUS'],
    [335, 'PRESENT'],
    [395, 'MULT'],
    [440, 'KWH USED'],
    [515, 'DEMAND KW'],
  ]
  for (const [x, head] of heads) pen.at(x, 170, head, { size: 8, bold: true })
  truth.meters.forEach((meter, i) => {
    const y = 184 + i * 14
    pen.at(40, y, meter.number)
    pen.at(115, y, shortUsDate(truth.from))
    pen.at(170, y, shortUsDate(truth.to))
    pen.at(230, y, String(truth.days))
    pen.endAt(315, y, String(meter.previous))
    pen.endAt(378, y, String(meter.current))
    pen.endAt(415, y, String(meter.multiplier))
    pen.endAt(485, y, enNumber(meter.usage.value))
    if (meter.demand !== null) pen.endAt(560, y, enNumber(meter.demand, 1))
  })
  const y = 210 + truth.meters.length * 14
  const rows: [string, string][] = [
    ['Balance Forward', dollars(truth.decoys.previousBalance)],
    ['Payments', `${dollars(truth.decoys.previousBalance)}-`],
    ['Energy Charge', dollars(truth.amountDue * 0.9)],
    ['Customer Charge', dollars(truth.amountDue * 0.1)],
    ['Current Charges', dollars(truth.amountDue)],
  ]
  rows.forEach(([label, value], i) => {
    pen.at(40, y + i * 13, label)
    pen.endAt(260, y + i * 13, value)
  })
  pen.at(330, y, 'COMPARISONS', { bold: true })
  pen.at(400, y, 'DAYS')
  pen.at(450, y, 'TOTAL KWH')
  const compare: [string, number, number][] = [
    ['Current Month', truth.days, truth.meters.reduce((sum, { usage }) => sum + usage.value, 0)],
    ['Last Month', 29, truth.decoys.lastUsage],
    ['Year Ago', 31, truth.decoys.yearAgoUsage],
  ]
  compare.forEach(([label, days, kwh], i) => {
    pen.at(330, y + 13 + i * 13, label)
    pen.at(405, y + 13 + i * 13, String(days))
    pen.endAt(490, y + 13 + i * 13, enNumber(kwh))
  })
  pen.rule(640)
  boxes(pen, 660, [
    [40, 'MEMBER', 'R. SPECIMEN'],
    [200, 'ACCOUNT', truth.accountNumber],
    [320, 'PAY THIS AMOUNT', dollars(truth.amountDue)],
    [450, 'BY', shortUsDate(truth.dueDate)],
  ])
}

function boxes(pen: Pen, y: number, cells: readonly (readonly [number, string, string])[]): void {
  for (const [x, head, value] of cells) {
    pen.at(x, y, head, { size: 7 })
    pen.at(x, y + 12, value, { size: 10, bold: true })
  }
}
