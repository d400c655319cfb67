import type { BillReading, Figure, ReadResult, Usage } from '../../../src/domain/bill.ts'
import type { Truth } from './bills/truth.ts'

/* Compares what was read with what the bill says. A figure is right, wrong or missing; wrong is worst. */

export type Mark = 'right' | 'wrong' | 'missing'
export type Scored = {
  readonly field: string
  readonly mark: Mark
  readonly expected: unknown
  readonly got: unknown
}

/** Marks for every figure that the bill has, and for every figure that it does not have but that was read. */
export function score(truth: Truth, result: ReadResult): Scored[] {
  const bill = result.kind === 'bill' ? result.bill : null
  return [...headScores(truth, bill), ...meterScores(truth, bill)]
}

function headScores(truth: Truth, bill: BillReading | null): Scored[] {
  const one = <T>(field: string, expected: T, figure: Figure<T> | null | undefined): Scored =>
    mark(field, expected, figure?.value)
  return [
    one('accountNumber', truth.accountNumber, bill?.accounts[0]?.number),
    one('serviceAddress', truth.serviceAddress.replaceAll('\n', ', '), bill?.serviceAddress),
    one('billDate', truth.billDate, bill?.billDate),
    one('dueDate', truth.dueDate, bill?.dueDate),
    one('amountDue', truth.amountDue, bill?.amountDue),
    one('currency', truth.currency, bill?.currency),
    one('periodFrom', truth.from, bill?.periodFrom),
    one('periodTo', truth.to, bill?.periodTo),
    one('days', truth.days, bill?.days),
    mark(
      'utilityTypes',
      [...new Set(truth.meters.map(({ service }) => service))].sort().join('+'),
      bill?.utilityTypes.length ? [...bill.utilityTypes].sort().join('+') : undefined,
    ),
  ]
}

function meterScores(truth: Truth, bill: BillReading | null): Scored[] {
  const scores = truth.meters.flatMap((meter) => {
    const found = bill?.meters.find(({ number }) => number.value === meter.number)
    const usage = found?.usage.filter(({ kind }) => kind === 'consumption') ?? []
    const demand = found?.usage.filter(({ kind }) => kind === 'demand') ?? []
    return [
      mark('meterNumber', meter.number, found?.number.value),
      mark('usage', `${meter.usage.value} ${meter.usage.unit}`, shown(usage)),
      ...(meter.demand === null && demand.length === 0
        ? []
        : [mark('demand', meter.demand === null ? undefined : `${meter.demand} kW`, shown(demand))]),
    ]
  })
  const numbers = new Set(truth.meters.map(({ number }) => number))
  const extra = bill?.meters.filter(({ number }) => !numbers.has(number.value)) ?? []
  return [
    ...scores,
    ...extra.map(({ number }) => mark('meterNumber', undefined, number.value)),
    ...(bill?.usage ?? []).flatMap((usage) =>
      isTrue(truth, usage) ? [] : mark('usage', undefined, shown([usage])),
    ),
  ]
}

/** A true figure that no meter was found for: its meter counts it as missing, which is enough. */
const isTrue = (truth: Truth, { value, kind, unit }: Usage): boolean => {
  if (kind === 'demand') return truth.meters.some(({ demand }) => demand === value)
  const own = truth.meters.filter(({ usage }) => usage.unit === unit).map(({ usage }) => usage.value)
  return own.includes(value) || own.reduce((sum, one) => sum + one, 0) === value
}

const shown = (usage: readonly Usage[]): string | undefined =>
  usage.length === 0 ? undefined : usage.map(({ value, unit }) => `${value} ${unit}`).join(', ')

const mark = (field: string, expected: unknown, got: unknown): Scored => ({
  field,
  expected,
  got,
  mark: got === undefined ? 'missing' : got === expected ? 'right' : 'wrong',
})
