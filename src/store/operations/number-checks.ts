import { Failure } from '../../domain/failure.ts'
import type { NumberCheck } from '../../domain/number-check.ts'
import type { Context, Operations } from '../context.ts'
import type { Row } from '../schema.ts'
import { audit } from './audit.ts'

/** Delivery checks of our numbers: what writes. */
export const numberCheckWrites: Operations<'openNumberCheck' | 'failNumberCheck' | 'noteNumberCheck'> = {
  async openNumberCheck(context, check, { actor, pauseMs }) {
    const { db } = context
    const { id, connectionId, address, token, askedAt } = check
    await requireInUse(context, connectionId, address)
    const former = await newest(context, connectionId, address)
    if (former && askedAt - former.asked_at < pauseMs) {
      throw new Failure('conflict', 'This number was checked a moment ago; each check costs a text message')
    }
    await db
      .insertInto('number_check')
      .values({ id, connection_id: connectionId, address, token, asked_at: askedAt })
      .execute()
    const subject = `connection:${connectionId}`
    await audit(context, { at: askedAt, actor, action: 'number.checked', subject, detail: address })
  },
  async failNumberCheck({ db }, id, error) {
    await db.updateTable('number_check').set({ error }).where('id', '=', id).execute()
  },
  async noteNumberCheck({ db }, address, token, now) {
    await db
      .updateTable('number_check')
      .set({ arrived_at: now })
      .where('token', '=', token)
      .where('address', '=', address)
      .where('arrived_at', 'is', null)
      .execute()
    const known = await db
      .selectFrom('number_check')
      .select('id')
      .where('token', '=', token)
      .where('address', '=', address)
      .executeTakeFirst()
    return known !== undefined
  },
}

async function requireInUse({ db }: Context, connectionId: string, address: string): Promise<void> {
  const row = await db
    .selectFrom('mailbox')
    .select('seq')
    .where('address', '=', address)
    .where('connection_id', '=', connectionId)
    .where('channel', '=', 'sms')
    .where('retired_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw new Failure('not_found', 'This connection has no such number')
}

/** Delivery checks of our numbers: what reads. */
export const numberCheckReads: Operations<'getNumberCheck'> = {
  async getNumberCheck(context, connectionId, address) {
    const row = await newest(context, connectionId, address)
    return row ? toCheck(row) : null
  },
}

const newest = ({ db }: Context, connectionId: string, address: string) =>
  db
    .selectFrom('number_check')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('address', '=', address)
    .orderBy('asked_at', 'desc')
    .limit(1)
    .executeTakeFirst()

const toCheck = (row: Row<'number_check'>): NumberCheck => ({
  id: row.id,
  connectionId: row.connection_id,
  address: row.address,
  token: row.token,
  askedAt: row.asked_at,
  arrivedAt: row.arrived_at,
  error: row.error,
})
