import type { Pen } from './pdf.ts'
import type { Truth } from './truth.ts'
import { frDollars, frenchDate, frNumber } from './wording.ts'

/** Layout C: electricity in Québec, in French. */
export function hydroLaurentides(pen: Pen, truth: Truth): void {
  pen.at(40, 36, 'Hydro Laurentides', { size: 16, bold: true })
  pen.at(40, 58, 'Votre facture d’électricité', { size: 11 })
  pen.at(360, 36, 'Numéro de compte')
  pen.endAt(572, 36, truth.accountNumber.replace(/(\d{3})(?=\d)/g, '$1 '))
  pen.at(360, 50, 'Date de facturation')
  pen.endAt(572, 50, frenchDate(truth.billDate))
  pen.at(360, 64, 'Montant à payer', { bold: true })
  pen.endAt(572, 64, frDollars(truth.amountDue), { bold: true })
  pen.at(360, 78, 'À payer au plus tard le')
  pen.endAt(572, 78, frenchDate(truth.dueDate))
  pen.at(40, 110, 'Adresse de consommation', { bold: true })
  truth.serviceAddress.split('\n').forEach((line, i) => {
    pen.at(40, 124 + i * 12, line)
  })
  pen.at(40, 160, 'Sommaire', { bold: true })
  pen.at(40, 174, 'Solde de la facture précédente')
  pen.endAt(300, 174, frDollars(truth.decoys.previousBalance))
  pen.at(40, 188, 'Paiements reçus - Merci')
  pen.endAt(300, 188, `-${frDollars(truth.decoys.paid)}`)
  pen.at(40, 202, 'Frais d’administration')
  pen.endAt(300, 202, frDollars(truth.decoys.lateFee))
  const meter = truth.meters[0]
  if (!meter) return
  pen.at(
    40,
    240,
    `Consommation du ${frenchDate(truth.from)} au ${frenchDate(truth.to)} (${truth.days} jours)`,
    { bold: true },
  )
  const rows: [string, string][] = [
    ['Compteur n°', meter.number],
    ['Relevé actuel', frNumber(meter.current)],
    ['Relevé précédent', frNumber(meter.previous)],
    ['Énergie consommée', `${frNumber(meter.usage.value)} kWh`],
  ]
  if (meter.demand !== null) rows.push(['Puissance maximale appelée', `${frNumber(meter.demand, 1)} kW`])
  rows.forEach(([label, value], i) => {
    pen.at(40, 258 + i * 14, label)
    pen.endAt(300, 258 + i * 14, value)
  })
  pen.at(340, 258, 'Votre consommation en un coup d’œil', { bold: true })
  pen.at(340, 272, `Même période l’an dernier : ${frNumber(truth.decoys.yearAgoUsage)} kWh`)
  pen.at(340, 286, `Facture précédente : ${frNumber(truth.decoys.lastUsage)} kWh`)
  pen.at(340, 300, `Moyenne par jour : ${frNumber(truth.decoys.dailyAverage, 2)} kWh`)
  const first = Math.min(2440, Math.round(meter.usage.value * 0.7))
  pen.at(40, 360, `${frNumber(first)} premiers kWh x 6,905 ¢/kWh`)
  pen.endAt(300, 360, frDollars(first * 0.06905))
  pen.at(40, 374, `${frNumber(meter.usage.value - first)} kWh restants x 10,652 ¢/kWh`)
  pen.at(40, 388, 'TPS (5 %) 812345678')
  pen.rule(650)
  pen.at(40, 660, 'Coupon de paiement')
  pen.at(40, 680, 'Numéro de compte')
  pen.at(40, 694, truth.accountNumber.replace(/(\d{3})(?=\d)/g, '$1 '))
  pen.at(260, 680, 'Montant à payer')
  pen.at(260, 694, frDollars(truth.amountDue))
  pen.at(430, 680, 'Montant versé')
  pen.at(430, 694, '__________ $')
}
