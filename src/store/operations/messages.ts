import { type Kysely, sql } from 'kysely'
import type { Context, Operations } from '../context.ts'
import { toMessage } from '../rows.ts'
import type { Schema } from '../schema.ts'
import { countSome, offsetOf, pageOf } from './paging.ts'

/** Messages with whether their body is still there: its first part is the first that retention takes. */
export const withBodyFlag = (db: Kysely<Schema>) =>
  db
    .selectFrom('message')
    .selectAll('message')
    .select(
      sql<number>`case when exists (
        select 1 from message_body where message_id = message.id and part = 0) then 1 else 0 end`.as(
        'has_body',
      ),
    )

/** Mail to a company's bill address is nobody's connection either, but no mail to the operator. */
const notBills = (connectionId: string | null) =>
  connectionId === null
    ? sql<boolean>`not exists (select 1 from bill_mail where bill_mail.message_id = message.id)`
    : sql<boolean>`1 = 1`

/** What arrived: what reads. */
export const messageReads: Operations<'hasMessage' | 'listMessages' | 'getMessage'> = {
  async hasMessage({ db }, mailbox, dedupeKey) {
    const row = await db
      .selectFrom('message')
      .select('id')
      .where('mailbox', '=', mailbox)
      .where('dedupe_key', '=', dedupeKey)
      .executeTakeFirst()
    return row !== undefined
  },
  async listMessages({ db, sealer }, { connectionId }, page) {
    const chosen = db
      .selectFrom('message')
      .where('connection_id', connectionId === null ? 'is' : '=', connectionId)
      .where(notBills(connectionId))
    const counted = await countSome(db, chosen)
    const rows = await withBodyFlag(db)
      .where('connection_id', connectionId === null ? 'is' : '=', connectionId)
      .where(notBills(connectionId))
      .orderBy('received_at', 'desc')
      .orderBy('id', 'desc')
      .limit(page.limit)
      .offset(offsetOf(page))
      .execute()
    return pageOf(
      counted,
      rows.map((row) => toMessage(row, sealer)),
      page,
    )
  },
  async getMessage({ db, sealer }, id) {
    const row = await withBodyFlag(db).where('id', '=', id).executeTakeFirst()
    return row ? toMessage(row, sealer) : null
  },
}

/** The message as it came, or null once retention has taken any of it. */
export async function openBody({ db, sealer }: Context, messageId: string): Promise<Uint8Array | null> {
  const parts = await db
    .selectFrom('message_body')
    .select(['part', 'sealed'])
    .where('message_id', '=', messageId)
    .orderBy('part')
    .execute()
  if (parts[0]?.part !== 0) return null
  const opened = parts.map(({ part, sealed }) =>
    sealer.open(`message_body.sealed.${messageId}/${part}`, sealed),
  )
  return opened.length === 1 ? opened[0]! : Buffer.concat(opened)
}
