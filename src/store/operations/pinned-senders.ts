import { Failure } from '../../domain/failure.ts'
import { newId } from '../../domain/id.ts'
import { COMPANIES_TO_APPROVE, type SenderPin } from '../../domain/sender-pin.ts'
import type { Context, Operations } from '../context.ts'
import type { PinChange, PinFilter } from '../trust-store.ts'
import { audit } from './audit.ts'
import { offsetOf } from './paging.ts'

type Pin = Omit<SenderPin, 'firstSeenAt' | 'lastSeenAt' | 'companies'>

/** Senders that were learnt: what writes. What pins them is in pins.ts. */
export const pinWrites: Operations<'revokePin' | 'approvePin'> = {
  async revokePin(context, id, by) {
    const pin = await findPin(context, id)
    if (!pin) return null
    const known = await withFacts(context, pin)
    await context.db.deleteFrom('sender_pin').where('id', '=', id).execute()
    await context.db.deleteFrom('utility_pin').where('id', '=', id).execute()
    await note(context, pin, 'sender.unpinned', by)
    return known
  },
  async approvePin(context, id, by) {
    const pin = await findPin(context, id)
    if (!pin) return null
    if (pin.connectionId === null) return withFacts(context, pin)
    if (pin.utility === 'other') {
      throw new Failure('conflict', 'This connection has no utility definition that a sender could belong to')
    }
    const { companies } = await withFacts(context, pin)
    if (companies < COMPANIES_TO_APPROVE) {
      const text = `Portals took codes from ${pin.sender} for ${companies} of ${COMPANIES_TO_APPROVE} companies`
      throw new Failure('conflict', text, { companies, needed: COMPANIES_TO_APPROVE })
    }
    const { utility, channel, sender } = pin
    const row = { id: newId(), utility, channel, sender, approved_by: by.actor, created_at: by.now }
    const { numInsertedOrUpdatedRows } = await context.db
      .insertInto('utility_pin')
      .values(row)
      .onConflict((conflict) => conflict.columns(['utility', 'channel', 'sender']).doNothing())
      .executeTakeFirst()
    const approved = (await utilityPins(context, { utility })).find(
      (one) => one.channel === channel && one.sender === sender,
    )
    if (!approved) throw new Error('the pin that was written is not there')
    if (numInsertedOrUpdatedRows !== 0n) await note(context, approved, 'sender.approved', by)
    return withFacts(context, approved)
  },
}

/** Senders that were learnt: what reads. */
export const pinReads: Operations<'listPins'> = {
  async listPins(context, filter, page) {
    const ofUtilities = await utilityPins(context, await widened(context, filter))
    const offset = offsetOf(page)
    const head = ofUtilities.slice(offset, offset + page.limit)
    const { total } = await choose(context, filter)
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow()
    const rows = await connectionPins(context, filter)
      .orderBy('sender_pin.created_at', 'desc')
      .orderBy('sender_pin.id', 'desc')
      .limit(page.limit - head.length)
      .offset(Math.max(0, offset - ofUtilities.length))
      .execute()
    const items = await Promise.all([...head, ...rows].map((pin) => withFacts(context, pin)))
    return { total: total + ofUtilities.length, items }
  },
}

const choose = ({ db }: Context, { utility, connectionId }: PinFilter) => {
  let chosen = db
    .selectFrom('sender_pin')
    .innerJoin('connection', 'connection.id', 'sender_pin.connection_id')
    .where('connection.deleted_at', 'is', null)
  if (utility !== undefined) chosen = chosen.where('connection.utility', '=', utility)
  if (connectionId !== undefined) chosen = chosen.where('sender_pin.connection_id', '=', connectionId)
  return chosen
}

const connectionPins = (context: Context, filter: PinFilter) =>
  choose(context, filter)
    .select(['sender_pin.id', 'connection.utility', 'sender_pin.connection_id as connectionId'])
    .select(['sender_pin.channel', 'sender_pin.sender', 'sender_pin.pinned_by as pinnedBy'])
    .select('sender_pin.created_at as createdAt')

/** What a connection believes is what is pinned to it, and what is pinned to its utility. */
async function widened({ db }: Context, filter: PinFilter): Promise<PinFilter> {
  if (filter.connectionId === undefined || filter.utility !== undefined) return filter
  const row = await db
    .selectFrom('connection')
    .select('utility')
    .where('id', '=', filter.connectionId)
    .executeTakeFirst()
  return { utility: row?.utility ?? '' }
}

/** Few: a person approved each. */
async function utilityPins({ db }: Context, { utility }: PinFilter): Promise<Pin[]> {
  let chosen = db
    .selectFrom('utility_pin')
    .select(['id', 'utility', 'channel', 'sender', 'approved_by as pinnedBy', 'created_at as createdAt'])
  if (utility !== undefined) chosen = chosen.where('utility', '=', utility)
  const rows = await chosen.orderBy('utility').orderBy('channel').orderBy('sender').execute()
  return rows.map((row) => ({ ...row, connectionId: null }))
}

async function findPin(context: Context, id: string): Promise<Pin | null> {
  const own = await connectionPins(context, {}).where('sender_pin.id', '=', id).executeTakeFirst()
  if (own) return own
  const row = await context.db
    .selectFrom('utility_pin')
    .select(['id', 'utility', 'channel', 'sender', 'approved_by as pinnedBy', 'created_at as createdAt'])
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? { ...row, connectionId: null } : null
}

async function withFacts({ db }: Context, pin: Pin): Promise<SenderPin> {
  const pinnedTo = db
    .selectFrom('sender_pin')
    .innerJoin('connection', 'connection.id', 'sender_pin.connection_id')
    .where('sender_pin.channel', '=', pin.channel)
    .where('sender_pin.sender', '=', pin.sender)
    .where('connection.utility', '=', pin.utility)
    .where('connection.deleted_at', 'is', null)
  const { companies } = await pinnedTo
    .select((eb) => eb.fn.count<number>('connection.company_id').distinct().as('companies'))
    .executeTakeFirstOrThrow()
  const connections = pin.connectionId === null ? pinnedTo.select('connection.id') : [pin.connectionId]
  const seen = await db
    .selectFrom('message')
    .select((eb) => [eb.fn.min('received_at').as('first'), eb.fn.max('received_at').as('last')])
    .where('connection_id', 'in', connections)
    .where(pin.channel === 'email' ? 'sender_domain' : 'sender', '=', pin.sender)
    .where('extraction_kind', '=', 'code')
    .executeTakeFirst()
  return { ...pin, companies, firstSeenAt: seen?.first ?? null, lastSeenAt: seen?.last ?? null }
}

async function note(context: Context, pin: Pin, action: string, { actor, now }: PinChange): Promise<void> {
  const subject = pin.connectionId === null ? `utility:${pin.utility}` : `connection:${pin.connectionId}`
  await audit(context, { at: now, actor, action, subject, detail: `${pin.channel} ${pin.sender}` })
}
