/* What a bill says, figure by figure, each with the place where it stands. */

/** Where on a page, in points from its top left corner. Pages count from 1. */
export type Place = {
  readonly page: number
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** One thing that was read. Absent (null) where the reader was not sure: missing beats wrong. */
export type Figure<T> = {
  readonly value: T
  /** As printed. */
  readonly text: string
  readonly place: Place
  /** 0..1. Above 0.95: by a template, said twice, or proven by arithmetic. */
  readonly confidence: number
  /** What read it, e.g. `label:dueDate`, `template:usage`, `table`. */
  readonly rule: string
}

export const UTILITY_TYPES = ['electric', 'gas', 'water'] as const
export type UtilityType = (typeof UTILITY_TYPES)[number]

/** Units as we write them, however the bill does. `kW` and `kVA` are demand, the others consumption. */
export const UNITS = [
  'kWh',
  'MWh',
  'therms',
  'CCF',
  'MCF',
  'm3',
  'gallons',
  'kgal',
  'cubic feet',
  'GJ',
] as const
export const DEMAND_UNITS = ['kW', 'kVA'] as const
export type Unit = (typeof UNITS)[number] | (typeof DEMAND_UNITS)[number]

export type Usage = Figure<number> & {
  readonly unit: Unit
  readonly kind: 'consumption' | 'demand'
  /** What its label or unit says it is of; null for volumes that may be gas or water. */
  readonly utilityType: UtilityType | null
}

export type Meter = {
  readonly number: Figure<string>
  readonly utilityType: UtilityType | null
  readonly usage: readonly Usage[]
}

/** Dates are `YYYY-MM-DD`, amounts in units of the currency. */
export type BillReading = {
  readonly language: 'en' | 'fr'
  /** The definition that the bill names, where it names one. */
  readonly utility: string | null
  readonly currency: Figure<'USD' | 'CAD'> | null
  readonly billDate: Figure<string> | null
  readonly dueDate: Figure<string> | null
  readonly amountDue: Figure<number> | null
  readonly periodFrom: Figure<string> | null
  readonly periodTo: Figure<string> | null
  readonly days: Figure<number> | null
  readonly accounts: readonly {
    readonly number: Figure<string>
    readonly serviceAddress: Figure<string> | null
  }[]
  readonly serviceAddress: Figure<string> | null
  readonly meters: readonly Meter[]
  /** Usage that belongs to no one meter. */
  readonly usage: readonly Usage[]
  readonly utilityTypes: readonly UtilityType[]
}

/** Why a document holds no reading. */
export type UnreadReason =
  | 'image'
  | 'no_text'
  | 'encrypted'
  | 'damaged'
  | 'too_many_pages'
  | 'too_much_text'
  | 'deadline'
  | 'memory'
  | 'crash'

export type ReadResult =
  | { readonly kind: 'bill'; readonly pages: number; readonly bill: BillReading }
  /** Text, but no utility bill. */
  | { readonly kind: 'non_utility'; readonly pages: number }
  | { readonly kind: 'unread'; readonly reason: UnreadReason; readonly pages: number | null }

/** What a bill's labels can name. */
export const BILL_FIELDS = [
  'accountNumber',
  'billDate',
  'dueDate',
  'amountDue',
  'serviceAddress',
  'meterNumber',
  'periodFrom',
  'periodTo',
  'days',
  'usage',
  'demand',
] as const
export type BillField = (typeof BILL_FIELDS)[number]
