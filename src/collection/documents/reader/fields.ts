import type { Figure } from '../../../domain/bill.ts'
import { decide, type ExtraLabels, findLabelled, labelsOf } from './find.ts'
import type { Line } from './layout.ts'
import { type DateOrder, dateShape, moneyShape, type Shape, yearNear } from './values.ts'

/* The figures that a bill has once: account, dates, amount. */

export type Head = {
  readonly accountNumber: Figure<string> | null
  readonly billDate: Figure<string> | null
  readonly dueDate: Figure<string> | null
  readonly amountDue: Figure<number> | null
}

/** Groups of digits, perhaps with letters before or behind; no date, no telephone number of a hot line. */
const ACCOUNT = /^(?:[a-z]{1,3}[ -]?)?\d[\d -]{3,26}\d(?:-?[a-z])?(?![a-z0-9.,/])/
const A_DATE = /^\d{1,2}[-/ ]\d{1,2}[-/ ]\d{2,4}$|^\d{4}-\d{2}-\d{2}$/
const HOT_LINE = /^1?[- ]?8(?:00|33|44|55|66|77|88)[- ]/

/** Days from the bill to its due date. */
const LONGEST_TO_PAY = 90

const accountShape: Shape<string> = (text) => {
  const match = ACCOUNT.exec(text)?.[0]
  if (match === undefined || A_DATE.test(match) || HOT_LINE.test(match)) return null
  const value = match.replace(/[ -]/g, '').toUpperCase()
  return value.length >= 5 && value.length <= 22 ? { value, end: match.length } : null
}

/** Reads them from all pages. */
export function readHead(lines: readonly Line[], order: DateOrder, extra: ExtraLabels): Head {
  const accountNumber = decide(findLabelled(lines, labelsOf('accountNumber', extra), accountShape))
  const billDate = decide(findLabelled(lines, labelsOf('billDate', extra), dateShape(order)))
  const dueDates = dateShape(order, yearNear(billDate?.value ?? null, { before: 0, after: LONGEST_TO_PAY }))
  const dueDate = decide(findLabelled(lines, labelsOf('dueDate', extra), dueDates))
  const amountDue = decide(findLabelled(lines, labelsOf('amountDue', extra), moneyShape))
  // A bill is not due before it is written; one of the two was misread, and who knows which.
  const isOrdered = !billDate || !dueDate || billDate.value <= dueDate.value
  return {
    accountNumber,
    amountDue,
    billDate: isOrdered ? billDate : null,
    dueDate: isOrdered ? dueDate : null,
  }
}
