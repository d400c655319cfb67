import type { Pen } from './pdf.ts'
import type { Truth } from './truth.ts'
import { dollars, enNumber, wordDate } from './wording.ts'

/** Layout B: gas and water of an American city, two columns, a table of meters. */
export function harborGasWater(pen: Pen, truth: Truth): void {
  pen.at(40, 36, 'Harbor City Gas & Water', { size: 15, bold: true })
  pen.at(40, 56, `Bill date: ${wordDate(truth.billDate)}`)
  pen.at(40, 84, 'Service delivered to', { bold: true })
  pen.at(40, 97, 'PAT SAMPLE')
  truth.serviceAddress.split('\n').forEach((line, i) => {
    pen.at(40, 109 + i * 12, line)
  })
  pen.at(330, 36, 'Your account number', { bold: true })
  pen.at(470, 36, truth.accountNumber.replace(/^(\d{2})(\d{4})(\d+)$/, '$1-$2-$3'))
  pen.at(330, 52, 'Total amount due', { bold: true })
  pen.at(470, 52, dollars(truth.amountDue), { bold: true })
  pen.at(330, 68, 'Please pay by', { bold: true })
  pen.at(470, 68, wordDate(truth.dueDate))
  pen.at(330, 84, `If paid after ${wordDate(truth.dueDate)}`)
  pen.at(470, 84, dollars(truth.amountDue + truth.decoys.lateFee))
  pen.at(40, 150, 'Billing summary', { size: 11, bold: true })
  pen.at(40, 166, 'Balance from last bill')
  pen.endAt(280, 166, dollars(truth.decoys.previousBalance))
  pen.at(40, 180, 'Payments through today, thank you')
  pen.endAt(280, 180, `-${dollars(truth.decoys.paid)}`)
  pen.at(40, 194, 'Late payment charge')
  pen.endAt(280, 194, dollars(truth.decoys.lateFee))
  pen.at(330, 150, 'Compare your use', { size: 11, bold: true })
  const unit = truth.meters[0]?.usage.unit ?? ''
  pen.at(330, 166, `This month last year: ${enNumber(truth.decoys.yearAgoUsage)} ${unit}`)
  pen.at(330, 180, `Last month: ${enNumber(truth.decoys.lastUsage)} ${unit}`)
  pen.at(330, 194, `Average use per day: ${enNumber(truth.decoys.dailyAverage, 2)} ${unit}`)
  pen.at(40, 240, `Billing period: ${wordDate(truth.from)} to ${wordDate(truth.to)} (${truth.days} days)`, {
    bold: true,
  })
  meters(pen, truth)
  pen.at(40, 420, 'Gas is billed by volume. Estimated reads are marked with E. 1 CCF = 748 gallons of water.')
  pen.rule(660)
  pen.at(40, 670, 'Payment slip: detach and mail to Harbor City, PO Box 5550, Harbor City, OR 97045')
  pen.at(40, 686, 'Account number')
  pen.at(40, 698, truth.accountNumber)
  pen.at(240, 686, 'Amount due')
  pen.at(240, 698, dollars(truth.amountDue))
  pen.at(420, 686, 'Amount paid')
  pen.at(420, 698, '$')
}

function meters(pen: Pen, truth: Truth): void {
  const heads: [number, string][] = [
    [40, 'Meter number'],
    [130, 'Service'],
    [200, 'Previous read'],
    [285, 'Current read'],
    [365, 'Multiplier'],
    [440, 'Usage'],
    [510, 'Unit'],
  ]
  for (const [x, head] of heads) pen.at(x, 270, head, { bold: true })
  truth.meters.forEach((meter, i) => {
    const y = 286 + i * 15
    pen.at(40, y, meter.number)
    pen.at(130, y, meter.service === 'gas' ? 'Gas' : 'Water')
    pen.endAt(262, y, enNumber(meter.previous))
    pen.endAt(340, y, enNumber(meter.current))
    pen.endAt(405, y, String(meter.multiplier))
    pen.endAt(468, y, enNumber(meter.usage.value))
    pen.at(510, y, meter.usage.unit === 'gallons' ? 'Gal' : meter.usage.unit)
  })
}
