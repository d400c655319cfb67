import { newId } from '../../domain/id.ts'
import type { Context, Operations } from '../context.ts'
import { toRecipient } from '../rows.ts'
import type { Row } from '../schema.ts'
import type { MfaSetup } from '../store.ts'
import { audit } from './audit.ts'

type Written = 'confirmRecipient' | 'stopRecipient' | 'stopPhone' | 'startPhone'

/** Those who get copies: what writes. */
export const recipientWrites: Operations<Written> = {
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
      .select(['id', 'connection_id'])
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
    await notePhone(context, rows, { action: 'recipient.stopped', detail: 'STOP', now })
    return rows.length
  },
  async startPhone(context, phone, now) {
    const rows = await context.db
      .selectFrom('recipient')
      .innerJoin('connection', 'connection.id', 'recipient.connection_id')
      .select(['recipient.id', 'recipient.connection_id', 'recipient.stop_reason'])
      .where('recipient.address', '=', phone)
      .where('recipient.channel', '=', 'sms')
      .where('recipient.stop_reason', 'in', ['sms_stop', 'removed_after_stop'])
      .where('connection.deleted_at', 'is', null)
      .execute()
    const [listed, removed] = [
      rows.filter(({ stop_reason }) => stop_reason === 'sms_stop'),
      rows.filter(({ stop_reason }) => stop_reason !== 'sms_stop'),
    ]
    await restart(context, listed)
    await setReason(context, removed, 'removed')
    await notePhone(context, listed, { action: 'recipient.confirmed', detail: 'START', now })
    return listed.length
  },
}

/** Those who get copies: what reads. */
export const recipientReads: Operations<'getRecipient'> = {
  async getRecipient({ db }, id) {
    const row = await db.selectFrom('recipient').selectAll().where('id', '=', id).executeTakeFirst()
    return row ? toRecipient(row) : null
  },
}

type Found = { readonly id: string; readonly connection_id: string }

/** Who had not answered yet when they texted STOP has not answered now either: their link still works. */
async function restart({ db }: Context, rows: readonly Found[]): Promise<void> {
  if (rows.length === 0) return
  await db
    .updateTable('recipient')
    .set((eb) => ({
      state: eb
        .case()
        .when('confirmed_at', 'is', null)
        .then('pending' as const)
        .else('confirmed' as const)
        .end(),
      stop_reason: null,
      stopped_at: null,
    }))
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute()
}

async function setReason({ db }: Context, rows: readonly { id: string }[], reason: string): Promise<void> {
  if (rows.length === 0) return
  await db
    .updateTable('recipient')
    .set({ stop_reason: reason })
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute()
}

async function notePhone(
  context: Context,
  rows: readonly Found[],
  { action, detail, now }: { action: string; detail: string; now: number },
): Promise<void> {
  for (const { id, connection_id } of rows) {
    const about = { subject: connection_id, detail: `recipient ${id}: texted ${detail}` }
    await audit(context, { at: now, actor: 'sms', action, ...about })
  }
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
  // A START must not bring back whom the company has taken out meanwhile, nor the company whom a STOP has ended.
  const said = (reason: string) => (row: Row<'recipient'>) => row.stop_reason === reason
  await setReason(context, leaving.filter(said('sms_stop')), 'removed_after_stop')
  const returning = present.filter((row) => wantedKeys.has(keyOf(row)))
  await setReason(context, returning.filter(said('removed_after_stop')), 'sms_stop')
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
