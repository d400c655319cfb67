import type { BillReading, UtilityType } from '../../../domain/bill.ts'
import type { BillTemplate } from '../../../utilities/bills.ts'
import type { BillIssuer } from '../bill-issuer.ts'
import { readServiceAddress } from './address.ts'
import { attribute } from './attribute.ts'
import { readHead } from './fields.ts'
import type { ExtraLabels } from './find.ts'
import { fold } from './fold.ts'
import { findIssuer } from './issuer.ts'
import { type Line, layOut, type TextPage } from './layout.ts'
import { labelledUsage, namedMeters, readTables } from './meters.ts'
import { readCurrency } from './money.ts'
import { readPeriod } from './period.ts'
import { utilityTypesIn } from './quantities.ts'
import { type DateOrder, dateOrderOf } from './values.ts'

/**
 * Reads a bill from the text of its pages: positions → lines of cells → figures. Null when it is no utility bill.
 *
 * @param issuers utilities that may have written it, with their templates
 */
export function readBill(pages: readonly TextPage[], issuers: readonly BillIssuer[]): BillReading | null {
  const all = layOut(pages)
  const { issuer, template } = findIssuer(all, issuers)
  const lines = template ? withoutIgnored(all, template) : all
  const language = template?.language ?? languageOf(lines)
  const currency = readCurrency(lines, template?.currency ?? currencyOf(issuer))
  const order = template?.dateOrder ?? orderOf(lines, currency?.value ?? null)
  const labels: ExtraLabels = foldAll(template?.labels ?? {})
  const head = readHead(lines, order, labels)
  const tables = readTables(lines, language, order)
  const { meters, usage } = attribute(
    tables.meters,
    namedMeters(lines, labels),
    labelledUsage(lines, language, labels, tables.headLines),
  )
  const period = readPeriod(lines, { order, billDate: head.billDate?.value ?? null }, labels, tables.ranges)
  const serviceAddress = readServiceAddress(lines, labels)
  const isBill =
    [head.accountNumber, head.amountDue, period.from, meters[0], usage[0]].filter(Boolean).length >= 2
  if (!isBill || !speaksOfUtilities(lines)) return null
  const types = new Set(meters.flatMap(({ utilityType }) => utilityType ?? []))
  return {
    language,
    utility: issuer?.id ?? null,
    currency,
    ...{ billDate: head.billDate, dueDate: head.dueDate, amountDue: head.amountDue },
    ...{ periodFrom: period.from, periodTo: period.to, days: period.days },
    accounts: head.accountNumber ? [{ number: head.accountNumber, serviceAddress }] : [],
    serviceAddress,
    meters,
    usage,
    utilityTypes: types.size > 0 ? [...types] : namedTypes(lines),
  }
}

function withoutIgnored(lines: readonly Line[], { ignore }: BillTemplate): Line[] {
  const starts = ignore.map(fold)
  return lines.map((line) => ({
    ...line,
    cells: line.cells.filter(({ folded }) => !starts.some((start) => folded.startsWith(start))),
  }))
}

const foldAll = (labels: BillTemplate['labels']): ExtraLabels =>
  Object.fromEntries(Object.entries(labels).map(([field, texts]) => [field, texts.map(fold)]))

const FRENCH =
  /\b(?:facture|compte|montant|consommation|compteur|paiement|echeance|votre|jours|du|au|le|de)\b/g
const ENGLISH = /\b(?:bill|account|amount|usage|meter|payment|due|your|days|the|to|of|from|date)\b/g

function languageOf(lines: readonly Line[]): 'en' | 'fr' {
  const text = textOf(lines)
  return (text.match(FRENCH)?.length ?? 0) > (text.match(ENGLISH)?.length ?? 0) ? 'fr' : 'en'
}

const textOf = (lines: readonly Line[]): string =>
  lines.flatMap(({ cells }) => cells.map(({ folded }) => folded)).join('\n')

/** What the bill shows, else what its country is sure to write. Canada writes both. */
function orderOf(lines: readonly Line[], currency: 'USD' | 'CAD' | null): DateOrder {
  const shown = dateOrderOf(lines.flatMap(({ cells }) => cells.map(({ folded }) => folded)))
  return shown === 'unknown' && currency === 'USD' ? 'mdy' : shown
}

const currencyOf = (issuer: BillIssuer | null): 'USD' | 'CAD' | null => {
  if (issuer?.country.length !== 1) return null
  return issuer.country[0] === 'US' ? 'USD' : issuer.country[0] === 'CA' ? 'CAD' : null
}

const UTILITY_WORDS =
  /\b(?:kwh|kw|therms?|ccf|m3|meter|compteur|consommation|consumption|usage|hydro|electric\w*|gas|gaz|water|eau|utilit(?:y|ies)|energ(?:y|ie))\b/g
const ENOUGH_WORDS = 3

const speaksOfUtilities = (lines: readonly Line[]): boolean =>
  (textOf(lines).match(UTILITY_WORDS)?.length ?? 0) >= ENOUGH_WORDS

/** Where no meter tells: the one type that the bill speaks of. */
function namedTypes(lines: readonly Line[]): UtilityType[] {
  const types = utilityTypesIn(textOf(lines))
  return types.length === 1 ? types : []
}
