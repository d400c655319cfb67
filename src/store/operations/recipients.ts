import { newId } from '../../domain/id.ts'
import type { Context, Operations } from '../context.ts'
import { toRecipient } from '../rows.ts'
import type { Row } from '../schema.ts'
import type { MfaSetup } from '../store.ts'

/** Those who get copies: what writes. */
export const recipientWrites: Operations<'confirmRecipient' | 'stopRecipient' | 'stopPhone'> = {
  async confirmRecipient({ db }, id, now) {
    await db
      .updateTable('recipient')
      .set({ state: 'confirmed', confirmed_at: now })
      .where('id', '=', id)
      .where('state', '=', 'pending')
      .execute()
    const row = await db.selectFrom('recipient').selectAll().where('id', '=', id).executeTakeFirst()
    return row ? toRecipient(row) : null
  },
  async stopRecipient(context, id, reason, now) {
    await stopThose(context, [id], reason, now)
    const row = await context.db.selectFrom('recipient').selectAll().where('id', '=', id).executeTakeFirst()
    return row ? toRecipient(row) : null
  },
  async stopPhone(context, phone, now) {
    const rows = await context.db
      .selectFrom('recipient')
      .select('id')
      .where('address', '=', phone)
      .where('channel', '=', 'sms')
      .where('state', '<>', 'stopped')
      .execute()
    await stopThose(
      context,
      rows.map(({ id }) => id),
      'sms_stop',
      now,
    )
    return rows.length
  },
}

/** Those who get copies: what reads. */
export const recipientReads: Operations<'getRecipient'> = {
  async getRecipient({ db }, id) {
    const row = await db.selectFrom('recipient').selectAll().where('id', '=', id).executeTakeFirst()
    return row ? toRecipient(row) : null
  },
}

/** Stops recipients that are not stopped yet, and what was about to be sent to them. */
export async function stopThose(
  { db }: Context,
  ids: readonly string[],
  reason: string,
  now: number,
): Promise<void> {
  if (ids.length === 0) return
  await db
    .updateTable('recipient')
    .set({ state: 'stopped', stop_reason: reason, stopped_at: now })
    .where('id', 'in', ids)
    .where('state', '<>', 'stopped')
    .execute()
  await db
    .updateTable('delivery')
    .set({ state: 'expired', last_error: `the recipient was stopped: ${reason}`, finished_at: now })
    .where('recipient_id', 'in', ids)
    .where('finished_at', 'is', null)
    .execute()
}

/**
 * Makes a connection's recipients those given. New ones, and ones that we had removed, start as `state`; pending
 * ones are asked by a delivery written here. Who stopped by their own wish or bounces stays stopped, however
 * often the company repeats its list.
 */
export async function setRecipients(
  context: Context,
  connectionId: string,
  wanted: MfaSetup['recipients'],
  now: number,
): Promise<void> {
  const { db } = context
  const present = await db
    .selectFrom('recipient')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .execute()
  const keyOf = ({ channel, address }: { channel: string; address: string }) => `${channel} ${address}`
  const wantedKeys = new Set(wanted.map(keyOf))
  const leaving = present.filter((row) => !wantedKeys.has(keyOf(row)))
  await stopThose(
    context,
    leaving.map(({ id }) => id),
    'removed',
    now,
  )
  for (const recipient of new Map(wanted.map((one) => [keyOf(one), one])).values()) {
    const row = present.find((one) => keyOf(one) === keyOf(recipient))
    if (row && (row.state !== 'stopped' || row.stop_reason !== 'removed')) continue
    await startRecipient(context, connectionId, row, recipient, now)
  }
}

async function startRecipient(
  context: Context,
  connectionId: string,
  former: Row<'recipient'> | undefined,
  { channel, address, state }: MfaSetup['recipients'][number],
  now: number,
): Promise<void> {
  const id = former?.id ?? newId()
  const fresh = {
    state,
    stop_reason: null,
    stopped_at: null,
    confirmed_at: state === 'confirmed' ? now : null,
  }
  await context.db
    .insertInto('recipient')
    .values({ id, connection_id: connectionId, channel, address, created_at: now, ...fresh })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(fresh))
    .execute()
  if (state === 'pending') await ask(context, connectionId, { id, channel, address }, now)
}

/** Writes the question to a recipient, due at once. */
export async function ask(
  { db }: Context,
  connectionId: string,
  recipient: { id: string; channel: 'email' | 'sms'; address: string },
  now: number,
): Promise<void> {
  await db
    .insertInto('delivery')
    .values({
      id: newId(),
      kind: 'confirm_recipient',
      courier: recipient.channel,
      recipient_id: recipient.id,
      address: recipient.address,
      connection_id: connectionId,
      message_id: null,
      state: 'due',
      due_at: now,
      tries: 0,
      created_at: now,
    })
    .execute()
}
