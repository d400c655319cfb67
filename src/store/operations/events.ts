import type { Connection } from '../../domain/connection.ts'
import { changesOf } from '../../domain/connection-change.ts'
import type { ChangedField, EventFacts, EventType, RelayEvent } from '../../domain/event.ts'
import { newId } from '../../domain/id.ts'
import type { Context } from '../context.ts'
import { toConnection } from '../rows.ts'
import type { Row } from '../schema.ts'
import { webhooksOf } from './webhooks.ts'

/* Writes what companies are told, in the transaction of what it is about. Costs one look where nobody listens. */

type ConnectionRow = Row<'connection'>
type WebhookRow = Row<'webhook'>
type NewEvent = {
  readonly type: EventType
  readonly companyId: string
  readonly connectionId: string | null
  readonly facts: Omit<EventFacts, 'company'>
}

/** A connection is there. */
export async function tellCreated(context: Context, connection: Connection, now: number): Promise<void> {
  const { companyId, id: connectionId } = connection
  const facts = { connection: factsOf(connection) }
  await tell(context, { type: 'connection.created.v2', companyId, connectionId, facts }, now)
}

/**
 * A connection has changed. Nothing is told where nothing but instants did.
 *
 * @param why `secrets` that were given anew; `checked`: a login showed it, and the event about that bears the version
 *   of `after`, the one about the change that before it
 */
export async function tellChanged(
  context: Context,
  before: ConnectionRow,
  after: ConnectionRow,
  now: number,
  why: { readonly secrets?: readonly ChangedField[]; readonly checked?: boolean } = {},
): Promise<void> {
  const webhooks = await webhooksOf(context, after.company_id)
  if (webhooks.length === 0) return
  const connection = toConnection(after, context.sealer)
  const changes = changesOf(toConnection(before, context.sealer), connection, why.secrets)
  if (!changes) return
  const about = { companyId: connection.companyId, connectionId: connection.id }
  const facts = factsOf(connection)
  const version = why.checked ? facts.version - 1 : facts.version
  const updated = { connection: { ...facts, version }, changes }
  await tell(context, { ...about, type: 'connection.updated.v2', facts: updated }, now, webhooks)
  if (!why.checked) return
  await tell(
    context,
    { ...about, type: 'connection.validated.v2', facts: { connection: facts } },
    now,
    webhooks,
  )
}

/** A document is there. */
export async function tellDocument(
  context: Context,
  { companyId, ...document }: NonNullable<EventFacts['document']> & { readonly companyId: string },
): Promise<void> {
  const { connectionId, createdAt } = document
  await tell(
    context,
    { type: 'document.created.v2', companyId, connectionId, facts: { document } },
    createdAt,
  )
}

const factsOf = (connection: Connection): NonNullable<EventFacts['connection']> => {
  const { id, externalId, utility, url, initialSites, utilityTypes, createdAt, updatedAt, version } =
    connection
  const { status, statusErrorDetail, statusCause, statusSuggestion } = connection
  const words = { status, statusErrorDetail, statusCause, statusSuggestion }
  return { id, externalId, utility, url, initialSites, utilityTypes, ...words, createdAt, updatedAt, version }
}

async function tell(
  context: Context,
  event: NewEvent,
  now: number,
  known?: readonly WebhookRow[],
): Promise<void> {
  const webhooks = known ?? (await webhooksOf(context, event.companyId))
  if (webhooks.length === 0) return
  const id = await writeEvent(context, event, now)
  for (const webhook of webhooks) {
    if (webhook.disabled_at !== null || !wants(webhook, event.type)) continue
    await lineUp(context, webhook.id, { eventId: id, line: lineOf(event.connectionId), isReplay: false }, now)
  }
}

/** Events that are about no connection go in a line of their own. */
export const lineOf = (connectionId: string | null): string => connectionId ?? ''

/** Whether an endpoint chose this type of event. */
export function wants(webhook: Pick<WebhookRow, 'event_types'>, type: RelayEvent['type']): boolean {
  const chosen: readonly string[] = JSON.parse(webhook.event_types)
  return chosen.length === 0 || chosen.includes(type)
}

/** Keeps an event, with its company as it is now. Answers its id. */
export async function writeEvent(
  { db, sealer }: Context,
  event: Omit<NewEvent, 'type'> & { readonly type: RelayEvent['type'] },
  now: number,
): Promise<string> {
  const company = await db
    .selectFrom('company')
    .select(['id', 'external_id as externalId', 'name', 'public_id as publicId'])
    .where('id', '=', event.companyId)
    .executeTakeFirstOrThrow()
  const id = newId()
  const facts: EventFacts = { company, ...event.facts }
  await db
    .insertInto('event')
    .values({
      id,
      company_id: event.companyId,
      connection_id: event.connectionId,
      type: event.type,
      facts: sealer.seal(`event.facts.${id}`, JSON.stringify(facts)),
      created_at: now,
    })
    .execute()
  return id
}

/**
 * Writes the way of an event to an endpoint: due at once, or behind the first try of an older one in its line.
 *
 * @returns the delivery's id
 */
export async function lineUp(
  { db }: Pick<Context, 'db'>,
  webhookId: string,
  { eventId, line, isReplay }: { eventId: string; line: string; isReplay: boolean },
  now: number,
): Promise<string> {
  // The row that is written first is also what makes others wait that line up or finish for this endpoint meanwhile.
  const { lined: seq } = await db
    .updateTable('webhook')
    .set((eb) => ({
      lined: eb('lined', '+', 1),
      due_at: eb.case().when('due_at', '<', now).then(eb.ref('due_at')).else(now).end(),
    }))
    .where('id', '=', webhookId)
    .returning('lined')
    .executeTakeFirstOrThrow()
  const isBehind = await hasFirstTry({ db }, webhookId, line)
  const id = newId()
  await db
    .insertInto('event_delivery')
    .values({
      id,
      webhook_id: webhookId,
      event_id: eventId,
      line,
      seq,
      is_replay: isReplay ? 1 : 0,
      state: isBehind ? 'queued' : 'due',
      due_at: now,
      tries: 0,
      created_at: now,
    })
    .execute()
  return id
}

/** Whether the first try of another is still to come, or under way. */
async function hasFirstTry({ db }: Pick<Context, 'db'>, webhookId: string, line: string): Promise<boolean> {
  const ahead = await db
    .selectFrom('event_delivery')
    .select('id')
    .where('webhook_id', '=', webhookId)
    .where('line', '=', line)
    .where('tries', '=', 0)
    .where('finished_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return ahead !== undefined
}
