import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { SealBrokenError } from '../errors.ts'
import type { Place } from '../seal.ts'

/* Moves what the store holds from old master keys to the first one, so that the old ones may go. */

type SealedColumn = {
  readonly table: string
  readonly column: string
  /** The primary key; its values, joined by `/`, end the place that the seal is for. */
  readonly keys: readonly string[]
}
const column = (table: string, name: string, ...keys: string[]): SealedColumn => ({
  table,
  column: name,
  keys,
})

/** Everything that is sealed. A test compares it with the columns that there are. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  column('connection', 'username', 'id'),
  column('connection', 'password', 'id'),
  column('connection', 'totp_secret', 'id'),
  column('security_answer', 'answer', 'id'),
  column('code', 'code', 'id'),
  column('message', 'subject', 'id'),
  column('message', 'extraction', 'id'),
  column('message_body', 'sealed', 'message_id', 'part'),
  column('document_item', 'name', 'id'),
  column('document_item', 'url', 'id'),
  column('document', 'name', 'id'),
  column('document', 'reading', 'id'),
  column('document_part', 'sealed', 'content_id', 'part'),
  column('webhook', 'url', 'id'),
  column('webhook', 'secret', 'id'),
  column('webhook', 'former_secret', 'id'),
  column('event', 'facts', 'id'),
  column('event_delivery', 'response', 'id'),
  column('idempotency', 'answer', 'scope', 'key'),
]

/** A row by the values of its primary key. */
export type RowKey = readonly (string | number)[]
export type StaleRow = { readonly key: RowKey; readonly bytes: number }

/** Keys that sealed something here, other than the first. */
export async function listOldKeys({ db, sealer }: Context): Promise<string[]> {
  const rows = await db.selectFrom('key_check').select('key_id').where('key_id', '<>', sealer.keyId).execute()
  return rows.map(({ key_id: id }) => id)
}

/** Rows of the `index`th sealed column that another key than the first has sealed, behind `after`. */
export async function selectStale(
  { db, sealer }: Context,
  index: number,
  after: RowKey | null,
  limit: number,
): Promise<StaleRow[]> {
  const { table, column: name, keys } = SEALED_COLUMNS[index]!
  const value = sql.ref(name)
  const order = sql.join(keys.map((key) => sql.ref(key)))
  const behind = after === null ? sql`` : sql`and (${order}) > (${sql.join([...after])})`
  const { rows } = await sql<Record<string, string | number> & { bytes: number }>`
    select ${order}, length(${value}) as bytes from ${sql.table(table)}
    where ${value} is not null and substr(${value}, 1, ${sealer.header.length}) <> ${sealer.header} ${behind}
    order by ${order} limit ${limit}`.execute(db)
  return rows.map((row) => ({ key: keys.map((key) => row[key]!), bytes: row.bytes }))
}

/**
 * Seals these rows anew under the first key.
 *
 * @returns how many could not be opened, and stay as they are
 */
export async function resealRows(context: Context, index: number, rows: readonly RowKey[]): Promise<number> {
  let broken = 0
  for (const key of rows) {
    try {
      await resealRow(context, SEALED_COLUMNS[index]!, key)
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error
      broken += 1
    }
  }
  return broken
}

async function resealRow(
  { db, sealer, shared }: Context,
  { table, column: name, keys }: SealedColumn,
  key: RowKey,
) {
  const value = sql.ref(name)
  const isIt = sql.join(
    keys.map((part, at) => sql`${sql.ref(part)} = ${key[at]}`),
    sql` and `,
  )
  // Held, so that what somebody writes meanwhile is not written over.
  const { rows } = await sql<{ value: Uint8Array | null }>`
    select ${value} as value from ${sql.table(table)} where ${isIt} ${shared ? sql`for no key update` : sql``}`.execute(
    db,
  )
  const sealed = rows[0]?.value
  // Gone meanwhile, or written anew.
  if (!sealed || sealer.header.equals(sealed.subarray(0, sealer.header.length))) return
  const place: Place = `${table}.${name}.${key.join('/')}`
  const anew = sealer.seal(place, sealer.open(place, sealed))
  await sql`update ${sql.table(table)} set ${value} = ${anew} where ${isIt}`.execute(db)
}

/** Forgets all keys but the first: from now on the store opens without them. */
export async function retireKeys({ db, sealer }: Context): Promise<void> {
  await db.deleteFrom('key_check').where('key_id', '<>', sealer.keyId).execute()
}
