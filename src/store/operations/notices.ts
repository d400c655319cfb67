import { ATTENTION_STATUSES } from '../../domain/connection.ts'
import { newId } from '../../domain/id.ts'
import type { NoticeKind } from '../../domain/notice.ts'
import type { StatusEvent } from '../../domain/status.ts'
import type { Context } from '../context.ts'
import type { Row } from '../schema.ts'

/* Writes down that there is something to tell people, in the transaction of what it is about. */

type Db = Pick<Context, 'db'>
type About = { readonly connectionId: string } | { readonly webhookId: string }

/** Whom and when is decided later; see notice-plan.ts. */
export async function writeNotice(
  { db }: Db,
  kind: NoticeKind,
  companyId: string,
  about: About,
  now: number,
): Promise<void> {
  await db
    .insertInto('notice')
    .values({
      id: newId(),
      company_id: companyId,
      connection_id: 'connectionId' in about ? about.connectionId : null,
      webhook_id: 'webhookId' in about ? about.webhookId : null,
      kind,
      happened_at: now,
    })
    .execute()
}

/** A connection came to where somebody has to act, and was not there before. */
export async function noticeBreak(
  context: Db,
  before: Row<'connection'>,
  after: Row<'connection'>,
  event: StatusEvent,
  now: number,
): Promise<void> {
  if (after.status === before.status || !ATTENTION_STATUSES.includes(after.status)) return
  // What was broken before the company was deactivated has been told then.
  if (event.kind === 'company_reactivated') return
  await writeNotice(context, 'connection_broken', after.company_id, { connectionId: after.id }, now)
}

/** So many copies to one recipient that fail in a row are no accident. */
const FAILING = 3

/** A copy failed for good: tells of it when that goes on, or when no more will be sent. */
export async function noticeFailedCopy(
  { db }: Db,
  row: Pick<Row<'delivery'>, 'kind' | 'connection_id' | 'recipient_id'>,
  isStopped: boolean,
  now: number,
): Promise<void> {
  if (row.kind !== 'code_copy' && row.kind !== 'notice_copy') return
  if (!isStopped && !(await keepFailing({ db }, row))) return
  const { connection_id: connectionId } = row
  const connection = await db
    .selectFrom('connection')
    .select('company_id')
    .where('id', '=', connectionId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (connection) await writeNotice({ db }, 'copies_failing', connection.company_id, { connectionId }, now)
}

async function keepFailing(
  { db }: Db,
  { connection_id, recipient_id }: Pick<Row<'delivery'>, 'connection_id' | 'recipient_id'>,
): Promise<boolean> {
  const rows = await db
    .selectFrom('delivery')
    .select('state')
    .where('connection_id', '=', connection_id)
    .where('recipient_id', '=', recipient_id)
    .where('kind', 'in', ['code_copy', 'notice_copy'])
    .where('finished_at', 'is not', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(FAILING)
    .execute()
  return rows.length === FAILING && rows.every(({ state }) => state === 'failed')
}
