import type { DisabledWhy, Webhook } from '../../domain/event.ts'
import { Failure } from '../../domain/failure.ts'
import type { Context, Operations } from '../context.ts'
import type { Row } from '../schema.ts'
import type { Sealer } from '../seal.ts'

/** More endpoints than that are a mistake, and each costs a delivery an event. */
export const MOST_WEBHOOKS = 20

const sealUrl = ({ sealer }: Context, id: string, url: string) => sealer.seal(`webhook.url.${id}`, url)
const sealSecret = ({ sealer }: Context, id: string, secret: string) =>
  sealer.seal(`webhook.secret.${id}`, secret)

/** Endpoints: what writes. */
export const webhookWrites: Operations<'createWebhook' | 'updateWebhook' | 'rotateSecret' | 'removeWebhook'> =
  {
    async createWebhook(context, { id, companyId, url, description, eventTypes, secret }, now) {
      const present = await webhooksOf(context, companyId)
      if (present.length >= MOST_WEBHOOKS) {
        throw new Failure('conflict', `A company may have ${MOST_WEBHOOKS} endpoints`)
      }
      const row = await context.db
        .insertInto('webhook')
        .values({
          id,
          company_id: companyId,
          description,
          url: sealUrl(context, id, url),
          event_types: JSON.stringify(eventTypes),
          secret: sealSecret(context, id, secret),
          lined: 0,
          created_at: now,
          updated_at: now,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      return toWebhook(row, context.sealer)
    },

    async updateWebhook(context, id, { url, description, eventTypes, isEnabled }, now) {
      const enabled = { disabled_at: null, disabled_why: null, failing_since: null, due_at: now }
      const row = await context.db
        .updateTable('webhook')
        .set({
          url: url === undefined ? undefined : sealUrl(context, id, url),
          description,
          event_types: eventTypes && JSON.stringify(eventTypes),
          updated_at: now,
          ...(isEnabled ? enabled : {}),
        })
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .returningAll()
        .executeTakeFirst()
      if (!row) return null
      if (isEnabled !== false || row.disabled_at !== null) return toWebhook(row, context.sealer)
      return toWebhook(await disable(context, row, 'asked', now), context.sealer)
    },

    async rotateSecret(context, id, { secret, formerUntil }, now) {
      const former = await findWebhook(context, id)
      if (!former?.secret) return null
      const present = context.sealer.openText(`webhook.secret.${id}`, former.secret)
      const row = await context.db
        .updateTable('webhook')
        .set({
          secret: sealSecret(context, id, secret),
          former_secret: context.sealer.seal(`webhook.former_secret.${id}`, present),
          former_secret_until: formerUntil,
          updated_at: now,
        })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow()
      return toWebhook(row, context.sealer)
    },

    async removeWebhook({ db }, id, now) {
      const { numUpdatedRows } = await db
        .updateTable('webhook')
        .set({ url: null, secret: null, former_secret: null, due_at: null, deleted_at: now, updated_at: now })
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
  }

/** Endpoints: what reads. */
export const webhookReads: Operations<'getWebhook' | 'listWebhooks'> = {
  async getWebhook(context, id) {
    const row = await findWebhook(context, id)
    return row ? toWebhook(row, context.sealer) : null
  },
  async listWebhooks(context, companyId) {
    return (await webhooksOf(context, companyId)).map((row) => toWebhook(row, context.sealer))
  },
}

/** Stops sending to it. What is lined up stays, for the day that it is enabled again. */
export async function disable(
  { db }: Context,
  row: Row<'webhook'>,
  why: DisabledWhy,
  now: number,
): Promise<Row<'webhook'>> {
  const change = { disabled_at: now, disabled_why: why, due_at: null }
  await db.updateTable('webhook').set(change).where('id', '=', row.id).execute()
  return { ...row, ...change }
}

export const findWebhook = ({ db }: Context, id: string) =>
  db.selectFrom('webhook').selectAll().where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst()

/** All of a company, in the order of their making. */
export const webhooksOf = ({ db }: Pick<Context, 'db'>, companyId: string) =>
  db
    .selectFrom('webhook')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .execute()

const toWebhook = (row: Row<'webhook'>, sealer: Sealer): Webhook => ({
  id: row.id,
  companyId: row.company_id,
  url: row.url ? sealer.openText(`webhook.url.${row.id}`, row.url) : '',
  description: row.description,
  eventTypes: JSON.parse(row.event_types),
  disabledAt: row.disabled_at,
  disabledWhy: row.disabled_why,
  failingSince: row.failing_since,
  formerSecretUntil: row.former_secret === null ? null : row.former_secret_until,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
