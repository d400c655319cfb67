import { randomBytes } from 'node:crypto'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { EventDelivery, Webhook } from '../domain/event.ts'
import { Failure } from '../domain/failure.ts'
import { newId } from '../domain/id.ts'
import { type AppEnv, actorOf, canSee } from '../http/auth.ts'
import { definedOnly } from '../http/body.ts'
import { invalidFields } from '../http/errors.ts'
import { presentPage } from '../http/page.ts'
import { newRouter } from '../http/router.ts'
import { objectionTo, type SafeFetchSettings } from '../http/safe-fetch.ts'
import type { EventStore, ReplayStep } from '../store/event-store.ts'
import type { AdminStore, ProvisioningStore } from '../store/store.ts'
import * as api from './webhook-api.ts'

/** What the routes are handed by assemble.ts. */
export type WebhookDeps = {
  readonly store: EventStore & Pick<ProvisioningStore, 'getCompany'> & Pick<AdminStore, 'writeAudit'>
  /** Where endpoints may be. */
  readonly reach: SafeFetchSettings
  readonly now?: () => number
}

const DAY_SECONDS = 86_400
/** What one write lines up: a few milliseconds of work, so that a claim hardly waits for it. */
const REPLAY_STEP = 50

const notFound = (): Failure => new Failure('not_found', 'There is no such endpoint')

/** A secret as receivers' libraries take it: 32 random bytes (Standard Webhooks asks for 24 to 64). */
const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`

/** `/v2/company/{companyId}/webhook…`: endpoints for events, and how events fare on their way to them. */
export function webhookRoutes(deps: WebhookDeps): OpenAPIHono<AppEnv> {
  const routes = newRouter()
  addEndpoints(routes, deps)
  addChanges(routes, deps)
  addDeliveries(routes, deps)
  addReplays(routes, deps)
  return routes
}

function addEndpoints(routes: OpenAPIHono<AppEnv>, deps: WebhookDeps): void {
  const { store, now = Date.now } = deps

  routes.openapi(api.createWebhook, async (c) => {
    const companyId = await requireCompany(deps, c, c.req.valid('param').companyId)
    const { url, description = null, eventTypes = [] } = c.req.valid('json')
    requireReachable(deps, url)
    const secret = newSecret()
    const fresh = { id: newId(), companyId, url, description, eventTypes: [...new Set(eventTypes)], secret }
    const webhook = await store.createWebhook(fresh, now())
    await note(deps, c, 'webhook.created', webhook.id)
    return c.json({ ...api.presentWebhook(webhook), secret }, 201)
  })

  routes.openapi(api.listWebhooks, async (c) => {
    const companyId = await requireCompany(deps, c, c.req.valid('param').companyId)
    const request = c.req.valid('query')
    const all = await store.listWebhooks(companyId)
    const start = (request.page - 1) * request.limit
    const page = { total: all.length, items: all.slice(start, start + request.limit) }
    return c.json(presentPage(page, request, api.presentWebhook), 200)
  })

  routes.openapi(api.getWebhook, async (c) =>
    c.json(api.presentWebhook(await findWebhook(deps, c, c.req.valid('param'))), 200),
  )
}

function addChanges(routes: OpenAPIHono<AppEnv>, deps: WebhookDeps): void {
  const { store, now = Date.now } = deps

  routes.openapi(api.updateWebhook, async (c) => {
    const { id } = await findWebhook(deps, c, c.req.valid('param'))
    const change = definedOnly(c.req.valid('json'))
    if (change.url !== undefined) requireReachable(deps, change.url)
    const updated = await store.updateWebhook(id, change, now())
    if (!updated) throw notFound()
    await note(deps, c, 'webhook.changed', id, Object.keys(change).join(', '))
    return c.json(api.presentWebhook(updated), 200)
  })

  routes.openapi(api.removeWebhook, async (c) => {
    const { id } = await findWebhook(deps, c, c.req.valid('param'))
    if (!(await store.removeWebhook(id, now()))) throw notFound()
    await note(deps, c, 'webhook.removed', id)
    return c.body(null, 204)
  })

  routes.openapi(api.rotateSecret, async (c) => {
    const { id } = await findWebhook(deps, c, c.req.valid('param'))
    const { overlapSeconds = DAY_SECONDS } = c.req.valid('json')
    const secret = newSecret()
    const at = now()
    const rotated = await store.rotateSecret(id, { secret, formerUntil: at + overlapSeconds * 1000 }, at)
    if (!rotated) throw notFound()
    await note(deps, c, 'webhook.secret_rotated', id)
    return c.json({ ...api.presentWebhook(rotated), secret }, 200)
  })
}

function addDeliveries(routes: OpenAPIHono<AppEnv>, deps: WebhookDeps): void {
  const { store } = deps

  routes.openapi(api.listDeliveries, async (c) => {
    const { id } = await findWebhook(deps, c, c.req.valid('param'))
    const request = c.req.valid('query')
    const page = await store.listEventDeliveries(id, request)
    return c.json(presentPage(page, request, api.presentDelivery), 200)
  })

  routes.openapi(api.getDelivery, async (c) =>
    c.json(api.presentDelivery(await findDelivery(deps, c, c.req.valid('param'))), 200),
  )
}

function addReplays(routes: OpenAPIHono<AppEnv>, deps: WebhookDeps): void {
  const { store, now = Date.now } = deps

  routes.openapi(api.sendTest, async (c) => {
    const { id } = await findWebhook(deps, c, c.req.valid('param'))
    const delivery = await store.sendTestEvent(id, now())
    if (!delivery) throw notFound()
    return c.json(api.presentDelivery(delivery), 202)
  })

  routes.openapi(api.replayOne, async (c) => {
    const { id } = await findDelivery(deps, c, c.req.valid('param'))
    const delivery = await store.replayDelivery(id, now())
    if (!delivery) throw notFound()
    await note(deps, c, 'webhook.replayed', delivery.webhookId, `delivery:${id}`)
    return c.json(api.presentDelivery(delivery), 202)
  })

  routes.openapi(api.replayAll, async (c) => {
    const { id } = await findWebhook(deps, c, c.req.valid('param'))
    const { since, missedOnly = false } = c.req.valid('json')
    const deliveries = await replaySince(deps, id, { since: Date.parse(since), missedOnly })
    await note(deps, c, 'webhook.replayed', id, `since ${since}`)
    return c.json({ deliveries }, 202)
  })
}

/** Step by step, all as of one instant: what comes about meanwhile is on its way already. */
async function replaySince(
  { store, now = Date.now }: WebhookDeps,
  webhookId: string,
  request: { readonly since: number; readonly missedOnly: boolean },
): Promise<number> {
  const at = now()
  let lined = 0
  let after: ReplayStep['next'] = null
  do {
    const step: ReplayStep | null = await store.replayEvents(
      webhookId,
      { ...request, after, limit: REPLAY_STEP },
      at,
    )
    if (!step) throw notFound()
    lined += step.lined
    after = step.next
  } while (after !== null)
  return lined
}

async function requireCompany({ store }: WebhookDeps, c: Context<AppEnv>, id: string): Promise<string> {
  const company = canSee(c.get('caller'), id) ? await store.getCompany(id) : null
  if (!company) throw new Failure('not_found', 'There is no such company')
  return company.id
}

type WebhookParams = { readonly companyId: string; readonly webhookId: string }

async function findWebhook(deps: WebhookDeps, c: Context<AppEnv>, params: WebhookParams): Promise<Webhook> {
  const companyId = await requireCompany(deps, c, params.companyId)
  const webhook = await deps.store.getWebhook(params.webhookId)
  if (webhook?.companyId !== companyId) throw notFound()
  return webhook
}

async function findDelivery(
  deps: WebhookDeps,
  c: Context<AppEnv>,
  { deliveryId, ...params }: WebhookParams & { readonly deliveryId: string },
): Promise<EventDelivery> {
  const webhook = await findWebhook(deps, c, params)
  const delivery = await deps.store.getEventDelivery(deliveryId)
  if (delivery?.webhookId !== webhook.id) throw new Failure('not_found', 'There is no such delivery')
  return delivery
}

function requireReachable({ reach }: WebhookDeps, url: string): void {
  const objection = objectionTo(url, reach)
  if (objection) throw invalidFields([{ path: 'url', problem: objection.message }])
}

/** Puts on record who changed what; never a URL, which may hold a key. */
const note = (
  { store, now = Date.now }: WebhookDeps,
  c: Context<AppEnv>,
  action: string,
  webhookId: string,
  detail: string | null = null,
): Promise<void> =>
  store.writeAudit({
    id: newId(),
    at: now(),
    actor: actorOf(c.get('caller')),
    action,
    subject: `webhook:${webhookId}`,
    detail,
  })
