import { CompiledQuery, type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'
import { quoted, type Table } from './tables.ts'

/** One statement's worth: PostgreSQL takes 65,535 parameters, and memory stays small. */
const MOST_PARAMETERS = 20_000
const MOST_BYTES = 4 * 1024 * 1024

/**
 * Writes rows as they are; sealed ones stay sealed.
 *
 * @param onRows told how many rows of this table are written, after each statement
 */
export async function copyRows(
  db: Kysely<Schema>,
  table: Table,
  rows: Iterable<unknown[]>,
  onRows: (written: number) => void,
): Promise<void> {
  let batch: unknown[][] = []
  let bytes = 0
  let written = 0
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return
    await db.executeQuery(CompiledQuery.raw(insertOf(table, batch.length), batch.flat()))
    written += batch.length
    batch = []
    bytes = 0
    onRows(written)
  }
  for (const row of rows) {
    batch.push(row)
    bytes += row.reduce((sum: number, value) => sum + sizeOf(value), 0)
    if (bytes >= MOST_BYTES || (batch.length + 1) * table.columns.length > MOST_PARAMETERS) await flush()
  }
  await flush()
}

const sizeOf = (value: unknown): number =>
  value instanceof Uint8Array ? value.byteLength : typeof value === 'string' ? value.length : 8

function insertOf({ name, columns }: Table, rows: number): string {
  const row = (n: number) => `(${columns.map((_, at) => `$${n * columns.length + at + 1}`).join(', ')})`
  const values = Array.from({ length: rows }, (_, n) => row(n)).join(', ')
  return `insert into ${quoted(name)} (${columns.map(quoted).join(', ')}) values ${values}`
}

/** Lets what counts up by itself go on behind the last row. */
export async function setCounters(db: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{ table: string; column: string }>`
    select table_name as table, column_name as column from information_schema.columns
    where table_schema = current_schema() and is_identity = 'YES'`.execute(db)
  for (const { table, column } of rows) {
    const last = sql`(select max(${sql.ref(column)}) from ${sql.table(table)})`
    await sql`select setval(pg_get_serial_sequence(${quoted(table)}, ${column}), coalesce(${last}, 1), ${last} is not null)`.execute(
      db,
    )
  }
}
