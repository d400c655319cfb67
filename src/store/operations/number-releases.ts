import type { Context, Operations } from '../context.ts'
import type { Row } from '../schema.ts'

/** Numbers that are to be given back: what writes. */
export const numberReleaseWrites: Operations<'oweNumber' | 'noteNumberRelease'> = {
  async oweNumber(context, { providerSid, address, now }) {
    await owe(context, { provider_sid: providerSid, address }, now)
  },
  async noteNumberRelease({ db }, providerSid, failed) {
    if (failed === null) {
      await db.deleteFrom('number_release').where('provider_sid', '=', providerSid).execute()
      return
    }
    await db
      .updateTable('number_release')
      .set({ next_try_at: failed.nextTryAt, last_error: failed.error })
      .set((eb) => ({ tries: eb('tries', '+', 1) }))
      .where('provider_sid', '=', providerSid)
      .execute()
  },
}

/** Numbers that are to be given back: what reads. */
export const numberReleaseReads: Operations<'listOwedNumbers'> = {
  async listOwedNumbers({ db }, now, limit) {
    const rows = await db
      .selectFrom('number_release')
      .selectAll()
      .where('next_try_at', '<=', now)
      .orderBy('next_try_at')
      .limit(limit)
      .execute()
    return rows.map(({ provider_sid, address, tries }) => ({ providerSid: provider_sid, address, tries }))
  },
}

/** A mailbox retires: in the same step its number, if we bought it, is noted as one to be given back. */
export async function oweIfBought(
  context: Context,
  { provider_sid, address }: Pick<Row<'mailbox'>, 'provider_sid' | 'address'>,
  now: number,
): Promise<void> {
  if (provider_sid !== null) await owe(context, { provider_sid, address }, now)
}

async function owe(
  { db }: Context,
  { provider_sid, address }: { provider_sid: string; address: string },
  now: number,
): Promise<void> {
  await db
    .insertInto('number_release')
    .values({ provider_sid, address, since: now, tries: 0, next_try_at: now })
    .onConflict((conflict) => conflict.column('provider_sid').doNothing())
    .execute()
}
