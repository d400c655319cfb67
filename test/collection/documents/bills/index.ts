import { gazBoreal } from './gaz-boreal.ts'
import { harborGasWater } from './harbor-gas-water.ts'
import { hydroLaurentides } from './hydro-laurentides.ts'
import { millbrook } from './millbrook.ts'
import { drawPdf, type Pen } from './pdf.ts'
import { prairieElectric } from './prairie-electric.ts'
import { triCounty } from './tri-county.ts'
import { makeTruth, type Service, type Truth, type TruthPlan } from './truth.ts'

/* Bills of utilities that do not exist: 6 layouts, 5 bills each. */

export type SyntheticBill = {
  readonly layout: string
  readonly truth: Truth
  readonly pdf: () => Promise<Buffer>
}
export type Layout = {
  readonly name: string
  /** The reader was written with these in sight; the others only report. */
  readonly isHeldOut: boolean
  readonly draw: (pen: Pen, truth: Truth) => void
  readonly plan: Omit<TruthPlan, 'seed' | 'services' | 'hasDemand'>
  /** One bill each: which services it has, and whether demand is metered. */
  readonly bills: readonly (readonly [services: readonly Service[], hasDemand?: boolean])[]
}

const US_ADDRESSES = ['118 W MAPLE AVE APT 4', '2207 COUNTY ROAD 40', '55 HARBOR STREET UNIT B', '9 N 3RD ST']
const IN_CITY = US_ADDRESSES.map((street) => `${street}\nPRAIRIE CITY IA 50228`)
const CA_ADDRESSES = ['41 King Street East', '1200 Lakeshore Rd W Unit 12', '7 Mill Lane']
const QC_ADDRESSES = ['1450, rue des Érables', '22, boul. Saint-Joseph Est, app. 3', '305, chemin du Lac']

const IN_QUEBEC = QC_ADDRESSES.map((street) => `${street}\nLaval (Québec) H7N 1A1`)

const E: readonly Service[] = ['electric']
const EE: readonly Service[] = ['electric', 'electric']

export const LAYOUTS: readonly Layout[] = [
  {
    name: 'prairie-electric',
    isHeldOut: false,
    draw: prairieElectric,
    plan: { currency: 'USD', units: { electric: 'kWh' }, addresses: IN_CITY, accountDigits: 11 },
    bills: [[E], [E, true], [EE], [E], [[...EE, 'electric'], true]],
  },
  {
    name: 'harbor-gas-water',
    isHeldOut: false,
    draw: harborGasWater,
    plan: {
      currency: 'USD',
      units: { gas: 'CCF', water: 'gallons' },
      addresses: IN_CITY,
      accountDigits: 10,
    },
    bills: [
      [['gas']],
      [['gas', 'water']],
      [['water', 'gas']],
      [['water', 'water']],
      [['gas', 'gas', 'water']],
    ],
  },
  {
    name: 'hydro-laurentides',
    isHeldOut: false,
    draw: hydroLaurentides,
    plan: {
      currency: 'CAD',
      units: { electric: 'kWh' },
      addresses: IN_QUEBEC,
      accountDigits: 12,
      monthDays: 60,
    },
    bills: [[E], [E, true], [E], [E, true], [E]],
  },
  {
    name: 'millbrook',
    isHeldOut: false,
    draw: millbrook,
    plan: {
      currency: 'CAD',
      units: { electric: 'kWh', gas: 'm3', water: 'm3' },
      addresses: CA_ADDRESSES,
      accountDigits: 12,
    },
    bills: [
      [['electric', 'gas', 'water']],
      [E, true],
      [['gas', 'water']],
      [['water']],
      [['electric', 'water'], true],
    ],
  },
  {
    name: 'tri-county',
    isHeldOut: true,
    draw: triCounty,
    plan: { currency: 'USD', units: { electric: 'kWh' }, addresses: US_ADDRESSES, accountDigits: 9 },
    bills: [[E], [E, true], [EE], [EE, true], [E]],
  },
  {
    name: 'gaz-boreal',
    isHeldOut: true,
    draw: gazBoreal,
    plan: { currency: 'CAD', units: { gas: 'm3' }, addresses: QC_ADDRESSES, accountDigits: 10 },
    bills: [[['gas']], [['gas']], [['gas', 'gas']], [['gas']], [['gas']]],
  },
]

/** All bills of a layout, always the same. */
export function billsOf(layout: Layout): SyntheticBill[] {
  const first = 1000 * (1 + LAYOUTS.indexOf(layout))
  return layout.bills.map(([services, hasDemand = false], i) => {
    const truth = makeTruth({ ...layout.plan, seed: first + i, services, hasDemand })
    return { layout: layout.name, truth, pdf: () => drawPdf((pen) => layout.draw(pen, truth)) }
  })
}
