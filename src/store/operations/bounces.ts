import { blotOut } from '../../domain/blot-out.ts'
import { type Bounce, hardRun } from '../../domain/bounce.ts'
import { isFurther, judgeSmsFailure, SMS_UNSUBSCRIBED, type SmsReport } from '../../domain/sms-report.ts'
import type { Context, Operations } from '../context.ts'
import { toDelivery } from '../rows.ts'
import type { Row } from '../schema.ts'
import { holding } from '../shared.ts'
import { audit } from './audit.ts'
import { noticeFailedCopy } from './notices.ts'
import { stopThose } from './recipients.ts'

/** So far before and after a copy its neighbours are looked at; more in a row never count. */
const NEIGHBOURS = 5

/** Copies that came back: what writes. */
export const bounceWrites: Operations<'noteBounce' | 'noteSmsReport'> = {
  async noteBounce(context, id, bounce, now) {
    const row = await context.db
      .selectFrom('delivery')
      .selectAll()
      .where('id', '=', id)
      .where('courier', '=', 'email')
      .executeTakeFirst()
    if (!row) return null
    if (isWorse(bounce, row)) await markBounced(context, row, bounce, now)
    const stopped = await stopIfEnough(context, row, bounce, now)
    if (bounce.kind !== 'delayed') await noticeFailedCopy(context, row, stopped, now)
    return { stopped }
  },
  async noteSmsReport(context, id, report, now) {
    const text = context.db
      .selectFrom('delivery')
      .selectAll()
      .where('id', '=', id)
      .where('courier', '=', 'sms')
    // Two reports may come at once, to two nodes: the later must see what the earlier wrote.
    const row = await holding(context, text).executeTakeFirst()
    if (!row) return null
    if (!isFurther(report.state, row.carrier_state)) return { stopped: false }
    await context.db
      .updateTable('delivery')
      .set({ carrier_state: report.state, ...onItsWay(row, report, now) })
      .where('id', '=', id)
      .execute()
    return { stopped: report.state === 'failed' && (await smsFailed(context, row, report, now)) }
  },
}

/** A text whose yes was lost is not sent again once Twilio tells that it is on its way. */
function onItsWay(row: Row<'delivery'>, { state, sid }: SmsReport, now: number): Partial<Row<'delivery'>> {
  if (state !== 'sent' && state !== 'delivered') return {}
  const sent = {
    state: 'sent',
    finished_at: row.finished_at ?? now,
    last_error: null,
    remote_id: sid,
  } as const
  const arrived = { delivered_at: now, bounced_at: null, bounce_kind: null, bounce_status: null }
  return {
    ...(row.state === 'due' || (state === 'delivered' && row.state === 'failed') ? sent : {}),
    ...(state === 'delivered' ? arrived : {}),
  }
}

async function smsFailed(
  context: Context,
  row: Row<'delivery'>,
  { error }: SmsReport,
  now: number,
): Promise<boolean> {
  const bounce = judgeSmsFailure(error)
  await markBounced(context, row, bounce, now)
  if (error !== SMS_UNSUBSCRIBED) {
    const stopped = await stopIfEnough(context, row, bounce, now)
    await noticeFailedCopy(context, row, stopped, now)
    return stopped
  }
  await stopThose(context, [row.recipient_id], 'sms_stop', now)
  return true
}

const RANK = { delayed: 1, soft: 2, hard: 3 } as const

/** Whether this says more than what came back before. */
export const isWorse = ({ kind }: Bounce, { bounce_kind: known }: Pick<Row<'delivery'>, 'bounce_kind'>) =>
  known === null || RANK[kind] > RANK[known]

/** A copy that is only delayed is still on its way; one that failed is over, even if we were about to try again. */
async function markBounced(
  context: Context,
  row: Row<'delivery'>,
  bounce: Bounce,
  now: number,
): Promise<void> {
  const { db } = context
  // Reports quote the copy that they are about, code and all, and this column is not sealed.
  const text = blotOut(bounce.text, await secretsOf(context, row.message_id))
  const over = {
    state: 'failed',
    finished_at: row.finished_at ?? now,
    holder: null,
    leased_until: null,
  } as const
  await db
    .updateTable('delivery')
    .set({ bounced_at: now, bounce_kind: bounce.kind, bounce_status: bounce.status, last_error: text })
    .set(bounce.kind === 'delayed' ? {} : over)
    .where('id', '=', row.id)
    .execute()
}

async function secretsOf({ db, sealer }: Context, messageId: string | null): Promise<string[]> {
  if (messageId === null) return []
  const message = await db
    .selectFrom('message')
    .leftJoin('code', 'code.message_id', 'message.id')
    .select(['message.subject', 'code.id', 'code.code'])
    .where('message.id', '=', messageId)
    .executeTakeFirst()
  return [
    message?.subject ? sealer.openText(`message.subject.${messageId}`, message.subject) : '',
    message?.id && message.code ? sealer.openText(`code.code.${message.id}`, message.code) : '',
  ]
}

/**
 * Stops a recipient whose copies come back, once enough of them in a row did. Also called for what the next hop
 * refused at once.
 *
 * @returns whether they are stopped by this
 */
export async function stopIfEnough(
  context: Context,
  delivery: Row<'delivery'>,
  { kind, status, stopsAfter }: Bounce,
  now: number,
): Promise<boolean> {
  if (kind !== 'hard' || stopsAfter === null) return false
  const recipient = await context.db
    .selectFrom('recipient')
    .select(['id', 'state'])
    .where('id', '=', delivery.recipient_id)
    .executeTakeFirst()
  if (!recipient || recipient.state === 'stopped') return false
  if ((await hardInARow(context, delivery)) < stopsAfter) return false
  await stopThose(context, [recipient.id], 'hard_bounces', now)
  await audit(context, {
    at: now,
    actor: 'outbox',
    action: 'recipient.stopped',
    subject: delivery.connection_id,
    detail: `recipient ${recipient.id}: hard_bounces${status ? ` (${status})` : ''}`,
  })
  return true
}

/** How many copies to the same recipient, sent right before and after this one, came back hard; this one included. */
async function hardInARow({ db }: Context, { id, ...delivery }: Row<'delivery'>): Promise<number> {
  const toThem = db
    .selectFrom('delivery')
    .select('bounce_kind')
    .where('connection_id', '=', delivery.connection_id)
    .where('recipient_id', '=', delivery.recipient_id)
    // What never left here says nothing about the mailbox.
    .where((eb) => eb.or([eb('state', '=', 'sent'), eb('bounce_kind', 'is not', null)]))
    .limit(NEIGHBOURS)
  const before = await toThem
    .where((eb) =>
      eb.or([
        eb('created_at', '<', delivery.created_at),
        eb.and([eb('created_at', '=', delivery.created_at), eb('id', '<', id)]),
      ]),
    )
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
  const after = await toThem
    .where((eb) =>
      eb.or([
        eb('created_at', '>', delivery.created_at),
        eb.and([eb('created_at', '=', delivery.created_at), eb('id', '>', id)]),
      ]),
    )
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const isHard = ({ bounce_kind: kind }: { bounce_kind: string | null }) => kind === 'hard'
  const row = [...before.reverse().map(isHard), true, ...after.map(isHard)]
  return hardRun(row, before.length)
}

/** Copies that came back: what reads. */
export const bounceReads: Operations<'getDelivery' | 'wasCopied'> = {
  async getDelivery({ db }, id) {
    const row = await db.selectFrom('delivery').selectAll().where('id', '=', id).executeTakeFirst()
    return row ? toDelivery(row) : null
  },
  async wasCopied({ db, sealer }, connectionId, code, since) {
    const rows = await db
      .selectFrom('delivery')
      .innerJoin('code', 'code.message_id', 'delivery.message_id')
      .select(['code.id', 'code.code'])
      .where('delivery.connection_id', '=', connectionId)
      .where('delivery.created_at', '>=', since)
      .where('delivery.kind', '=', 'code_copy')
      .limit(100)
      .execute()
    return rows.some((row) => sealer.openText(`code.code.${row.id}`, row.code) === code)
  },
}
