import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import { COMPANIES_TO_APPROVE, type SenderPin } from '../domain/sender-pin.ts'
import { type AppEnv, actorOf, forScopes } from '../http/auth.ts'
import { definedOnly } from '../http/body.ts'
import { errorResponse } from '../http/errors.ts'
import { pageQuery, pageSchema, presentPage } from '../http/page.ts'
import { newRouter } from '../http/router.ts'
import { instant, isoTime, isoTimeOrNull, jsonResponse } from '../http/schemas.ts'
import type { ProvisioningDeps } from './ports.ts'

const senderSchema = z
  .object({
    id: z.string(),
    utility: z.string(),
    connectionId: z.string().nullable().openapi({ description: 'null: pinned to the utility' }),
    channel: z.enum(['email', 'sms']),
    sender: z.string().openapi({ description: 'From domain, or the sender of text messages' }),
    pinnedBy: z.string(),
    createdAt: instant,
    firstSeenAt: instant.nullable(),
    lastSeenAt: instant.nullable(),
    companies: z.number().int().openapi({ description: 'companies with a connection that it is pinned to' }),
    approvable: z.boolean(),
  })
  .openapi('Sender')

const pinParams = z.object({ id: z.string().min(1).max(400) })
const base = { tags: ['senders'], ...forScopes() }
const notFound = errorResponse('no such pin')

const listSenders = createRoute({
  ...base,
  method: 'get',
  path: '/v2/sender',
  summary: 'Senders that were learnt',
  description: 'Those of utilities first. With `connectionId` what that connection believes.',
  request: {
    query: pageQuery.extend({
      utility: z.string().min(1).max(64).optional(),
      connectionId: z.string().min(1).max(64).optional(),
    }),
  },
  responses: { 200: jsonResponse(pageSchema(senderSchema), 'pinned senders') },
})
const revokeSender = createRoute({
  ...base,
  method: 'delete',
  path: '/v2/sender/{id}',
  summary: 'Believe a sender no longer',
  description: 'What came from it before stays as it was.',
  request: { params: pinParams },
  responses: { 204: { description: 'revoked' }, 404: notFound },
})
const approveSender = createRoute({
  ...base,
  method: 'post',
  path: '/v2/sender/{id}/approve',
  summary: 'Believe a sender for all connections of its utility',
  description: `Needs pins at connections of ${COMPANIES_TO_APPROVE} companies.`,
  request: { params: pinParams },
  responses: {
    200: jsonResponse(senderSchema, 'the pin of the utility'),
    404: notFound,
    409: errorResponse('too few companies have it, or the utility has no definition'),
  },
})

/** Senders that no definition lists, and that codes are believed from all the same. */
export function senderRoutes({ store, now = Date.now }: ProvisioningDeps): OpenAPIHono<AppEnv> {
  const routes = newRouter()
  const noPin = () => new Failure('not_found', 'There is no such pin')

  routes.openapi(listSenders, async (c) => {
    const { utility, connectionId, ...request } = c.req.valid('query')
    const page = await store.listPins(definedOnly({ utility, connectionId }), request)
    return c.json(presentPage(page, request, presentSender), 200)
  })

  routes.openapi(revokeSender, async (c) => {
    const by = { actor: actorOf(c.get('caller')), now: now() }
    if (!(await store.revokePin(c.req.valid('param').id, by))) throw noPin()
    return c.body(null, 204)
  })

  routes.openapi(approveSender, async (c) => {
    const by = { actor: actorOf(c.get('caller')), now: now() }
    const pin = await store.approvePin(c.req.valid('param').id, by)
    if (!pin) throw noPin()
    return c.json(presentSender(pin), 200)
  })

  return routes
}

const presentSender = (pin: SenderPin): z.infer<typeof senderSchema> => ({
  ...pin,
  createdAt: isoTime(pin.createdAt),
  firstSeenAt: isoTimeOrNull(pin.firstSeenAt),
  lastSeenAt: isoTimeOrNull(pin.lastSeenAt),
  approvable: pin.connectionId !== null && pin.utility !== 'other' && pin.companies >= COMPANIES_TO_APPROVE,
})
