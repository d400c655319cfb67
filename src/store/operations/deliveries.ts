import { COURIERS, type Courier, type SendResult } from '../../domain/delivery.ts'
import type { Context, Operations } from '../context.ts'
import { toCode, toDelivery } from '../rows.ts'
import type { Row } from '../schema.ts'
import { taking } from '../shared.ts'
import type { Store } from '../store.ts'
import { stopIfEnough } from './bounces.ts'
import { messageReads, openBody } from './messages.ts'
import { noticeFailedCopy } from './notices.ts'
import { newestOf } from './paging.ts'
import { earliest, giveBack } from './queues.ts'
import { stopThose } from './recipients.ts'

type ClaimRequest = Parameters<Store['claimDeliveries']>[0]

/** Copies that are due: what writes. */
export const deliveryWrites: Operations<'claimDeliveries' | 'finishDelivery' | 'releaseDeliveries'> = {
  async claimDeliveries(context, request) {
    await expireDead(context, request)
    const found: { id: string; due_at: number }[] = []
    for (const courier of freeOf(request.busy)) found.push(...(await findDue(context, courier, request)))
    if (found.length === 0) return []
    const oldest = found.sort((a, b) => a.due_at - b.due_at).slice(0, request.limit)
    const ids = oldest.map(({ id }) => id)
    const rows = await context.db
      .updateTable('delivery')
      .set({ state: 'leased', holder: request.holder, leased_until: request.leaseUntil })
      .where('id', 'in', ids)
      .returningAll()
      .execute()
    return rows.sort((a, b) => a.due_at - b.due_at).map(toDelivery)
  },

  async finishDelivery(context, id, result, { now, nextDueAt }) {
    const row = await context.db
      .updateTable('delivery')
      .set((eb) => ({ tries: eb('tries', '+', 1), holder: null, leased_until: null }))
      .set(afterTry(result, now, nextDueAt))
      .where('id', '=', id)
      .where('finished_at', 'is', null)
      .returningAll()
      .executeTakeFirst()
    if (row?.state !== 'failed') return
    const isStopped =
      result.kind === 'permanent' && result.bounce
        ? await stopIfEnough(context, row, result.bounce, now)
        : false
    if (result.kind === 'permanent' && result.stopRecipient) {
      const reason = row.courier === 'sms' ? 'sms_stop' : 'hard_bounces'
      await stopThose(context, [row.recipient_id], reason, now)
    }
    await noticeFailedCopy(context, row, isStopped, now)
  },

  releaseDeliveries: ({ db }, holder) => giveBack(db, 'delivery', holder),
}

function afterTry(result: SendResult, now: number, nextDueAt: number | null): Partial<Row<'delivery'>> {
  if (result.kind === 'sent') {
    return { state: 'sent', finished_at: now, last_error: null, remote_id: result.remoteId ?? null }
  }
  if (result.kind === 'temporary' && nextDueAt !== null) {
    return { state: 'due', due_at: nextDueAt, last_error: result.error }
  }
  const bounce = result.kind === 'permanent' ? result.bounce : undefined
  return {
    state: 'failed',
    finished_at: now,
    last_error: result.error,
    ...(bounce ? { bounced_at: now, bounce_kind: bounce.kind, bounce_status: bounce.status } : {}),
  }
}

/** Every claim passes over the dead that are left, so they go in large steps; none so large that the writer is held. */
const DEAD_AT_ONCE = 250

/**
 * Dead copies leave first, so that a backlog of them never hides one that is still of use. Those that a holder took
 * with it when it died are among them: nobody else would ever end them.
 */
async function expireDead(context: Context, { now }: ClaimRequest): Promise<void> {
  const { db } = context
  const dead = db.selectFrom('delivery').select('id').where('expires_at', '<=', now).limit(DEAD_AT_ONCE)
  const waiting = dead.where('state', '=', 'due').orderBy('expires_at')
  const abandoned = dead.where('state', '=', 'leased').where('leased_until', '<=', now)
  for (const found of [waiting, abandoned]) {
    const ids = (await taking(context, found).execute()).map(({ id }) => id)
    if (ids.length === 0) continue
    await db
      .updateTable('delivery')
      .set({ state: 'expired', finished_at: now, holder: null, leased_until: null })
      .where('id', 'in', ids)
      .execute()
  }
}

const freeOf = (busy: readonly Courier[]): Courier[] => COURIERS.filter((one) => !busy.includes(one))

/** Those whose lease ran out count as due: their holder died. */
async function findDue(context: Context, courier: Courier, { now, limitEach }: ClaimRequest) {
  const live = context.db
    .selectFrom('delivery')
    .select(['id', 'due_at'])
    .where('courier', '=', courier)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .limit(limitEach)
  const leased = live.where('state', '=', 'leased').where('leased_until', '<=', now).orderBy('leased_until')
  const waiting = live.where('state', '=', 'due').where('due_at', '<=', now).orderBy('due_at')
  const abandoned = await taking(context, leased).execute()
  const due = await taking(context, waiting).execute()
  return [...abandoned, ...due].slice(0, limitEach)
}

/** Copies that are due: what reads. */
export const deliveryReads: Operations<
  'loadDelivery' | 'nextDeliveryAt' | 'countDueDeliveries' | 'listDeliveries'
> = {
  async loadDelivery(context, id) {
    const { db, sealer } = context
    const row = await db.selectFrom('delivery').selectAll().where('id', '=', id).executeTakeFirst()
    const owner = row && (await ownerOf(context, row.connection_id))
    if (!row || !owner) return null
    const { message_id: messageId } = row
    const code =
      messageId === null
        ? undefined
        : await db.selectFrom('code').selectAll().where('message_id', '=', messageId).executeTakeFirst()
    return {
      delivery: toDelivery(row),
      ...owner,
      message: messageId === null ? null : await messageReads.getMessage(context, messageId),
      code: code ? toCode(code, sealer) : null,
      raw: messageId === null ? null : await openBody(context, messageId),
    }
  },

  async nextDeliveryAt({ db }, busy = []) {
    const firsts: (number | null)[] = []
    for (const courier of freeOf(busy)) {
      const ofCourier = db.selectFrom('delivery').where('courier', '=', courier).limit(1)
      const due = ofCourier.select('due_at as at').where('state', '=', 'due').orderBy('due_at')
      const leased = ofCourier
        .select('leased_until as at')
        .where('state', '=', 'leased')
        .orderBy('leased_until')
      for (const first of [due, leased]) firsts.push((await first.executeTakeFirst())?.at ?? null)
    }
    return earliest(...firsts)
  },

  async countDueDeliveries({ db }, now, most) {
    let total = 0
    for (const courier of COURIERS) {
      const due = db
        .selectFrom('delivery')
        .select('due_at')
        .where('courier', '=', courier)
        .where('state', '=', 'due')
        .where('due_at', '<=', now)
        .limit(most)
      const { count } = await db
        .selectFrom(due.as('due'))
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      total += Number(count)
    }
    return Math.min(total, most)
  },

  async listDeliveries({ db }, connectionId, page) {
    const ofConnection = db.selectFrom('delivery').where('connection_id', '=', connectionId)
    const { total, rows } = await newestOf(ofConnection, page)
    return { total, items: rows.map(toDelivery) }
  },
}

const ownerOf = ({ db }: Context, connectionId: string) =>
  db
    .selectFrom('connection')
    .innerJoin('company', 'company.id', 'connection.company_id')
    .select(['connection.utility', 'connection.url', 'company.name as companyName'])
    .where('connection.id', '=', connectionId)
    .where('connection.deleted_at', 'is', null)
    .executeTakeFirst()
