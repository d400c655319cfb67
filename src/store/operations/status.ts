import { CONNECTION_STATUSES, type ConnectionStatus } from '../../domain/connection.ts'
import { moveStatus, type StatusChange, type StatusEvent } from '../../domain/status.ts'
import type { Context, Operations } from '../context.ts'
import { toConnection } from '../rows.ts'
import type { Row } from '../schema.ts'
import type { Investigation } from '../store.ts'
import { audit } from './audit.ts'
import { tellChanged } from './events.ts'
import { noticeBreak } from './notices.ts'
import { reschedule } from './schedule.ts'

type StatusColumns = Pick<
  Row<'status_change'>,
  | 'status'
  | 'status_first_seen_at'
  | 'status_last_update_at'
  | 'status_error_detail'
  | 'status_cause'
  | 'status_suggestion'
>

/** A status as columns of `connection` and `status_change`. */
export const statusColumns = (change: StatusChange): StatusColumns => ({
  status: change.status,
  status_first_seen_at: change.statusFirstSeenAt,
  status_last_update_at: change.statusLastUpdateAt,
  status_error_detail: change.statusErrorDetail,
  status_cause: change.statusCause,
  status_suggestion: change.statusSuggestion,
})

export const toStatus = (row: StatusColumns): StatusChange => ({
  status: row.status,
  statusFirstSeenAt: row.status_first_seen_at,
  statusLastUpdateAt: row.status_last_update_at,
  statusErrorDetail: row.status_error_detail,
  statusCause: row.status_cause,
  statusSuggestion: row.status_suggestion,
})

/**
 * Moves a connection's status and its schedule, writes the move into its history and tells who listens, in the
 * caller's transaction.
 *
 * @param row as it is in the database now
 * @returns the row as it is then; the same one where the event moves nothing
 * @throws Failure `conflict` when the move is not allowed
 */
export async function moveRow(
  context: Context,
  row: Row<'connection'>,
  event: StatusEvent,
  now: number,
): Promise<Row<'connection'>> {
  const change = moveStatus(toStatus(row), event, now)
  // Two events are told of what a login shows, and each bears a version of its own.
  const checked = event.kind === 'outcome' && change !== null && change.status !== row.status
  const moved = await moveQuietly(context, row, event, now, row.version + (checked ? 2 : 1))
  if (moved === row) return row
  await tellChanged(context, row, moved, now, { checked })
  await noticeBreak(context, row, moved, event, now)
  return moved
}

/**
 * As {@link moveRow}, for a caller who tells of the change that the move is part of.
 *
 * @param version after the move; the row's own where the caller has counted its change already
 */
export async function moveQuietly(
  { db }: Context,
  row: Row<'connection'>,
  event: StatusEvent,
  now: number,
  version: number,
): Promise<Row<'connection'>> {
  await reschedule({ db }, row, event, now)
  const change = moveStatus(toStatus(row), event, now)
  if (!change) return row
  const moved = { ...statusColumns(change), version, updated_at: now }
  await db.updateTable('connection').set(moved).where('id', '=', row.id).execute()
  await writeHistory({ db }, row.id, { version, at: now, event: event.kind, change })
  return { ...row, ...moved }
}

/** Adds an entry to a connection's history. */
export async function writeHistory(
  { db }: Pick<Context, 'db'>,
  connectionId: string,
  entry: { version: number; at: number; event: Row<'status_change'>['event']; change: StatusChange },
): Promise<void> {
  const { version, at, event, change } = entry
  await db
    .insertInto('status_change')
    .values({ connection_id: connectionId, version, at, event, ...statusColumns(change) })
    .execute()
}

const findRow = ({ db }: Context, id: string) =>
  db
    .selectFrom('connection')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()

/** What a connection was the last time that it was not in this status; null where that is not known. */
async function before({ db }: Context, id: string, status: ConnectionStatus): Promise<StatusChange | null> {
  const row = await db
    .selectFrom('status_change')
    .selectAll()
    .where('connection_id', '=', id)
    .where('status', '<>', status)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ? toStatus(row) : null
}

/** What a runner or the team said last, whatever has been found since; null where they said nothing. */
async function lastSaid({ db }: Context, id: string): Promise<string | null> {
  const row = await db
    .selectFrom('status_change')
    .select('status_error_detail')
    .where('connection_id', '=', id)
    .where('event', '<>', 'diagnosed')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.status_error_detail ?? null
}

/** Moves of a status that are nobody else's business; the others happen with what causes them. */
export const statusWrites: Operations<'applyDiagnosis' | 'investigate' | 'settleCompany'> = {
  async applyDiagnosis(context, connectionId, seenVersion, found, now) {
    const row = await findRow(context, connectionId)
    if (!row || row.version !== seenVersion) return 'stale'
    const said = await lastSaid(context, connectionId)
    const moved = await moveRow(context, row, { kind: 'diagnosed', ...found, said }, now)
    return moved === row ? 'unchanged' : 'applied'
  },

  async investigate(context, connectionId, change, { actor, now }) {
    const row = await findRow(context, connectionId)
    if (!row) return null
    const moved = await moveRow(context, row, await investigationEvent(context, row, change), now)
    const action = change.open ? 'investigation.started' : 'investigation.ended'
    await audit(context, { at: now, actor, action, subject: `connection:${connectionId}` })
    return toConnection(moved, context.sealer)
  },

  async settleCompany(context, companyId, now, limit) {
    const company = await context.db
      .selectFrom('company')
      .select('is_active')
      .where('id', '=', companyId)
      .executeTakeFirst()
    if (!company) return 0
    const isActive = company.is_active === 1
    const rows = await ours(context, () => unsettled(context, companyId, isActive, limit))
    for (const row of rows) {
      const event: StatusEvent = isActive
        ? { kind: 'company_reactivated', former: await before(context, row.id, 'COMPANY_INACTIVE') }
        : { kind: 'company_deactivated' }
      await moveRow(context, row, event, now)
    }
    return rows.length
  },
}

async function investigationEvent(
  context: Context,
  row: Row<'connection'>,
  change: Investigation,
): Promise<StatusEvent> {
  const { note } = change
  if (change.open) return { kind: 'investigation_started', note }
  const former = change.status ? null : await before(context, row.id, 'UNDER_INVESTIGATION')
  return { kind: 'investigation_ended', status: change.status ?? former?.status ?? 'OTHER_ERROR', note }
}

/** Those that nobody else is changing, as they are once they are ours; the others are found by the next call. */
async function ours(
  { shared }: Context,
  find: () => Promise<Row<'connection'>[]>,
): Promise<Row<'connection'>[]> {
  const found = await find()
  if (!shared || found.length === 0) return found
  const taken = new Set<string>()
  for (const { id } of found) if (await shared.tryConnection(id)) taken.add(id)
  if (taken.size === 0) await shared.takeConnection(found[0]!.id)
  return (await find()).filter(({ id }) => taken.has(id))
}

/** What connections of active companies can be in. */
export const ACTIVE_STATUSES = CONNECTION_STATUSES.filter((status) => status !== 'COMPANY_INACTIVE')

/** Connections whose status does not fit their company. Named one by one, so that the index finds them. */
const unsettled = ({ db }: Context, companyId: string, isActive: boolean, limit: number) =>
  db
    .selectFrom('connection')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('status', 'in', isActive ? ['COMPANY_INACTIVE'] : ACTIVE_STATUSES)
    .where('deleted_at', 'is', null)
    .limit(limit)
    .execute()
