import type { Pen } from './pdf.ts'
import type { Truth } from './truth.ts'
import { dollars, enNumber, wordDate } from './wording.ts'

const NAMES = { electric: 'Electricity', gas: 'Natural Gas', water: 'Water' } as const

/** Layout D: a Canadian town that sells electricity, gas and water on one bill; a table of services with dates. */
export function millbrook(pen: Pen, truth: Truth): void {
  pen.at(200, 36, 'TOWN OF MILLBROOK UTILITIES', { size: 14, bold: true })
  pen.at(230, 54, 'Combined utility invoice, 1 Mill St, Millbrook ON L0A 1G0')
  pen.at(40, 90, 'Customer Account')
  pen.at(150, 90, truth.accountNumber.replace(/(\d{4})(?=\d)/g, '$1-'))
  pen.at(40, 104, 'Invoice Date')
  pen.at(150, 104, truth.billDate)
  pen.at(40, 118, 'Payment Due')
  pen.at(150, 118, truth.dueDate)
  pen.at(40, 132, 'Service Address')
  pen.at(150, 132, truth.serviceAddress)
  pen.at(40, 146, 'GST Registration')
  pen.at(150, 146, '107 555 014 RT0001')
  services(pen, truth)
  const y = 230 + truth.meters.length * 16
  pen.at(300, y, 'Previous balance')
  pen.endAt(560, y, dollars(truth.decoys.previousBalance))
  pen.at(300, y + 14, 'Payment received')
  pen.endAt(560, y + 14, `${dollars(truth.decoys.paid)} CR`)
  pen.at(300, y + 28, 'Total new charges')
  pen.endAt(560, y + 28, dollars(truth.amountDue))
  pen.at(300, y + 48, 'AMOUNT DUE', { size: 12, bold: true })
  pen.endAt(560, y + 48, `${dollars(truth.amountDue)} CAD`, { size: 12, bold: true })
  pen.at(300, y + 66, 'Amount payable after due date')
  pen.endAt(560, y + 66, dollars(truth.amountDue + truth.decoys.lateFee))
  const main = truth.meters[0]
  pen.at(40, y + 110, 'Consumption history', { bold: true })
  pen.at(40, y + 124, `Previous year ${enNumber(truth.decoys.yearAgoUsage)} ${main?.usage.unit}`)
  pen.at(40, y + 138, `Previous month ${enNumber(truth.decoys.lastUsage)} ${main?.usage.unit}`)
  pen.at(40, y + 152, `Daily average ${enNumber(truth.decoys.dailyAverage, 2)} ${main?.usage.unit}`)
  if (main?.demand != null) pen.at(40, y + 172, `Peak demand: ${enNumber(main.demand, 1)} kW`)
  pen.at(40, y + 200, `Next reading ${wordDate(truth.dueDate)}`)
}

function services(pen: Pen, truth: Truth): void {
  const heads: [number, string][] = [
    [40, 'Service'],
    [120, 'Meter'],
    [200, 'From'],
    [275, 'To'],
    [350, 'Days'],
    [400, 'Consumption'],
    [490, 'Charges'],
  ]
  for (const [x, head] of heads) pen.at(x, 190, head, { bold: true })
  truth.meters.forEach((meter, i) => {
    const y = 206 + i * 16
    pen.at(40, y, NAMES[meter.service])
    pen.at(120, y, meter.number)
    pen.at(200, y, truth.from)
    pen.at(275, y, truth.to)
    pen.at(350, y, String(truth.days))
    const unit = meter.usage.unit === 'm3' ? 'm³' : meter.usage.unit
    pen.endAt(465, y, `${enNumber(meter.usage.value)} ${unit}`)
    pen.endAt(560, y, dollars(truth.amountDue / truth.meters.length))
  })
}
