import { Failure } from '../../domain/failure.ts'
import type { Mailbox } from '../../domain/mailbox.ts'
import type { Context, Operations } from '../context.ts'
import { toMailbox } from '../rows.ts'
import type { MfaSetup } from '../store.ts'

/** Codes for the last owner of a number may still come for a while: nobody else gets it before that. */
const NUMBER_QUARANTINE_MS = 90 * 24 * 3_600_000

/** Addresses and numbers that we own: what writes. */
export const mailboxWrites: Operations<'retireMailbox' | 'takeNumber'> = {
  async retireMailbox({ db }, connectionId, address, now) {
    const row = await db
      .updateTable('mailbox')
      .set({ retired_at: now })
      .where('address', '=', address)
      .where('connection_id', '=', connectionId)
      .where('retired_at', 'is', null)
      .returningAll()
      .executeTakeFirst()
    return row ? toMailbox(row) : null
  },
  async takeNumber(context, connectionId, numbers, now) {
    const owned = await mailboxesOf(context, connectionId)
    const inUse = owned.find(({ channel, retiredAt }) => channel === 'sms' && retiredAt === null)
    if (inUse) return inUse
    for (const address of numbers) {
      if (!(await isFreeFor(context, connectionId, address, now))) continue
      return insertMailbox(context, connectionId, { address, channel: 'sms', providerSid: null }, now)
    }
    return null
  },
}

/** Addresses and numbers that we own: what reads. */
export const mailboxReads: Operations<'listNumbers'> = {
  async listNumbers({ db }) {
    const rows = await db
      .selectFrom('mailbox')
      .selectAll()
      .where('channel', '=', 'sms')
      .where('retired_at', 'is', null)
      .orderBy('address')
      .execute()
    return rows.map(toMailbox)
  },
}

/** All mailboxes of a connection, retired ones too, oldest first. */
export async function mailboxesOf({ db }: Context, connectionId: string): Promise<Mailbox[]> {
  const rows = await db
    .selectFrom('mailbox')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .orderBy('seq')
    .execute()
  return rows.map(toMailbox)
}

/**
 * Gives a connection the mailboxes that it does not have yet.
 *
 * @throws Failure `conflict` when an address is, or was, somebody's
 */
export async function addMailboxes(
  context: Context,
  connectionId: string,
  mailboxes: MfaSetup['newMailboxes'],
  now: number,
): Promise<void> {
  const owned = await mailboxesOf(context, connectionId)
  for (const mailbox of mailboxes) {
    if (owned.some(({ address, retiredAt }) => address === mailbox.address && retiredAt === null)) continue
    if (!(await isFreeFor(context, connectionId, mailbox.address, now))) {
      throw new Failure('conflict', `${mailbox.address} is taken, or was until recently`)
    }
    await insertMailbox(context, connectionId, mailbox, now)
  }
}

async function isFreeFor({ db }: Context, connectionId: string, address: string, now: number) {
  const former = await db.selectFrom('mailbox').selectAll().where('address', '=', address).execute()
  return former.every((row) => {
    if (row.channel === 'email' || row.retired_at === null) return false
    return row.connection_id === connectionId || row.retired_at + NUMBER_QUARANTINE_MS <= now
  })
}

async function insertMailbox(
  { db }: Context,
  connectionId: string,
  { address, channel, providerSid }: MfaSetup['newMailboxes'][number],
  now: number,
): Promise<Mailbox> {
  const row = await db
    .insertInto('mailbox')
    .values({
      address,
      channel,
      connection_id: connectionId,
      provider_sid: providerSid,
      created_at: now,
      retired_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toMailbox(row)
}
