import { createRoute, z } from '@hono/zod-openapi'
import { EVENT_TYPES, type EventDelivery, TEST_EVENT, type Webhook } from '../domain/event.ts'
import { forScopes } from '../http/auth.ts'
import { errorResponse } from '../http/errors.ts'
import { pageQuery, pageSchema } from '../http/page.ts'
import { companyParams, instant, isoTime, isoTimeOrNull, jsonBody, jsonResponse } from '../http/schemas.ts'

/* Endpoints and deliveries as the API shows them. */

const webhookSchema = z
  .object({
    id: z.string(),
    companyId: z.string(),
    url: z.string(),
    description: z.string().nullable(),
    eventTypes: z.array(z.enum(EVENT_TYPES)).openapi({ description: 'empty: all' }),
    isEnabled: z.boolean(),
    disabledWhy: z
      .enum(['asked', 'failing', 'gone'])
      .nullable()
      .openapi({ description: '`asked`: by you; `failing`: for days; `gone`: it answered 410' }),
    disabledTime: instant.nullable(),
    failingSince: instant.nullable().openapi({ description: 'every try since then has failed' }),
    formerSecretUntil: instant.nullable().openapi({ description: 'so long the former secret signs too' }),
    created: instant,
    updated: instant,
  })
  .openapi('Webhook')
const secret = z
  .string()
  .openapi({ description: 'shown this once', example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' })
const webhookWithSecret = webhookSchema.extend({ secret }).openapi('NewWebhook')

const deliverySchema = z
  .object({
    id: z.string(),
    webhookId: z.string(),
    eventId: z.string().openapi({ description: '`webhook-id`: the same on every try and replay' }),
    eventType: z.enum([...EVENT_TYPES, TEST_EVENT]),
    connectionId: z.string().nullable(),
    status: z.enum(['pending', 'delivered', 'failed']),
    isReplay: z.boolean(),
    tries: z.number().int(),
    nextTry: instant.nullable(),
    lastTry: instant.nullable(),
    statusCode: z.number().int().nullable().openapi({ description: 'of the last try; null: no answer' }),
    response: z.string().nullable().openapi({ description: 'the start of what was answered' }),
    durationMs: z.number().int().nullable(),
    error: z.string().nullable(),
    created: instant,
  })
  .openapi('EventDelivery')

const url = z.string().trim().min(1).max(2000).openapi({ example: 'https://hooks.example.com/relay' })
const description = z.string().trim().min(1).max(200).nullable()
const eventTypes = z.array(z.enum(EVENT_TYPES)).max(20)
const webhookParams = companyParams.extend({ webhookId: z.string().min(1).max(100) })
const deliveryParams = webhookParams.extend({ deliveryId: z.string().min(1).max(100) })

const base = { tags: ['events'], ...forScopes('company') }
const ONE = '/v2/company/{companyId}/webhook/{webhookId}'
const notFound = errorResponse('no such thing, or another company’s')
const disabled = errorResponse('the endpoint is disabled')
const refusedUrl = errorResponse('fields that are wrong, or a URL that may not be used')
const webhook = jsonResponse(webhookSchema, 'the endpoint')

export const createWebhook = createRoute({
  ...base,
  method: 'post',
  path: '/v2/company/{companyId}/webhook',
  summary: 'Register an endpoint for events',
  request: {
    params: companyParams,
    ...jsonBody(
      z.strictObject({ url, description: description.optional(), eventTypes: eventTypes.optional() }),
    ),
  },
  responses: {
    201: jsonResponse(webhookWithSecret, 'the endpoint, with its secret'),
    400: refusedUrl,
    404: notFound,
    409: errorResponse('the company has as many as it may'),
  },
})
export const listWebhooks = createRoute({
  ...base,
  method: 'get',
  path: '/v2/company/{companyId}/webhook',
  summary: 'The endpoints of a company',
  request: { params: companyParams, query: pageQuery },
  responses: { 200: jsonResponse(pageSchema(webhookSchema), 'endpoints'), 404: notFound },
})
export const getWebhook = createRoute({
  ...base,
  method: 'get',
  path: ONE,
  summary: 'An endpoint',
  request: { params: webhookParams },
  responses: { 200: webhook, 404: notFound },
})
export const updateWebhook = createRoute({
  ...base,
  method: 'patch',
  path: ONE,
  summary: 'Change, disable or enable an endpoint',
  description:
    'Enabled again, it gets what was on its way when it was disabled; for what came since, replay.',
  request: {
    params: webhookParams,
    ...jsonBody(z.strictObject({ url, description, eventTypes, isEnabled: z.boolean() }).partial()),
  },
  responses: { 200: webhook, 400: refusedUrl, 404: notFound },
})
export const removeWebhook = createRoute({
  ...base,
  method: 'delete',
  path: ONE,
  summary: 'Remove an endpoint',
  request: { params: webhookParams },
  responses: { 204: { description: 'gone' }, 404: notFound },
})
export const rotateSecret = createRoute({
  ...base,
  method: 'post',
  path: `${ONE}/secret`,
  summary: 'Give an endpoint a new secret',
  description:
    'For `overlapSeconds` (a day if left out, seven at most) both sign, so that no event is missed.',
  request: {
    params: webhookParams,
    ...jsonBody(z.strictObject({ overlapSeconds: z.number().int().min(0).max(604_800).optional() })),
  },
  responses: { 200: jsonResponse(webhookWithSecret, 'the endpoint, with its new secret'), 404: notFound },
})
export const sendTest = createRoute({
  ...base,
  method: 'post',
  path: `${ONE}/test`,
  summary: 'Send a test event',
  description: `Its type is \`${TEST_EVENT}\`; it is sent whatever the endpoint chose. The delivery log tells how it went.`,
  request: { params: webhookParams },
  responses: { 202: jsonResponse(deliverySchema, 'on its way'), 404: notFound, 409: disabled },
})
export const listDeliveries = createRoute({
  ...base,
  method: 'get',
  path: `${ONE}/delivery`,
  summary: 'What was sent to an endpoint, newest first',
  request: { params: webhookParams, query: pageQuery },
  responses: { 200: jsonResponse(pageSchema(deliverySchema), 'deliveries'), 404: notFound },
})
export const getDelivery = createRoute({
  ...base,
  method: 'get',
  path: `${ONE}/delivery/{deliveryId}`,
  summary: 'One delivery',
  request: { params: deliveryParams },
  responses: { 200: jsonResponse(deliverySchema, 'the delivery'), 404: notFound },
})
export const replayOne = createRoute({
  ...base,
  method: 'post',
  path: `${ONE}/delivery/{deliveryId}/replay`,
  summary: 'Send an event again',
  request: { params: deliveryParams },
  responses: { 202: jsonResponse(deliverySchema, 'on its way'), 404: notFound, 409: disabled },
})
export const replayAll = createRoute({
  ...base,
  method: 'post',
  path: `${ONE}/replay`,
  summary: 'Send all events since an instant again, in their order',
  description:
    'Also those that came about while the endpoint was disabled. With `missedOnly`, none that arrived.',
  request: {
    params: webhookParams,
    ...jsonBody(
      z.strictObject({ since: z.iso.datetime({ offset: true }), missedOnly: z.boolean().optional() }),
    ),
  },
  responses: {
    202: jsonResponse(z.object({ deliveries: z.number().int() }), 'how many are on their way'),
    404: notFound,
    409: disabled,
  },
})

/** An endpoint with its instants as ISO text, never its secrets. */
export const presentWebhook = (one: Webhook): z.infer<typeof webhookSchema> => ({
  id: one.id,
  companyId: one.companyId,
  url: one.url,
  description: one.description,
  eventTypes: [...one.eventTypes],
  isEnabled: one.disabledAt === null,
  disabledWhy: one.disabledWhy,
  disabledTime: isoTimeOrNull(one.disabledAt),
  failingSince: isoTimeOrNull(one.failingSince),
  formerSecretUntil: isoTimeOrNull(one.formerSecretUntil),
  created: isoTime(one.createdAt),
  updated: isoTime(one.updatedAt),
})

const STATUS = {
  queued: 'pending',
  due: 'pending',
  leased: 'pending',
  sent: 'delivered',
  failed: 'failed',
} as const

/** How an event fared on its way to an endpoint. */
export const presentDelivery = (one: EventDelivery): z.infer<typeof deliverySchema> => ({
  id: one.id,
  webhookId: one.webhookId,
  eventId: one.eventId,
  eventType: one.eventType,
  connectionId: one.connectionId,
  status: STATUS[one.state],
  isReplay: one.isReplay,
  tries: one.tries,
  nextTry: one.state === 'due' ? isoTime(one.dueAt) : null,
  lastTry: isoTimeOrNull(one.triedAt),
  statusCode: one.statusCode,
  response: one.response,
  durationMs: one.durationMs,
  error: one.lastError,
  created: isoTime(one.createdAt),
})
