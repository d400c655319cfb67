import type { Unit, UtilityType } from '../../../domain/bill.ts'
import { type Cell, type Line, overlap } from './layout.ts'
import { unitIn, utilityTypesIn } from './quantities.ts'

/* Tables of meters: a line of headings, then a line for each meter. */

export type Column =
  | 'meter'
  | 'service'
  | 'from'
  | 'to'
  | 'period'
  | 'days'
  | 'previous'
  | 'current'
  | 'multiplier'
  | 'usage'
  | 'unit'
  | 'demand'
  | 'other'
export type Head = { readonly column: Column; readonly cell: Cell; readonly unit: Unit | null }
export type Row = {
  readonly line: Line
  readonly cells: ReadonlyMap<Column, Cell>
  readonly heads: readonly Head[]
}

const HEADS: readonly (readonly [Column, RegExp])[] = [
  [
    'meter',
    /^(?:(?:electric|gas|water) )?meter(?: ?(?:number|no\.?|num\.?|#|id))?$|^(?:no\.?|numero) (?:de |du )?compteur$|^compteur(?: (?:no|numero))?$/,
  ],
  ['service', /^(?:service|utility|type|service type|commodity)$/],
  ['from', /^(?:from|start|service from|from date|start date|du|read from|debut)$/],
  ['to', /^(?:to|end|service to|to date|end date|au|read to|through|thru|fin)$/],
  ['period', /^(?:(?:service|billing|reading) (?:period|dates)|period|periode)$/],
  [
    'days',
    /^(?:(?:billing |service )?days|no\.? of days|# of days|number of days|jours|nbre? (?:de )?jours)$/,
  ],
  [
    'previous',
    /^(?:prev(?:ious|\.)?|prior|last|beginning|start)(?: (?:meter )?(?:read(?:ing)?|index))?$|^(?:lecture|releve|index) precedente?$|^ancien(?:ne)?(?: (?:lecture|index))?$/,
  ],
  [
    'current',
    /^(?:current|pres(?:ent|\.)?|curr\.?|ending|latest|this)(?: (?:meter )?(?:read(?:ing)?|index))?$|^(?:lecture|releve|index) (?:actuel(?:le)?)$|^nouve(?:au|lle)(?: (?:lecture|index))?$/,
  ],
  [
    'multiplier',
    /^(?:mult(?:iplier|\.)?|meter (?:multiplier|constant|factor)|constant|multiplicateur|constante)$/,
  ],
  [
    'demand',
    /^(?:(?:billed|peak|max\.?|maximum|billing|metered) )?(?:demand(?: \(?k(?:w|va)\)?)?|kw)$|^kw (?:demand|billed)$|^puissance.*$/,
  ],
  [
    'usage',
    /^(?:(?:total|billed|metered|energy|your) )?(?:usage|use|used|consumption|consommation|volume)(?: ?\(?[a-z0-9 ]{2,12}\)?)?$|^(?:total )?(?:kwh|therms?|ccf|m3|gallons)(?: (?:used|usage|billed|consumed))?$/,
  ],
  ['unit', /^(?:units?|uom|unit of measure|units of measure|unite)$/],
]

/** A table by its headings; rows are those that were understood. `headLine`: {@link Cell.line} of the last heading. */
export type Table = { readonly headLine: number; readonly rows: readonly Row[] }

/** All tables that have a meter or service and its usage in columns. Headings may take two lines. */
export function findTables(lines: readonly Line[]): Table[] {
  return lines.flatMap((line, index) => {
    const next = lines[index + 1]
    const stacked = next && isWords(next) ? headsOf(stack(line, next)) : []
    if (isTable(stacked)) return { headLine: index + 1, rows: rowsBelow(lines, index + 1, stacked) }
    const heads = headsOf(line)
    return isTable(heads) ? { headLine: index, rows: rowsBelow(lines, index, heads) } : []
  })
}

const isWords = ({ cells }: Line): boolean =>
  cells.every(({ folded }) => !/\d/.test(folded.replace('m3', '')))

/** Two lines of headings as one: "Meter" over "Number". Empty if they are too far apart to belong together. */
function stack(top: Line, bottom: Line): Line {
  const size = bottom.cells[0]?.size ?? 0
  if (top.page !== bottom.page || bottom.y - top.y > 1.6 * size) return { ...top, cells: [] }
  const over = (cell: Cell): Cell | undefined => top.cells.find((one) => overlap(one, cell) > 0)
  const lower = bottom.cells.map((cell) => {
    const head = over(cell)
    if (!head) return cell
    const edges = { x: Math.min(head.x, cell.x), right: Math.max(head.right, cell.right) }
    return { ...cell, ...edges, text: `${head.text} ${cell.text}`, folded: `${head.folded} ${cell.folded}` }
  })
  const alone = top.cells.filter((cell) => !bottom.cells.some((one) => overlap(one, cell) > 0))
  return { ...bottom, cells: [...lower, ...alone].toSorted((a, b) => a.x - b.x) }
}

function headsOf({ cells }: Line): Head[] {
  return cells.map((cell) => {
    const column = HEADS.find(([, pattern]) => pattern.test(cell.folded))?.[0] ?? 'other'
    return { column, cell, unit: unitIn(cell.folded) }
  })
}

function isTable(heads: readonly Head[]): boolean {
  const columns = new Set(heads.map(({ column }) => column))
  const known = heads.filter(({ column }) => column !== 'other').length
  return known >= 3 && columns.has('usage') && (columns.has('meter') || columns.has('service'))
}

function rowsBelow(lines: readonly Line[], index: number, heads: readonly Head[]): Row[] {
  const rows: Row[] = []
  let last = lines[index] as Line
  for (const line of lines.slice(index + 1)) {
    const size = line.cells[0]?.size ?? 0
    if (line.page !== last.page || line.y - last.y > 2.6 * size) break
    const cells = assign(line, heads)
    if (!cells.has('usage') || !(cells.has('meter') || cells.has('service'))) break
    rows.push({ line, cells, heads })
    last = line
  }
  return rows
}

/** A figure that lines up with the right edge of its column may stand beside the heading, but no further than this. */
const FARTHEST = 12

/** Each cell goes to the heading it is under, or right beside; a heading that two cells want gets neither. */
function assign(line: Line, heads: readonly Head[]): Map<Column, Cell> {
  const cells = new Map<Column, Cell>()
  const torn = new Set<Column>()
  for (const cell of line.cells) {
    const [nearest] = heads.toSorted((a, b) => overlap(b.cell, cell) - overlap(a.cell, cell))
    if (!nearest || overlap(nearest.cell, cell) < -FARTHEST) continue
    if (cells.has(nearest.column)) torn.add(nearest.column)
    cells.set(nearest.column, cell)
  }
  for (const column of torn) cells.delete(column)
  return cells
}

/** The utility type that a row names in its service column. */
export function serviceOf({ cells }: Row): UtilityType | null {
  const [only, ...others] = utilityTypesIn(cells.get('service')?.folded ?? '')
  return others.length === 0 ? (only ?? null) : null
}
