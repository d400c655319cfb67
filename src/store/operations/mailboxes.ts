import { Failure } from '../../domain/failure.ts'
import type { Mailbox } from '../../domain/mailbox.ts'
import type { Context, Operations } from '../context.ts'
import { toMailbox } from '../rows.ts'
import type { MfaSetup } from '../store.ts'
import { oweIfBought } from './number-releases.ts'

/** Codes for the last owner of a number may still come for a while: nobody else gets it before that. */
const NUMBER_QUARANTINE_MS = 90 * 24 * 3_600_000

/** Addresses and numbers that we own: what writes. */
export const mailboxWrites: Operations<'retireMailbox' | 'takeNumber'> = {
  async retireMailbox(context, connectionId, address, now) {
    const row = await context.db
      .updateTable('mailbox')
      .set({ retired_at: now })
      .where('address', '=', address)
      .where('connection_id', '=', connectionId)
      .where('retired_at', 'is', null)
      .returningAll()
      .executeTakeFirst()
    if (!row) return null
    await oweIfBought(context, row, now)
    return toMailbox(row)
  },
  async takeNumber(context, connectionId, numbers, now) {
    const owned = await mailboxesOf(context, connectionId)
    const inUse = owned.find(({ channel, retiredAt }) => channel === 'sms' && retiredAt === null)
    if (inUse) return inUse
    const [address] = await freeFor(context, connectionId, numbers, now)
    if (address === undefined) return null
    return insertMailbox(context, connectionId, { address, channel: 'sms', providerSid: null }, now)
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
  const inUse = new Set(owned.filter(({ retiredAt }) => retiredAt === null).map(({ address }) => address))
  const missing = mailboxes.filter(({ address }) => !inUse.has(address))
  const addresses = missing.map(({ address }) => address)
  const free = new Set(await freeFor(context, connectionId, addresses, now))
  const taken = addresses.find((address) => !free.has(address))
  if (taken) throw new Failure('conflict', `${taken} is taken, or was until recently`)
  for (const mailbox of missing) await insertMailbox(context, connectionId, mailbox, now)
}

/** Those of the addresses that this connection may have, in the order given. */
async function freeFor(
  { db }: Context,
  connectionId: string,
  addresses: readonly string[],
  now: number,
): Promise<string[]> {
  if (addresses.length === 0) return []
  const former = await db.selectFrom('mailbox').selectAll().where('address', 'in', addresses).execute()
  const taken = former.filter((row) => {
    if (row.channel === 'email' || row.retired_at === null) return true
    return row.connection_id !== connectionId && row.retired_at + NUMBER_QUARANTINE_MS > now
  })
  const takenAddresses = new Set(taken.map(({ address }) => address))
  return addresses.filter((address) => !takenAddresses.has(address))
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
