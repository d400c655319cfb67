import type { Pen } from './pdf.ts'
import type { Truth } from './truth.ts'
import { frDollars, frenchDate, frNumber } from './wording.ts'

/** Layout F, held out: natural gas in French, two pages, other words than layout C. */
export function gazBoreal(pen: Pen, truth: Truth): void {
  front(pen, truth)
  pen.nextPage()
  back(pen, truth)
}

function front(pen: Pen, truth: Truth): void {
  pen.at(380, 30, 'Gaz Boréal', { size: 18, bold: true })
  pen.at(380, 52, 'Rimouski (Québec) G5L 3B4')
  pen.at(40, 36, 'FACTURE', { size: 14, bold: true })
  const rows: [string, string][] = [
    ['N° de client', truth.accountNumber.replace(/^(\d{3})(\d+)$/, '$1-$2')],
    ['Date d’émission', frenchDate(truth.billDate)],
    ['Date d’échéance', frenchDate(truth.dueDate)],
    ['Période de facturation', `${truth.from} au ${truth.to}`],
    ['Nombre de jours', String(truth.days)],
    ['Lieu de service', truth.serviceAddress],
  ]
  rows.forEach(([label, value], i) => {
    pen.at(40, 70 + i * 15, `${label} :`)
    pen.at(170, 70 + i * 15, value)
  })
  pen.at(40, 190, 'Solde antérieur')
  pen.endAt(330, 190, frDollars(truth.decoys.previousBalance))
  pen.at(40, 204, 'Paiement reçu le 3 du mois dernier')
  pen.endAt(330, 204, `- ${frDollars(truth.decoys.paid)}`)
  pen.at(40, 218, 'Frais courants')
  pen.endAt(330, 218, frDollars(truth.amountDue))
  pen.at(40, 238, 'Total à payer', { size: 12, bold: true })
  pen.endAt(330, 238, frDollars(truth.amountDue), { size: 12, bold: true })
  pen.at(40, 262, `Des frais de retard de ${frDollars(truth.decoys.lateFee)} s’appliquent après l’échéance.`)
  pen.rule(650)
  pen.at(40, 664, 'À joindre à votre paiement')
  pen.at(40, 684, 'N° de client')
  pen.at(40, 696, truth.accountNumber.replace(/^(\d{3})(\d+)$/, '$1-$2'))
  pen.at(250, 684, 'Total à payer')
  pen.at(250, 696, frDollars(truth.amountDue))
}

function back(pen: Pen, truth: Truth): void {
  pen.at(40, 40, 'Détail de votre consommation', { size: 12, bold: true })
  truth.meters.forEach((meter, i) => {
    const y = 64 + i * 90
    pen.at(40, y, `Numéro de compteur : ${meter.number}`, { bold: true })
    pen.at(40, y + 14, `Lecture précédente ${frNumber(meter.previous)}`)
    pen.at(220, y + 14, `Lecture actuelle ${frNumber(meter.current)}`)
    pen.at(40, y + 28, 'Volume consommé')
    pen.at(220, y + 28, `${frNumber(meter.usage.value)} m³`)
    pen.at(40, y + 42, 'Facteur de correction')
    pen.at(220, y + 42, '0,9874')
  })
  const y = 80 + truth.meters.length * 90
  pen.at(40, y, 'Historique', { bold: true })
  pen.at(40, y + 14, `Mois précédent ${frNumber(truth.decoys.lastUsage)} m³`)
  pen.at(40, y + 28, `Il y a un an ${frNumber(truth.decoys.yearAgoUsage)} m³`)
  pen.at(40, y + 42, `Consommation quotidienne moyenne ${frNumber(truth.decoys.dailyAverage, 2)} m³`)
}
