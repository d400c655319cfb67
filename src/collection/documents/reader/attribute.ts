import type { Meter, Place, Usage, UtilityType } from '../../../domain/bill.ts'
import { decide, type Hit } from './find.ts'
import type { LabelledUsage, NamedMeter, TableMeter } from './meters.ts'
import { utilityTypesOf } from './quantities.ts'

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
  named: readonly NamedMeter[],
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

function draftsOf(tables: readonly TableMeter[], named: readonly NamedMeter[]): Draft[] {
  const numbers = new Set([...tables.map(({ number }) => number.value), ...named.map(({ value }) => value)])
  return [...numbers].map((number) => {
    const rows = tables.filter((row) => row.number.value === number)
    const mentions = named.filter(({ value }) => value === number)
    const hits = [...rows.map((row) => row.number), ...mentions]
    const types = new Set([...rows.map((row) => row.service), ...mentions.map((one) => one.utilityType)])
    types.delete(null)
    const [service = null] = types.size === 1 ? types : []
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

const fits = ({ unit, utilityType }: Usage, { service, tableUsage }: Draft): boolean => {
  const types = utilityType === null ? utilityTypesOf(unit) : [utilityType]
  if (service !== null) return types.includes(service)
  return tableUsage.every((known) => utilityTypesOf(known.unit).some((type) => types.includes(type)))
}

/** The only meter on its page that it can be of, or the one it stands below. */
function ownerOf(usage: Usage, drafts: readonly Draft[], loose: readonly Usage[]): Draft | null {
  const isHere = (draft: Draft): boolean => draft.hits.some(({ place }) => place.page === usage.place.page)
  const here = drafts.filter((draft) => fits(usage, draft) && isHere(draft))
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
    const { unit, kind, utilityType } = own[0] as LabelledUsage
    return figure ? [{ ...figure, unit, kind, utilityType }] : []
  })
}

const keyOf = ({ kind, unit, utilityType }: Usage): string => `${kind} ${unit} ${utilityType}`

/** Whether a figure of the whole bill only repeats or adds up what the meters say, or contradicts them. */
const isTold = (usage: Usage, meters: readonly Meter[]): boolean =>
  meters.some((meter) => meter.usage.some(({ kind, unit }) => kind === usage.kind && unit === usage.unit))

function typeOf({ service }: Draft, usage: readonly Usage[]): UtilityType | null {
  const types = new Set(usage.map(({ utilityType }) => utilityType))
  return service ?? (types.size === 1 ? (usage[0]?.utilityType ?? null) : null)
}
