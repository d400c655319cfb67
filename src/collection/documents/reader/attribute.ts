import { decide, type Hit } from './find.ts'
import type { LabelledUsage, TableMeter } from './meters.ts'
import { utilityTypesOf } from './quantities.ts'
import type { Meter, Place, Usage, UtilityType } from './reading.ts'

/* Which usage belongs to which meter. */

type Draft = {
  readonly number: string
  readonly hits: readonly Hit<string>[]
  readonly service: UtilityType | null
  readonly tableUsage: readonly Usage[]
}

/** Meters with their usage, and what usage is left for the bill as a whole. */
export function attribute(
  tables: readonly TableMeter[],
  named: readonly Hit<string>[],
  labelled: readonly LabelledUsage[],
): { meters: Meter[]; usage: Usage[] } {
  const drafts = draftsOf(tables, named)
  const inTables = drafts.flatMap(({ tableUsage }) => tableUsage)
  const loose = labelled.filter(({ place }) => !inTables.some((one) => isSamePlace(one.place, place)))
  const owners = new Map(loose.map((usage) => [usage, ownerOf(usage, drafts, loose)]))
  const meters = drafts.flatMap((draft) => {
    const number = decide(draft.hits)
    const own = loose.filter((usage) => owners.get(usage) === draft)
    const usage = settle(draft.tableUsage, own)
    return number ? [{ number, utilityType: typeOf(draft, usage), usage }] : []
  })
  const ownerless = loose.filter((usage) => owners.get(usage) === null)
  return {
    meters,
    usage: settle(
      [],
      ownerless.filter((usage) => !isTold(usage, meters)),
    ),
  }
}

function draftsOf(tables: readonly TableMeter[], named: readonly Hit<string>[]): Draft[] {
  const numbers = new Set([...tables.map(({ number }) => number.value), ...named.map(({ value }) => value)])
  return [...numbers].map((number) => {
    const rows = tables.filter((row) => row.number.value === number)
    const hits = [...rows.map((row) => row.number), ...named.filter(({ value }) => value === number)]
    const service = rows.find((row) => row.service !== null)?.service ?? null
    return {
      number,
      // One meter may be named by labels of different strength; it is the same number.
      hits: hits.map((hit) => ({ ...hit, rank: Math.min(...hits.map(({ rank }) => rank)) })),
      service,
      tableUsage: rows.flatMap(({ usage }) => usage),
    }
  })
}

const isSamePlace = (a: Place, b: Place): boolean =>
  a.page === b.page && Math.abs(a.y - b.y) < 2 && Math.abs(a.x - b.x) < 4

const fits = (usage: Usage, draft: Draft): boolean => {
  const units = draft.tableUsage.map(({ unit }) => utilityTypesOf(unit))
  const types = utilityTypesOf(usage.unit)
  if (draft.service !== null) return types.includes(draft.service)
  return units.every((known) => known.some((type) => types.includes(type)))
}

/** The only meter that it can be of: on the whole bill, on its page, or the one it stands below. */
function ownerOf(usage: Usage, drafts: readonly Draft[], loose: readonly Usage[]): Draft | null {
  const able = drafts.filter((draft) => fits(usage, draft))
  if (able.length <= 1) return able[0] ?? null
  const here = able.filter((draft) => draft.hits.some(({ place }) => place.page === usage.place.page))
  if (here.length <= 1) return here[0] ?? null
  // Meters listed together with one total below them: the last one does not own the total.
  const heads = new Map(loose.filter((one) => isAlike(one, usage)).map((one) => [one, above(one, here)]))
  return new Set(heads.values()).size === here.length ? (heads.get(usage as LabelledUsage) ?? null) : null
}

const isAlike = (a: Usage, b: Usage): boolean => a.place.page === b.place.page && a.kind === b.kind

function above(usage: Usage, drafts: readonly Draft[]): Draft | null {
  const tops = drafts.flatMap((draft) =>
    draft.hits
      .filter(({ place }) => place.page === usage.place.page && place.y <= usage.place.y + 2)
      .map(({ place }) => ({ draft, y: place.y })),
  )
  return tops.toSorted((a, b) => b.y - a.y)[0]?.draft ?? null
}

/** One figure for each kind and unit: the table's, else what the strongest labels agree on. */
function settle(fromTable: readonly Usage[], labelled: readonly LabelledUsage[]): Usage[] {
  const keys = new Set([...fromTable, ...labelled].map(keyOf))
  return [...keys].flatMap((key) => {
    const table = fromTable.filter((usage) => keyOf(usage) === key)
    const own = labelled.filter((usage) => keyOf(usage) === key)
    const [first] = table
    if (first) {
      if (new Set(table.map(({ value }) => value)).size > 1) return []
      const isAgreed = own.some(({ value }) => value === first.value)
      return [isAgreed ? { ...first, confidence: Math.max(first.confidence, 0.97) } : first]
    }
    const figure = decide(own)
    const { unit, kind } = own[0] as LabelledUsage
    return figure ? [{ ...figure, unit, kind }] : []
  })
}

const keyOf = ({ kind, unit }: Usage): string => `${kind} ${unit}`

/** Whether a figure of the whole bill only repeats or adds up what the meters say, or contradicts them. */
const isTold = (usage: Usage, meters: readonly Meter[]): boolean =>
  meters.some((meter) => meter.usage.some(({ kind, unit }) => kind === usage.kind && unit === usage.unit))

function typeOf({ service }: Draft, usage: readonly Usage[]): UtilityType | null {
  if (service !== null) return service
  const [first, ...others] = usage.map(({ unit }) => utilityTypesOf(unit))
  const common = first?.filter((type) => others.every((types) => types.includes(type))) ?? []
  return common.length === 1 ? (common[0] ?? null) : null
}
