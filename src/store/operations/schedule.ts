import type { ExpressionBuilder } from 'kysely'
import { type Schedule, type Scheduled, type ScheduleEvent, scheduleAfter } from '../../domain/schedule.ts'
import type { Context } from '../context.ts'
import type { Row, Schema } from '../schema.ts'

/**
 * Writes down when the next login is due after an event, in the transaction of that event.
 *
 * @param row as it was before the event; credentials and set-up as they are after it
 */
export async function reschedule(
  context: Pick<Context, 'db'>,
  row: Row<'connection'>,
  event: ScheduleEvent,
  now: number,
): Promise<void> {
  const before = toScheduled(row)
  const after = scheduleAfter(before, event, now)
  if (isSame(before, after)) return
  await context.db
    .updateTable('connection')
    .set({
      next_login_at: after.nextLoginAt,
      login_failures: after.failures,
      login_changed_at: after.changedAt,
    })
    .where('id', '=', row.id)
    .execute()
  if (after.nextLoginAt !== null && after.nextLoginAt !== before.nextLoginAt) {
    await joinQueue(context, row, after.nextLoginAt)
  }
}

/** As {@link reschedule}, for callers that do not have the row. */
export async function rescheduleById(
  context: Pick<Context, 'db'>,
  connectionId: string,
  event: ScheduleEvent,
  now: number,
): Promise<void> {
  const row = await context.db
    .selectFrom('connection')
    .selectAll()
    .where('id', '=', connectionId)
    .executeTakeFirst()
  if (row) await reschedule(context, row, event, now)
}

/** The row of its company and utility must not be due later than this login. */
async function joinQueue(
  { db }: Pick<Context, 'db'>,
  { company_id, utility }: Row<'connection'>,
  dueAt: number,
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('lease_turn')
    .set(noLaterThan(dueAt))
    .where('company_id', '=', company_id)
    .where('utility', '=', utility)
    .executeTakeFirst()
  if (numUpdatedRows > 0n) return
  // A second utility gives a company no second turn.
  const own = await db
    .selectFrom('lease_turn')
    .select((eb) => eb.fn.max('served').as('served'))
    .where('company_id', '=', company_id)
    .executeTakeFirst()
  await db
    .insertInto('lease_turn')
    .values({ company_id, utility, due_at: dueAt, is_waiting: 0, served: own?.served ?? 0 })
    .onConflict((conflict) => conflict.columns(['company_id', 'utility']).doUpdateSet(noLaterThan(dueAt)))
    .execute()
}

const noLaterThan = (dueAt: number) => (eb: ExpressionBuilder<Schema, 'lease_turn'>) => ({
  due_at: eb.case().when('lease_turn.due_at', '<', dueAt).then(eb.ref('lease_turn.due_at')).else(dueAt).end(),
})

const toScheduled = (row: Row<'connection'>): Scheduled => ({
  id: row.id,
  createdAt: row.created_at,
  status: row.status,
  statusCause: row.status_cause,
  mfaMethod: row.mfa_method,
  hasCredentials: row.deleted_at === null && (row.username !== null || row.password !== null),
  nextLoginAt: row.next_login_at,
  failures: row.login_failures,
  changedAt: row.login_changed_at,
})

const isSame = (a: Schedule, b: Schedule): boolean =>
  a.nextLoginAt === b.nextLoginAt && a.failures === b.failures && a.changedAt === b.changedAt
