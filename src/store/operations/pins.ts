import { newId } from '../../domain/id.ts'
import type { MessageChannel } from '../../domain/message.ts'
import type { Context } from '../context.ts'
import { audit } from './audit.ts'

/** What a pin is about: the From domain of a mail, the sender of an SMS as given. */
type PinnedMessage = {
  readonly connectionId: string | null
  readonly channel: MessageChannel
  readonly sender: string | null
  readonly senderDomain: string | null
}

/** Remembers that this connection's codes may come from this sender. Does nothing where there is no sender. */
export async function pinSender(
  context: Context,
  { connectionId, channel, sender, senderDomain }: PinnedMessage,
  { actor, now }: { actor: string; now: number },
): Promise<void> {
  const pinned = channel === 'email' ? senderDomain : sender
  // Who types a code in is no sender of the utility's.
  if (connectionId === null || !pinned || channel === 'manual') return
  if (channel === 'email' && (await isCustomers(context, connectionId, pinned))) return
  const { numInsertedOrUpdatedRows } = await context.db
    .insertInto('sender_pin')
    .values({
      id: newId(),
      connection_id: connectionId,
      channel,
      sender: pinned,
      pinned_by: actor,
      created_at: now,
    })
    .onConflict((conflict) => conflict.columns(['connection_id', 'channel', 'sender']).doNothing())
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows === 0n) return
  const subject = `connection:${connectionId}`
  await audit(context, { at: now, actor, action: 'sender.pinned', subject, detail: `${channel} ${pinned}` })
}

/** The customer's own mail provider is nobody's portal: pinned, it would let in everybody with a mailbox there. */
async function isCustomers({ db }: Context, connectionId: string, domain: string): Promise<boolean> {
  const row = await db
    .selectFrom('connection')
    .select('inbox_addresses')
    .where('id', '=', connectionId)
    .executeTakeFirst()
  const inboxes: readonly string[] = JSON.parse(row?.inbox_addresses ?? '[]')
  return inboxes.some((inbox) => inbox.endsWith(`@${domain}`))
}
