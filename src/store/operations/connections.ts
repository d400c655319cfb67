import { ATTENTION_STATUSES, type Connection } from '../../domain/connection.ts'
import type { Context, Operations } from '../context.ts'
import { toConnection } from '../rows.ts'
import type { Row } from '../schema.ts'
import type { Sealer } from '../seal.ts'
import type { ConnectionFilter } from '../store.ts'
import { tellChanged, tellCreated } from './events.ts'
import { countSome, offsetOf, pageOf } from './paging.ts'
import { rescheduleById } from './schedule.ts'
import { writeCodeSources } from './sources.ts'
import { moveQuietly, statusColumns, writeHistory } from './status.ts'

type SealedColumn = 'username' | 'password' | 'totp_secret'

/** Undefined leaves a column as it is, null empties it. */
export function sealColumn(
  sealer: Sealer,
  column: SealedColumn,
  id: string,
  value: string | null | undefined,
) {
  return typeof value === 'string' ? sealer.seal(`connection.${column}.${id}`, value) : value
}

const columns = (connection: Connection) => ({
  id: connection.id,
  company_id: connection.companyId,
  utility: connection.utility,
  url: connection.url,
  country: connection.country,
  external_id: connection.externalId,
  connection_owner_email: connection.connectionOwnerEmail,
  initial_sites: JSON.stringify(connection.initialSites),
  utility_types: JSON.stringify(connection.utilityTypes),
  data_collection_start_date: connection.dataCollectionStartDate,
  mfa_method: connection.mfaMethod,
  inbox_addresses: JSON.stringify(connection.inboxAddresses),
  ...statusColumns(connection),
  version: connection.version,
  created_at: connection.createdAt,
  updated_at: connection.updatedAt,
})

/** Customers' logins: what writes. */
export const connectionWrites: Operations<'createConnection' | 'updateConnection'> = {
  async createConnection(context, connection, secrets) {
    const { db, sealer } = context
    const username = secrets.username ?? connection.username
    await db
      .insertInto('connection')
      .values({
        ...columns(connection),
        username: sealColumn(sealer, 'username', connection.id, username),
        password: sealColumn(sealer, 'password', connection.id, secrets.password),
      })
      .execute()
    await writeCodeSources(context, connection)
    const { version, createdAt: at } = connection
    await writeHistory(context, connection.id, { version, at, event: 'created', change: connection })
    await rescheduleById(context, connection.id, { kind: 'created' }, at)
    await tellCreated(context, connection, at)
  },
  async updateConnection(context, id, change, now) {
    const { db, sealer } = context
    const before = await findRow(context, id)
    if (!before) return null
    const row = await db
      .updateTable('connection')
      .set({
        url: change.url,
        country: change.country,
        external_id: change.externalId,
        connection_owner_email: change.connectionOwnerEmail,
        initial_sites: change.initialSites && JSON.stringify(change.initialSites),
        utility_types: change.utilityTypes && JSON.stringify(change.utilityTypes),
        data_collection_start_date: change.dataCollectionStartDate,
        username: sealColumn(sealer, 'username', id, change.username),
        password: sealColumn(sealer, 'password', id, change.password),
        updated_at: now,
      })
      .set((eb) => ({ version: eb('version', '+', 1) }))
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .returningAll()
      .executeTakeFirst()
    if (!row) return null
    const isNewLogin = change.username !== undefined || change.password !== undefined
    const after = isNewLogin
      ? await moveQuietly(context, row, { kind: 'credentials_changed' }, now, row.version)
      : row
    const secrets = isNewSecret(context, before, 'password', change.password) ? (['password'] as const) : []
    await tellChanged(context, before, after, now, { secrets })
    return toConnection(after, sealer)
  },
}

/** The row of a connection that has not been removed. */
export const findRow = ({ db }: Context, id: string) =>
  db
    .selectFrom('connection')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()

/** Whether a secret that was given is another than the one there. One that no longer opens counts as another. */
export function isNewSecret(
  { sealer }: Context,
  row: Row<'connection'>,
  column: 'password' | 'totp_secret',
  given: string | null | undefined,
): boolean {
  const { id, [column]: sealed } = row
  if (given === undefined) return false
  if (given === null || sealed === null) return given !== sealed
  try {
    return sealer.openText(`connection.${column}.${id}`, sealed) !== given
  } catch {
    return true
  }
}

/** Customers' logins: what reads. */
export const connectionReads: Operations<'getConnection' | 'listConnections'> = {
  async getConnection({ db, sealer }, id) {
    const row = await findRow({ db, sealer }, id)
    return row ? toConnection(row, sealer) : null
  },
  async listConnections(context, filter, page) {
    const chosen = choose(context, filter)
    const counted = await countSome(context.db, chosen)
    const rows = await chosen.selectAll().orderBy('id').limit(page.limit).offset(offsetOf(page)).execute()
    return pageOf(
      counted,
      rows.map((row) => toConnection(row, context.sealer)),
      page,
    )
  },
}

function choose({ db }: Context, { companyId, status, needsAttention }: ConnectionFilter) {
  let chosen = db.selectFrom('connection').where('deleted_at', 'is', null)
  if (companyId !== undefined) chosen = chosen.where('company_id', '=', companyId)
  if (status !== undefined) chosen = chosen.where('status', '=', status)
  if (needsAttention !== undefined) {
    chosen = chosen.where('status', needsAttention ? 'in' : 'not in', [...ATTENTION_STATUSES])
  }
  return chosen
}
