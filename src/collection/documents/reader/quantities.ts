import type { DEMAND_UNITS, Unit, UtilityType } from '../../../domain/bill.ts'
import { numberShape, type Shape } from './values.ts'

const WRITTEN: readonly (readonly [Unit, RegExp])[] = [
  ['kWh', /kwhr?s?|kw-h|kilowatt[- ]?hours?|kilowatt[- ]?heures?/],
  ['MWh', /mwh/],
  ['kVA', /kva/],
  ['kW', /kw|kilowatts?/],
  ['therms', /therms?|thms?/],
  ['CCF', /ccf|hcf|hundred cubic feet/],
  ['MCF', /mcf/],
  ['m3', /m3|cu\.? ?m|cubic met(?:er|re)s?|metres? cubes?/],
  ['kgal', /kgals?|thousand gallons|1,?000 gallons/],
  ['gallons', /gallons?|gals?/],
  ['cubic feet', /cubic feet|cu\.? ?ft|cf/],
  ['GJ', /gj|gigajoules?/],
]
const UNIT = new RegExp(
  `^(?:${WRITTEN.map(([, { source }], i) => `(?<u${i}>${source})`).join('|')})\\.?(?![a-z0-9])`,
)

/** A unit at the start of folded text. */
export const unitShape: Shape<Unit> = (text) => {
  const match = UNIT.exec(text)
  const index = WRITTEN.findIndex((_, i) => match?.groups?.[`u${i}`] !== undefined)
  const unit = WRITTEN[index]?.[0]
  return match && unit ? { value: unit, end: match[0].length } : null
}

/** The one unit that a heading names ("KWH USED", "Usage (kWh)"), or null. */
export function unitIn(text: string): Unit | null {
  const units = new Set<Unit>()
  for (const { index } of text.matchAll(/(?<![a-z0-9])[a-z1]/g)) {
    const found = unitShape(text.slice(index))
    if (found) units.add(found.value)
  }
  const [only] = units
  return units.size === 1 && only !== undefined ? only : null
}

export type Quantity = { readonly value: number; readonly unit: Unit }

/** A number and its unit, and nothing that makes it a price or a rate ("0.34/kWh", "300 kWh @ $0.34"). */
export const quantityShape =
  (language: 'en' | 'fr'): Shape<Quantity> =>
  (text) => {
    const number = numberShape(language)(text)
    if (!number) return null
    const gap = /^ ?/.exec(text.slice(number.end))?.[0].length ?? 0
    const unit = unitShape(text.slice(number.end + gap))
    if (!unit) return null
    const end = number.end + gap + unit.end
    return { value: { value: number.value, unit: unit.value }, end }
  }

export const isDemand = (unit: Unit): unit is (typeof DEMAND_UNITS)[number] => unit === 'kW' || unit === 'kVA'

/** What a unit is for; volumes may be gas or water. */
export const utilityTypesOf = (unit: Unit): readonly UtilityType[] => {
  if (isDemand(unit) || unit === 'kWh' || unit === 'MWh') return ['electric']
  if (unit === 'therms' || unit === 'GJ' || unit === 'MCF') return ['gas']
  if (unit === 'gallons' || unit === 'kgal') return ['water']
  return ['gas', 'water']
}

const WORDS: readonly (readonly [UtilityType, RegExp])[] = [
  ['electric', /\b(?:electric(?:ity|al)?|electricite|energie electrique|hydro)\b/],
  ['gas', /\b(?:gas|gaz)\b/],
  ['water', /\b(?:water|eau|aqueduc)\b/],
]

/** The one type that the text names, else the one that the unit is for. */
export function utilityTypeOf(text: string, unit: Unit | null): UtilityType | null {
  const able = unit === null ? null : utilityTypesOf(unit)
  const named = utilityTypesIn(text).filter((type) => able?.includes(type) ?? true)
  const types = named.length > 0 ? named : (able ?? [])
  return types.length === 1 ? (types[0] ?? null) : null
}

/** Utility types that folded text names. */
export const utilityTypesIn = (text: string): UtilityType[] =>
  WORDS.filter(([, pattern]) => pattern.test(text)).map(([type]) => type)
