import { connectionSource, inboxSource } from '../../domain/code.ts'
import { newId } from '../../domain/id.ts'
import type { StoredMessage } from '../../domain/inbound-record.ts'
import type { Context, Operations } from '../context.ts'
import type { ReleaseRequest } from '../store.ts'
import { audit } from './audit.ts'
import { messageReads } from './messages.ts'
import { pinSender } from './pins.ts'

const DEFAULT_VALID_SECONDS = 600

/** Takes messages out of quarantine: a person vouches for what the checks could not. */
export const messageWrites: Operations<'releaseMessage'> = {
  async releaseMessage(context, id, release) {
    const message = await messageReads.getMessage(context, id)
    if (!message) return null
    if (message.releasedAt === null) await free(context, message, release)
    if (release.pinSender) {
      await pinSender(context, { ...message, senderDomain: message.verdict.senderDomain }, release)
    }
    return messageReads.getMessage(context, id)
  },
}

async function free(context: Context, message: StoredMessage, release: ReleaseRequest): Promise<void> {
  const { actor, now, validForSeconds = DEFAULT_VALID_SECONDS } = release
  const { db } = context
  await db.updateTable('message').set({ released_at: now }).where('id', '=', message.id).execute()
  const { numUpdatedRows } = await db
    .updateTable('code')
    .set({ verdict: 'trusted' })
    .where('message_id', '=', message.id)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) {
    await writeReleasedCode(context, message, validForSeconds)
  }
  await audit(context, { at: now, actor, action: 'message.released', subject: `message:${message.id}` })
}

/** Quarantined messages have no code row; one is made from what the extractor had read. */
async function writeReleasedCode(
  { db, sealer }: Context,
  { id: messageId, connectionId, extraction, verdict, ...message }: StoredMessage,
  validForSeconds: number,
): Promise<void> {
  if (connectionId === null || extraction.kind !== 'code' || extraction.code === '') return
  const seconds = extraction.validForSeconds ?? validForSeconds
  const expiresAt = message.sentAt + seconds * 1000
  const { utility } = await db
    .selectFrom('connection')
    .select('utility')
    .where('id', '=', connectionId)
    .executeTakeFirstOrThrow()
  const { forwardedBy } = verdict
  const id = newId()
  await db
    .insertInto('code')
    .values({
      id,
      message_id: messageId,
      connection_id: connectionId,
      source: forwardedBy ? inboxSource(utility, forwardedBy) : connectionSource(connectionId),
      code: sealer.seal(`code.code.${id}`, extraction.code),
      channel: message.channel,
      verdict: 'trusted',
      sent_at: message.sentAt,
      received_at: message.receivedAt,
      expires_at: expiresAt,
      sender: message.sender,
      rule: extraction.rule,
      confidence: extraction.confidence,
      state: 'available',
    })
    .execute()
}
