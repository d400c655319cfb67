import type { EventDelivery } from '../../domain/event.ts'
import type { Context, Operations } from '../context.ts'
import { offsetOf } from './paging.ts'
import { earliest, firstLeaseEnd } from './queues.ts'

/** Events on their way: what reads. */
export const eventReads: Operations<
  'getEventDelivery' | 'listEventDeliveries' | 'loadEvent' | 'nextEventAt'
> = {
  async getEventDelivery(context, id) {
    return (await readDeliveries(context, [id]))[0] ?? null
  },

  async listEventDeliveries(context, webhookId, page) {
    const { total } = await context.db
      .selectFrom('event_delivery')
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .where('webhook_id', '=', webhookId)
      .executeTakeFirstOrThrow()
    const rows = await context.db
      .selectFrom('event_delivery')
      .select('id')
      .where('webhook_id', '=', webhookId)
      .orderBy('seq', 'desc')
      .limit(page.limit)
      .offset(offsetOf(page))
      .execute()
    const items = await readDeliveries(
      context,
      rows.map(({ id }) => id),
    )
    return { total: Number(total), items: items.reverse() }
  },

  async loadEvent(context, deliveryId) {
    const { db, sealer } = context
    const [delivery] = await readDeliveries(context, [deliveryId])
    const event =
      delivery &&
      (await db.selectFrom('event').selectAll().where('id', '=', delivery.eventId).executeTakeFirst())
    const webhook =
      delivery &&
      (await db.selectFrom('webhook').selectAll().where('id', '=', delivery.webhookId).executeTakeFirst())
    if (!event || !webhook?.url || !webhook.secret) return null
    const { id } = webhook
    const secrets = [{ secret: sealer.openText(`webhook.secret.${id}`, webhook.secret), until: null }]
    const former = webhook.former_secret && {
      secret: sealer.openText(`webhook.former_secret.${id}`, webhook.former_secret),
      until: webhook.former_secret_until,
    }
    return {
      delivery,
      event: {
        id: event.id,
        type: event.type,
        at: event.created_at,
        facts: JSON.parse(sealer.openText(`event.facts.${event.id}`, event.facts)),
      },
      companyId: webhook.company_id,
      url: sealer.openText(`webhook.url.${id}`, webhook.url),
      secrets: former ? [...secrets, former] : secrets,
    }
  },

  async nextEventAt({ db }, busy) {
    const first = db
      .selectFrom('webhook')
      .select('due_at as at')
      .where('due_at', 'is not', null)
      .orderBy('due_at')
      .limit(1)
    const due = await (busy.length > 0 ? first.where('id', 'not in', busy) : first).executeTakeFirst()
    return earliest(due?.at, await firstLeaseEnd(db, 'event_delivery'))
  },
}

/** These deliveries, in the order of their endpoint. */
export async function readDeliveries(
  { db, sealer }: Context,
  ids: readonly string[],
): Promise<EventDelivery[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('event_delivery')
    .innerJoin('event', 'event.id', 'event_delivery.event_id')
    .selectAll('event_delivery')
    .select(['event.type as event_type', 'event.connection_id as connection_id'])
    .where('event_delivery.id', 'in', ids)
    .execute()
  return rows
    .sort((a, b) => a.seq - b.seq)
    .map((row) => ({
      id: row.id,
      webhookId: row.webhook_id,
      eventId: row.event_id,
      eventType: row.event_type,
      connectionId: row.connection_id,
      state: row.state,
      isReplay: row.is_replay === 1,
      dueAt: row.due_at,
      tries: row.tries,
      statusCode: row.status_code,
      response: row.response && sealer.openText(`event_delivery.response.${row.id}`, row.response),
      durationMs: row.duration_ms,
      lastError: row.last_error,
      triedAt: row.tried_at,
      createdAt: row.created_at,
      finishedAt: row.finished_at,
    }))
}
