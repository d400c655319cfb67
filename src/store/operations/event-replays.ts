import { TEST_EVENT } from '../../domain/event.ts'
import { Failure } from '../../domain/failure.ts'
import type { Context, Operations } from '../context.ts'
import type { Row } from '../schema.ts'
import { readDeliveries } from './event-reads.ts'
import { lineOf, lineUp, wants, writeEvent } from './events.ts'
import { findWebhook } from './webhooks.ts'

/** Test events wait for nothing, and nothing waits for them. */
const TEST_LINE = 'test'

/** Events that somebody asks for: what writes. */
export const replayWrites: Operations<'sendTestEvent' | 'replayDelivery' | 'replayEvents'> = {
  async sendTestEvent(context, webhookId, now) {
    const webhook = await findWebhook(context, webhookId)
    if (!webhook) return null
    requireEnabled(webhook)
    const event = { type: TEST_EVENT, companyId: webhook.company_id, connectionId: null } as const
    const eventId = await writeEvent(context, { ...event, facts: { webhookId } }, now)
    const id = await lineUp(context, webhookId, { eventId, line: TEST_LINE, isReplay: false }, now)
    return (await readDeliveries(context, [id]))[0] ?? null
  },

  async replayDelivery(context, deliveryId, now) {
    const [former] = await readDeliveries(context, [deliveryId])
    const webhook = former && (await findWebhook(context, former.webhookId))
    if (!webhook) return null
    requireEnabled(webhook)
    const { eventId, connectionId, eventType } = former
    const line = eventType === TEST_EVENT ? TEST_LINE : lineOf(connectionId)
    const id = await lineUp(context, webhook.id, { eventId, line, isReplay: true }, now)
    return (await readDeliveries(context, [id]))[0] ?? null
  },

  async replayEvents(context, webhookId, { since, after, missedOnly, limit }, now) {
    const webhook = await findWebhook(context, webhookId)
    if (!webhook) return null
    requireEnabled(webhook)
    const from = after ?? { at: since, id: '' }
    const events = await context.db
      .selectFrom('event')
      .select(['id', 'type', 'connection_id', 'created_at'])
      .where('company_id', '=', webhook.company_id)
      .where((eb) => eb(eb.refTuple('created_at', 'id'), '>', eb.tuple(from.at, from.id)))
      // What comes about while it runs goes its own way.
      .where('created_at', '<=', now)
      .orderBy('created_at')
      .orderBy('id')
      .limit(limit)
      .execute()
    let lined = 0
    for (const { id, type, connection_id } of events) {
      if (type === TEST_EVENT || !wants(webhook, type)) continue
      if (await isCovered(context, webhookId, id, missedOnly)) continue
      await lineUp(context, webhookId, { eventId: id, line: lineOf(connection_id), isReplay: true }, now)
      lined += 1
    }
    const last = events.at(-1)
    return { lined, next: last && events.length === limit ? { at: last.created_at, id: last.id } : null }
  },
}

/** Whether an event is on its way to an endpoint already, or has arrived and that is enough. */
async function isCovered(
  { db }: Context,
  webhookId: string,
  eventId: string,
  missedOnly: boolean,
): Promise<boolean> {
  const rows = await db
    .selectFrom('event_delivery')
    .select(['state', 'finished_at'])
    .where('event_id', '=', eventId)
    .where('webhook_id', '=', webhookId)
    .execute()
  return rows.some(({ state, finished_at }) => finished_at === null || (missedOnly && state === 'sent'))
}

function requireEnabled({ disabled_at }: Row<'webhook'>): void {
  if (disabled_at !== null) throw new Failure('conflict', 'The endpoint is disabled: enable it first')
}
