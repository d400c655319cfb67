import { type RawBuilder, sql } from 'kysely'
import type { Operations } from '../context.ts'
import { SealBrokenError } from '../errors.ts'
import type { ExportCursor } from '../export-store.ts'
import { toMessage } from '../rows.ts'
import type { Place, Sealer } from '../seal.ts'
import type { Section } from './export-sections/section.ts'
import { SECTIONS } from './export-sections.ts'
import { withBodyFlag } from './messages.ts'

/** Everything of a company, page by page: what reads. */
export const exportReads: Operations<'exportRows' | 'exportMessages'> = {
  async exportRows({ db, sealer }, { section: name, ownerId, after, limit }) {
    const section = SECTIONS[name]
    const { table, owner, ownerIs = String, key, columns } = section
    const wanted = [...new Set([...columns, ...key])].map((column) => sql.ref(column))
    const { rows } = await sql<Record<string, unknown>>`
      select ${sql.join(wanted)} from ${sql.table(table)}
      where ${sql.ref(owner)} = ${ownerIs(ownerId)} ${beyond(key, after)}
      order by ${sql.join(key.map((column) => sql.ref(column)))} limit ${limit}`.execute(db)
    return {
      rows: rows.map((row) => present(row, section, sealer)),
      next: nextCursor(rows, limit, (row) => key.map((column) => row[column] as string | number)),
    }
  },
  async exportMessages({ db, sealer }, connectionId, after, limit) {
    let page = withBodyFlag(db).where('connection_id', '=', connectionId)
    if (after) {
      const [receivedAt, id] = after
      page = page.where(sql<boolean>`(received_at, id) > (${receivedAt}, ${id})`)
    }
    const rows = await page.orderBy('received_at').orderBy('id').limit(limit).execute()
    return {
      messages: rows.map((row) => toMessage(row, sealer)),
      next: nextCursor(rows, limit, ({ received_at, id }) => [received_at, id]),
    }
  },
}

/** Later in the order of the key than what was handed out last. */
function beyond(key: readonly string[], after: ExportCursor | null): RawBuilder<unknown> {
  if (!after) return sql``
  return sql`and (${sql.join(key.map((column) => sql.ref(column)))}) > (${sql.join([...after])})`
}

const nextCursor = <T>(rows: readonly T[], limit: number, keyOf: (row: T) => ExportCursor) => {
  const last = rows.at(-1)
  return rows.length === limit && last ? keyOf(last) : null
}

function present(
  row: Record<string, unknown>,
  { columns, sealed = {}, json = [] }: Section,
  sealer: Sealer,
): Record<string, unknown> {
  const shown = columns.map((column) => {
    const place = sealed[column]
    const stored = row[column] ?? null
    if (place === undefined || stored === null) {
      return [camelCase(column), asShown(column, stored, json.includes(column))]
    }
    const opened = tryOpen(sealer, `${place}.${row.id}` as Place, stored as Uint8Array)
    const isWhole = opened !== null
    return [camelCase(column), isWhole ? asShown(column, opened, json.includes(column)) : DAMAGED]
  })
  return Object.fromEntries(shown)
}

const DAMAGED = '(damaged: opens under no key)'

/** One value that was damaged must not keep a company from all others. */
function tryOpen(sealer: Sealer, place: Place, sealed: Uint8Array): string | null {
  try {
    return sealer.openText(place, sealed)
  } catch (error) {
    if (error instanceof SealBrokenError) return null
    throw error
  }
}

function asShown(column: string, value: unknown, isJson: boolean): unknown {
  if (value === null) return null
  if (isJson) return JSON.parse(String(value))
  const isInstant = /(?:^|_)(?:at|until|since)$/.test(column)
  return isInstant ? new Date(Number(value)).toISOString() : value
}

const camelCase = (column: string): string =>
  column.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
