import type { Context } from '../context.ts'

type Db = Pick<Context, 'db'>

/** What was to be told before an instant: at most `limit` of it. */
export async function noticesPast({ db }: Db, before: number, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('notice')
    .select('id')
    .where('happened_at', '<', before)
    .orderBy('happened_at')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** Removes notices, and mails that tell of nothing else. Answers how many notices went. */
export async function removeNotices({ db }: Db, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0
  const mails = await db
    .deleteFrom('notice_item')
    .where('notice_id', 'in', ids)
    .returning('mail_id')
    .execute()
  await removeEmptyMails({ db }, [...new Set(mails.map(({ mail_id }) => mail_id))])
  const { numDeletedRows } = await db.deleteFrom('notice').where('id', 'in', ids).executeTakeFirst()
  return Number(numDeletedRows)
}

async function removeEmptyMails({ db }: Db, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await db
      .deleteFrom('notice_mail')
      .where('id', '=', id)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('notice_item').select('mail_id').where('mail_id', '=', id))),
      )
      .execute()
  }
}

/**
 * Removes what people would be told about a connection that is gone, and its owner's address where nothing else is kept
 * under it. Who wants no mails stays known for that.
 */
export async function removeNoticesOf(context: Db, connectionId: string): Promise<void> {
  const { db } = context
  const rows = await db.selectFrom('notice').select('id').where('connection_id', '=', connectionId).execute()
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return
  const contacts = await db
    .selectFrom('notice_item')
    .select('contact_id')
    .distinct()
    .where('notice_id', 'in', ids)
    .execute()
  await removeNotices(context, ids)
  for (const { contact_id } of contacts) await forget(context, contact_id)
}

async function forget({ db }: Db, contactId: string): Promise<void> {
  const mail = await db
    .selectFrom('notice_mail')
    .select('id')
    .where('contact_id', '=', contactId)
    .limit(1)
    .executeTakeFirst()
  if (mail) return
  await db.deleteFrom('notice_contact').where('id', '=', contactId).where('stopped_at', 'is', null).execute()
}
