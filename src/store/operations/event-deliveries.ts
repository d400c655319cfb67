import type { EventResult } from '../../domain/event.ts'
import type { Context, Operations } from '../context.ts'
import type { Row } from '../schema.ts'
import { holding, taking } from '../shared.ts'
import type { Store } from '../store.ts'
import { readDeliveries } from './event-reads.ts'
import { writeNotice } from './notices.ts'
import { disable } from './webhooks.ts'

type Db = Pick<Context, 'db' | 'shared'>
type ClaimRequest = Parameters<Store['claimEvents']>[0]

/** Events on their way: what writes. */
export const eventWrites: Operations<'claimEvents' | 'finishEvent' | 'releaseEvents'> = {
  async claimEvents(context, request) {
    const ids = await abandoned(context, request)
    const webhooks = await dueWebhooks(context, request)
    for (const id of webhooks) {
      if (ids.length < request.limit) ids.push(...(await dueOf(context, id, request)))
    }
    const chosen = ids.slice(0, request.limit)
    if (chosen.length > 0) {
      await context.db
        .updateTable('event_delivery')
        .set({ state: 'leased', holder: request.holder, leased_until: request.leaseUntil })
        .where('id', 'in', chosen)
        .execute()
    }
    for (const id of webhooks) await lookAgainAt(context, id)
    return readDeliveries(context, chosen)
  },

  async finishEvent(context, id, result, { now, nextDueAt, disableAfterMs }) {
    const row = await context.db
      .selectFrom('event_delivery')
      .selectAll()
      .where('id', '=', id)
      .where('finished_at', 'is', null)
      .executeTakeFirst()
    if (!row) return { disabled: false }
    // First, so that nobody lines up behind this try while it ends; see lineUp.
    const webhook = await noteResult(context, row.webhook_id, result, now)
    await context.db
      .updateTable('event_delivery')
      .set({ ...afterTry(context, id, result, now, nextDueAt), tries: row.tries + 1 })
      .where('id', '=', id)
      .execute()
    if (row.tries === 0) await promoteNext(context, row, now)
    if (!webhook || webhook.disabled_at !== null) return { disabled: false }
    await lookAgainAt(context, webhook.id)
    const isGone = result.statusCode === 410
    const isTooLong = webhook.failing_since !== null && now - webhook.failing_since >= disableAfterMs
    if (!isGone && !isTooLong) return { disabled: false }
    await disable(context, webhook, isGone ? 'gone' : 'failing', now)
    await writeNotice(context, 'webhook_disabled', webhook.company_id, { webhookId: webhook.id }, now)
    return { disabled: true }
  },

  async releaseEvents({ db }, holder, now) {
    const rows = await db
      .updateTable('event_delivery')
      .set({ state: 'due', holder: null, leased_until: null })
      .where('state', '=', 'leased')
      .where('holder', '=', holder)
      .returning('webhook_id')
      .execute()
    const webhooks = [...new Set(rows.map((row) => row.webhook_id))]
    if (webhooks.length > 0) {
      await db
        .updateTable('webhook')
        .set({ due_at: now })
        .where('id', 'in', webhooks)
        .where('disabled_at', 'is', null)
        .where('deleted_at', 'is', null)
        .execute()
    }
    return rows.length
  },
}

/** Their holder died, so they have waited longest. */
async function abandoned(context: Db, { now, limit }: ClaimRequest): Promise<string[]> {
  const leased = context.db
    .selectFrom('event_delivery')
    .select('id')
    .where('state', '=', 'leased')
    .where('leased_until', '<=', now)
    .orderBy('leased_until')
    .limit(limit)
  const rows = await taking(context, leased).execute()
  return rows.map(({ id }) => id)
}

/** Each endpoint gives a few, so that a backlog of one is in nobody's way. */
async function dueWebhooks(context: Db, { now, limit, busy }: ClaimRequest): Promise<string[]> {
  const due = context.db
    .selectFrom('webhook')
    .select('id')
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(limit)
  const wanted = busy.length > 0 ? due.where('id', 'not in', busy) : due
  const rows = await taking(context, wanted).execute()
  return rows.map(({ id }) => id)
}

async function dueOf(context: Db, webhookId: string, { now, limitEach }: ClaimRequest): Promise<string[]> {
  const due = context.db
    .selectFrom('event_delivery')
    .select('id')
    .where('webhook_id', '=', webhookId)
    .where('state', '=', 'due')
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .orderBy('seq')
    .limit(limitEach)
  const rows = await taking(context, due).execute()
  return rows.map(({ id }) => id)
}

/** Writes down when the first of an endpoint's deliveries is due; a disabled one has none. */
export async function lookAgainAt(context: Db, webhookId: string): Promise<void> {
  const { db } = context
  // Who lines something up for it at this moment is waited for, or what they wrote would be overlooked.
  if (context.shared) {
    await holding(context, db.selectFrom('webhook').select('id').where('id', '=', webhookId)).execute()
  }
  const first = await db
    .selectFrom('event_delivery')
    .select('due_at')
    .where('webhook_id', '=', webhookId)
    .where('state', '=', 'due')
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst()
  await db
    .updateTable('webhook')
    .set({ due_at: first?.due_at ?? null })
    .where('id', '=', webhookId)
    .where('disabled_at', 'is', null)
    .where('deleted_at', 'is', null)
    .execute()
}

/** Counts from the first failure after a success. Null: the endpoint is gone. */
async function noteResult({ db }: Db, webhookId: string, { kind }: EventResult, now: number) {
  const row = await db
    .updateTable('webhook')
    .set((eb) => ({ failing_since: kind === 'sent' ? null : eb.fn.coalesce('failing_since', eb.val(now)) }))
    .where('id', '=', webhookId)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

function afterTry(
  { sealer }: Context,
  id: string,
  { kind, statusCode, response, durationMs, error }: EventResult,
  now: number,
  nextDueAt: number | null,
) {
  const isOver = kind === 'sent' || nextDueAt === null
  return {
    state: kind === 'sent' ? ('sent' as const) : isOver ? ('failed' as const) : ('due' as const),
    due_at: isOver ? undefined : nextDueAt,
    finished_at: isOver ? now : null,
    holder: null,
    leased_until: null,
    status_code: statusCode,
    // What an endpoint answers may repeat what it was sent.
    response: response === null ? null : sealer.seal(`event_delivery.response.${id}`, response),
    duration_ms: durationMs,
    last_error: error,
    tried_at: now,
  }
}

/** The next of the line has its first try now. */
export async function promoteNext(
  { db }: Db,
  { webhook_id, line }: Pick<Row<'event_delivery'>, 'webhook_id' | 'line'>,
  now: number,
): Promise<void> {
  const next = await db
    .selectFrom('event_delivery')
    .select('id')
    .where('webhook_id', '=', webhook_id)
    .where('line', '=', line)
    .where('state', '=', 'queued')
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
  if (!next) return
  await db
    .updateTable('event_delivery')
    .set({ state: 'due', due_at: now })
    .where('id', '=', next.id)
    .execute()
}
