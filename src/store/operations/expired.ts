import type { Context } from '../context.ts'
import type { PurgeCounts, PurgeRequest } from '../store.ts'
import { removeEvents } from './event-removal.ts'
import { noticesPast, removeNotices } from './notice-removal.ts'

/** What is past its retention: found by reading, removed by {@link removeExpired} in steps of its caller's size. */
export type Expired = {
  readonly codes: readonly { id: string; messageId: string }[]
  /** Messages whose extraction still names candidates for codes. */
  readonly extractions: readonly string[]
  readonly bodies: readonly { messageId: string; part: number; bytes: number }[]
  readonly documents: readonly { contentId: string; part: number; bytes: number }[]
  readonly events: readonly string[]
  readonly notices: readonly string[]
  readonly idempotency: readonly { scope: string; key: string }[]
}

/** Nothing to remove. */
export const NOTHING_EXPIRED: Expired = {
  codes: [],
  extractions: [],
  bodies: [],
  documents: [],
  events: [],
  notices: [],
  idempotency: [],
}

/** At most `limit` of each kind, oldest first. */
export async function selectExpired({ db }: Context, request: PurgeRequest): Promise<Expired> {
  const { codesBefore, bodiesBefore, documentsBefore, eventsBefore, idempotencyBefore, limit } = request
  const codes = db.selectFrom('code').select(['id', 'message_id as messageId'])
  const extractions = db
    .selectFrom('message')
    .select('id')
    .where('extraction', 'is not', null)
    // What a mail provider asks to confirm may take a customer days; it leaves with the body.
    .where('extraction_kind', '<>', 'forwarding_confirmation')
  const bodies = db
    .selectFrom('message_body')
    .select((eb) => ['message_id as messageId', 'part', eb.fn<number>('length', ['sealed']).as('bytes')])
  const documents = db
    .selectFrom('document_part')
    .select((eb) => ['content_id as contentId', 'part', eb.fn<number>('length', ['sealed']).as('bytes')])
  return {
    codes: await codes.where('received_at', '<', codesBefore).orderBy('received_at').limit(limit).execute(),
    extractions: (
      await extractions.where('received_at', '<', codesBefore).orderBy('received_at').limit(limit).execute()
    ).map(({ id }) => id),
    bodies: await bodies
      .where('received_at', '<', bodiesBefore)
      .orderBy('received_at')
      .orderBy('part')
      .limit(limit)
      .execute(),
    documents: await documents
      .where('created_at', '<', documentsBefore)
      .orderBy('created_at')
      .orderBy('part')
      .limit(limit)
      .execute(),
    events: await eventsPast({ db }, eventsBefore, limit),
    notices: await noticesPast({ db }, eventsBefore, limit),
    idempotency: await db
      .selectFrom('idempotency')
      .select(['scope', 'key'])
      .where('created_at', '<', idempotencyBefore)
      .orderBy('created_at')
      .limit(limit)
      .execute(),
  }
}

async function eventsPast({ db }: Pick<Context, 'db'>, before: number, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('event')
    .select('id')
    .where('created_at', '<', before)
    .orderBy('created_at')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** Removes what {@link selectExpired} found; what is gone already is not counted. */
export async function removeExpired(context: Context, expired: Expired, now: number): Promise<PurgeCounts> {
  return {
    codes: (await removeCodes(context, expired, now)) + (await stripExtractions(context, expired)),
    bodies: await removeBodies(context, expired, now),
    documents: await removeDocuments(context, expired),
    events: await removeEvents(context, expired.events, now),
    notices: await removeNotices(context, expired.notices),
    idempotency: await removeIdempotency(context, expired),
  }
}

async function removeCodes(context: Context, { codes }: Expired, now: number): Promise<number> {
  if (codes.length === 0) return 0
  const messageIds = codes.map(({ messageId }) => messageId)
  await expireDeliveries(context, messageIds, now)
  const { numDeletedRows } = await context.db
    .deleteFrom('code')
    .where(
      'id',
      'in',
      codes.map(({ id }) => id),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

async function stripExtractions({ db }: Context, { extractions }: Expired): Promise<number> {
  if (extractions.length === 0) return 0
  const { numUpdatedRows } = await db
    .updateTable('message')
    .set({ extraction: null })
    .where('id', 'in', extractions)
    .where('extraction', 'is not', null)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

async function removeBodies(context: Context, { bodies }: Expired, now: number): Promise<number> {
  const { db } = context
  let removed = 0
  for (const { messageId, part } of bodies) {
    const { numDeletedRows } = await db
      .deleteFrom('message_body')
      .where('message_id', '=', messageId)
      .where('part', '=', part)
      .executeTakeFirst()
    removed += Number(numDeletedRows)
  }
  const gone = bodies.filter(({ part }) => part === 0).map(({ messageId }) => messageId)
  if (gone.length > 0) {
    // A subject is as telling as the body.
    await db.updateTable('message').set({ subject: null, extraction: null }).where('id', 'in', gone).execute()
    await expireDeliveries(context, gone, now)
  }
  return removed
}

async function removeDocuments({ db }: Context, { documents }: Expired): Promise<number> {
  let removed = 0
  for (const { contentId, part } of documents) {
    const { numDeletedRows } = await db
      .deleteFrom('document_part')
      .where('content_id', '=', contentId)
      .where('part', '=', part)
      .executeTakeFirst()
    removed += Number(numDeletedRows)
  }
  return removed
}

async function removeIdempotency({ db }: Context, { idempotency }: Expired): Promise<number> {
  let removed = 0
  for (const { scope, key } of idempotency) {
    const { numDeletedRows } = await db
      .deleteFrom('idempotency')
      .where('scope', '=', scope)
      .where('key', '=', key)
      .executeTakeFirst()
    removed += Number(numDeletedRows)
  }
  return removed
}

/** A copy of what is gone cannot be sent any more. */
async function expireDeliveries({ db }: Context, messageIds: readonly string[], now: number): Promise<void> {
  await db
    .updateTable('delivery')
    .set({ state: 'expired', last_error: 'retention removed what it copies', finished_at: now })
    .where('message_id', 'in', messageIds)
    .where('finished_at', 'is', null)
    .execute()
}
