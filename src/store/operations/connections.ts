import { ATTENTION_STATUSES, type Connection } from '../../domain/connection.ts'
import type { Context, Operations } from '../context.ts'
import { toConnection } from '../rows.ts'
import type { Sealer } from '../seal.ts'
import type { ConnectionFilter } from '../store.ts'
import { offsetOf } from './paging.ts'
import { writeCodeSources } from './sources.ts'

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
  status: connection.status,
  status_first_seen_at: connection.statusFirstSeenAt,
  status_last_update_at: connection.statusLastUpdateAt,
  status_error_detail: connection.statusErrorDetail,
  status_cause: connection.statusCause,
  status_suggestion: connection.statusSuggestion,
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
  },
  async updateConnection({ db, sealer }, id, change, now) {
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
    return row ? toConnection(row, sealer) : null
  },
}

/** Customers' logins: what reads. */
export const connectionReads: Operations<'getConnection' | 'listConnections'> = {
  async getConnection({ db, sealer }, id) {
    const row = await db
      .selectFrom('connection')
      .selectAll()
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst()
    return row ? toConnection(row, sealer) : null
  },
  async listConnections(context, filter, page) {
    const chosen = choose(context, filter)
    const { total } = await chosen
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow()
    const rows = await chosen.selectAll().orderBy('id').limit(page.limit).offset(offsetOf(page)).execute()
    return { total, items: rows.map((row) => toConnection(row, context.sealer)) }
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
