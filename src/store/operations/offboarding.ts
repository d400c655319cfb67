import type { Context, Operations } from '../context.ts'
import { removeDocumentsOf } from './document-content.ts'
import { removeEventsOf } from './event-removal.ts'
import { removeNoticesOf } from './notice-removal.ts'
import { oweIfBought } from './number-releases.ts'

/** Takes a customer's login out of the system: what is secret goes, its addresses stay retired for good. */
export const offboarding: Operations<'deleteConnection'> = {
  async deleteConnection(context, id, now) {
    const { db } = context
    const { numUpdatedRows } = await db
      .updateTable('connection')
      .set({ username: null, password: null, totp_secret: null, deleted_at: now, updated_at: now })
      .set((eb) => ({ version: eb('version', '+', 1) }))
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return false
    await removeContents(context, id)
    await removeDocumentsOf(context, id)
    await removeEventsOf(context, id)
    await removeNoticesOf(context, id)
    await stopEverything(context, id, now)
    return true
  },
}

/** The customer's words and secrets; that messages came, and when, stays for the record. */
async function removeContents({ db }: Context, connectionId: string): Promise<void> {
  for (const table of ['code_source', 'sender_pin', 'security_answer'] as const) {
    await db.deleteFrom(table).where('connection_id', '=', connectionId).execute()
  }
  const messages = db.selectFrom('message').select('id').where('connection_id', '=', connectionId)
  await db.deleteFrom('code').where('message_id', 'in', messages).execute()
  await db.deleteFrom('message_body').where('message_id', 'in', messages).execute()
  await db
    .updateTable('message')
    .set({ subject: null, extraction: null })
    .where('connection_id', '=', connectionId)
    .execute()
}

async function stopEverything(context: Context, connectionId: string, now: number): Promise<void> {
  const { db } = context
  const retired = await db
    .updateTable('mailbox')
    .set({ retired_at: now })
    .where('connection_id', '=', connectionId)
    .where('retired_at', 'is', null)
    .returning(['address', 'provider_sid'])
    .execute()
  for (const mailbox of retired) await oweIfBought(context, mailbox, now)
  await db
    .updateTable('recipient')
    .set({ state: 'stopped', stop_reason: 'removed', stopped_at: now })
    .where('connection_id', '=', connectionId)
    .where('state', '<>', 'stopped')
    .execute()
  await db
    .updateTable('delivery')
    .set({ state: 'expired', last_error: 'the connection was removed', finished_at: now })
    .where('connection_id', '=', connectionId)
    .where('finished_at', 'is', null)
    .execute()
  await db
    .updateTable('attempt')
    .set({ closed_at: now })
    .where('connection_id', '=', connectionId)
    .where('closed_at', 'is', null)
    .execute()
}
