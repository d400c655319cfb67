import type { NewCode } from '../../domain/inbound-record.ts'
import type { Context, Operations } from '../context.ts'
import type { Row } from '../schema.ts'

/** Senders try for five days at most; a message that comes back later than a day is a new one to us. */
const REMEMBERED_MS = 24 * 3_600_000

/** Messages whose sender DNS could not tell: what writes. */
export const secondLookWrites: Operations<'noteDeferral' | 'settleSecondLook'> = {
  async noteDeferral({ db }, key, now) {
    await db
      .deleteFrom('deferral')
      .where('first_at', '<', now - REMEMBERED_MS)
      .execute()
    await db
      .insertInto('deferral')
      .values({ key, first_at: now })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute()
    const row = await db
      .selectFrom('deferral')
      .select('first_at')
      .where('key', '=', key)
      .executeTakeFirstOrThrow()
    return row.first_at
  },
  async settleSecondLook(context, id, { verdict, code, deliveries, nextLookAt }) {
    const { db } = context
    const row = await db
      .updateTable('message')
      .set({ second_look_at: nextLookAt })
      .where('id', '=', id)
      .where('second_look_at', 'is not', null)
      .where('released_at', 'is', null)
      .returningAll()
      .executeTakeFirst()
    if (!row?.connection_id) return false
    if (!verdict) return true
    await db
      .updateTable('message')
      .set({
        verdict: verdict.level,
        verdict_reasons: JSON.stringify(verdict.reasons),
        sender_domain: verdict.senderDomain,
        forwarded_by: verdict.forwardedBy,
      })
      .where('id', '=', id)
      .execute()
    if (code) await writeCode(context, { ...row, connection_id: row.connection_id }, code)
    for (const { id: deliveryId, recipientId, expiresAt, ...delivery } of deliveries) {
      await db
        .insertInto('delivery')
        .values({
          ...delivery,
          id: deliveryId,
          recipient_id: recipientId,
          connection_id: row.connection_id,
          message_id: id,
          state: 'due',
          due_at: row.received_at,
          tries: 0,
          expires_at: expiresAt,
          created_at: row.received_at,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    }
    return true
  },
}

/** Messages whose sender DNS could not tell: what reads. */
export const secondLookReads: Operations<'listSecondLooks'> = {
  async listSecondLooks({ db }, now, limit) {
    const rows = await db
      .selectFrom('message')
      .select('id')
      .where('second_look_at', '<=', now)
      .where('second_look_at', 'is not', null)
      .orderBy('second_look_at')
      .limit(limit)
      .execute()
    return rows.map(({ id }) => id)
  },
}

async function writeCode(
  { db, sealer }: Context,
  message: Row<'message'> & { connection_id: string },
  { id, code, expiresAt, ...rest }: NewCode,
): Promise<void> {
  await db
    .insertInto('code')
    .values({
      ...rest,
      id,
      message_id: message.id,
      connection_id: message.connection_id,
      code: sealer.seal(`code.code.${id}`, code),
      channel: message.channel,
      sent_at: message.sent_at,
      received_at: message.received_at,
      expires_at: expiresAt,
      sender: message.sender,
      state: 'available',
    })
    .execute()
}
