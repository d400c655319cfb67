import type { Pen } from './pdf.ts'
import type { MeterTruth, Truth } from './truth.ts'
import { dollars, enNumber, longDate, usDate } from './wording.ts'

/** Layout A: statement of a large American electric utility. Summary and stub first, details on later pages. */
export function prairieElectric(pen: Pen, truth: Truth): void {
  summary(pen, truth)
  for (const meter of truth.meters) {
    pen.nextPage()
    details(pen, truth, meter)
  }
}

function summary(pen: Pen, truth: Truth): void {
  const account = `${truth.accountNumber.slice(0, -1)}-${truth.accountNumber.slice(-1)}`
  pen.at(40, 40, 'Prairie Electric Company', { size: 16, bold: true })
  pen.at(40, 62, 'ENERGY STATEMENT', { size: 11, bold: true })
  pen.at(40, 76, 'PO Box 997300, Prairie City, IA 50228  1-800-555-0142')
  pen.at(380, 40, `Account No: ${account}`, { bold: true })
  pen.at(380, 54, `Statement Date: ${usDate(truth.billDate)}`)
  pen.at(380, 68, `Due Date: ${usDate(truth.dueDate)}`)
  pen.at(40, 110, 'Service For:', { bold: true })
  pen.at(40, 124, 'MORGAN EXAMPLE')
  truth.serviceAddress.split('\n').forEach((line, i) => {
    pen.at(40, 136 + i * 12, line)
  })
  pen.at(320, 110, 'Your Account Summary', { size: 11, bold: true })
  const rows: [string, string][] = [
    ['Amount Due on Previous Statement', dollars(truth.decoys.previousBalance)],
    ['Payment(s) Received Since Last Statement', `-${dollars(truth.decoys.previousBalance)}`],
    ['Previous Unpaid Balance', '$0.00'],
    ['Current Electric Charges', dollars(truth.amountDue)],
  ]
  rows.forEach(([label, value], i) => {
    pen.at(320, 130 + i * 14, label)
    pen.endAt(570, 130 + i * 14, value)
  })
  pen.at(320, 194, `Total Amount Due by ${usDate(truth.dueDate)}`, { size: 11, bold: true })
  pen.endAt(570, 194, dollars(truth.amountDue), { size: 11, bold: true })
  pen.at(40, 260, 'Important Messages', { bold: true })
  pen.at(
    40,
    274,
    `A late fee of ${dollars(truth.decoys.lateFee)} is added to balances unpaid after the due date.`,
  )
  pen.at(40, 288, 'Call 811 before you dig. Budget billing: pay about the same amount each month.')
  pen.rule(640)
  pen.at(40, 650, 'Please return this portion with your payment.')
  pen.at(60, 676, 'Account Number:')
  pen.at(60, 690, account)
  pen.at(220, 676, 'Due Date:')
  pen.at(220, 690, usDate(truth.dueDate))
  pen.at(340, 676, 'Total Amount Due:')
  pen.at(340, 690, dollars(truth.amountDue))
  pen.at(470, 676, 'Amount Enclosed:')
  pen.at(470, 690, '$ ____________')
}

function details(pen: Pen, truth: Truth, meter: MeterTruth): void {
  pen.at(40, 40, 'Details of Electric Charges', { size: 12, bold: true })
  pen.at(40, 58, `${usDate(truth.from)} - ${usDate(truth.to)} (${truth.days} billing days)`)
  pen.at(40, 72, `Service For: ${truth.serviceAddress.split('\n')[0]}`)
  pen.at(40, 86, 'Rate Schedule: E1 Residential Service')
  const first = Math.round(meter.usage.value * 0.6)
  const tiers: [string, number, string][] = [
    ['Tier 1 Usage', first, '0.34'],
    ['Tier 2 Usage', meter.usage.value - first, '0.43'],
  ]
  tiers.forEach(([label, value, rate], i) => {
    pen.at(40, 112 + i * 14, label)
    pen.at(150, 112 + i * 14, `${enNumber(value, 6)} kWh  @ $${rate}`)
    pen.endAt(360, 112 + i * 14, enNumber(value * Number(rate), 2))
  })
  pen.at(400, 112, 'Service Information', { bold: true })
  const info: [string, string][] = [
    ['Meter #', meter.number],
    ['Current Meter Reading', enNumber(meter.current)],
    ['Prior Meter Reading', enNumber(meter.previous)],
    ['Total Usage', `${enNumber(meter.usage.value, 6)} kWh`],
    ['Baseline Territory', 'T'],
  ]
  if (meter.demand !== null) info.push(['Maximum Demand', `${enNumber(meter.demand, 1)} kW`])
  info.forEach(([label, value], i) => {
    pen.at(400, 128 + i * 14, label)
    pen.endAt(572, 128 + i * 14, value)
  })
  pen.at(
    40,
    240,
    `Electric Usage This Period: ${enNumber(meter.usage.value, 6)} kWh, ${truth.days} billing days`,
  )
  pen.at(40, 258, `Average Daily Usage  ${enNumber(truth.decoys.dailyAverage, 2)} kWh`)
  pen.at(40, 272, `Last Period  ${enNumber(truth.decoys.lastUsage)} kWh`)
  pen.at(40, 286, `Same Period Last Year  ${enNumber(truth.decoys.yearAgoUsage)} kWh`)
  pen.at(40, 320, `Your next meter reading is about ${longDate(truth.dueDate)}.`)
}
