import { type Kysely, sql } from 'kysely'
import { StoreMoveError } from '../errors.ts'
import { storable } from '../postgres/pool.ts'
import type { Schema } from '../schema.ts'
import type { Table } from './tables.ts'

const FETCH_ROWS = 500

/**
 * Reads a table back and compares it with what was to be written, row by row, value by value.
 *
 * @param expected in the order of the key
 * @throws StoreMoveError names the first row that differs
 */
export async function verifyRows(
  db: Kysely<Schema>,
  table: Table,
  expected: IterableIterator<unknown[]>,
): Promise<void> {
  const columns = sql.join(table.columns.map((column) => sql.ref(column)))
  await sql`declare moved no scroll cursor for
    select ${columns} from ${sql.table(table.name)} order by ${await orderOf(db, table)}`.execute(db)
  const found = fetchAll(db, table)
  for (const wanted of expected) {
    const { value: row, done } = await found.next()
    if (done) throw differs(table, wanted, 'is missing')
    const at = wanted.findIndex((value, n) => !isSame(value, row[n]))
    if (at >= 0) throw differs(table, wanted, `differs in ${table.columns[at]}`)
  }
  const { value: row, done } = await found.next()
  if (!done) throw differs(table, row, 'is more than was copied')
  await sql`close moved`.execute(db)
}

async function* fetchAll(db: Kysely<Schema>, { columns }: Table): AsyncGenerator<unknown[]> {
  for (;;) {
    const { rows } = await sql<Record<string, unknown>>`fetch ${sql.lit(FETCH_ROWS)} from moved`.execute(db)
    if (rows.length === 0) return
    for (const row of rows) yield columns.map((column) => row[column])
  }
}

/** Text byte by byte, as SQLite does, whatever the collation of the database. */
async function orderOf(db: Kysely<Schema>, { name, key }: Table) {
  const { rows } = await sql<{ column: string }>`
    select column_name as column from information_schema.columns
    where table_schema = current_schema() and table_name = ${name} and data_type = 'text'`.execute(db)
  const texts = new Set(rows.map(({ column }) => column))
  return sql.join(
    key.map((column) => (texts.has(column) ? sql`${sql.ref(column)} collate "C"` : sql.ref(column))),
  )
}

function isSame(wanted: unknown, found: unknown): boolean {
  if (wanted instanceof Uint8Array) return found instanceof Buffer && found.equals(wanted)
  return storable(wanted) === found
}

function differs({ name, columns, key }: Table, row: readonly unknown[], how: string): StoreMoveError {
  const id = key.map((column) => String(row[columns.indexOf(column)])).join('/')
  return new StoreMoveError(`${name} ${id} ${how}: nothing was kept of the copy`)
}
