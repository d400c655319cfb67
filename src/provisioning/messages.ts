import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { connectionSource, inboxSource } from '../domain/code.ts'
import type { Extraction } from '../domain/extraction.ts'
import { Failure } from '../domain/failure.ts'
import type { StoredMessage } from '../domain/inbound-record.ts'
import { type AppEnv, actorOf, canSee, forScopes } from '../http/auth.ts'
import { errorResponse } from '../http/errors.ts'
import { pageQuery, pageSchema, presentPage } from '../http/page.ts'
import { newRouter } from '../http/router.ts'
import { idParams, instant, isoTime, isoTimeOrNull, jsonResponse } from '../http/schemas.ts'
import { OUTBOX_TOPIC } from '../wakeup/wakeup.ts'
import { findConnection } from './access.ts'
import type { ProvisioningDeps } from './ports.ts'

const messageSchema = z
  .object({
    id: z.string(),
    connectionId: z.string().nullable(),
    mailbox: z.string(),
    channel: z.enum(['email', 'sms', 'manual']),
    envelopeSender: z.string(),
    clientAddress: z.string().nullable(),
    sender: z.string().nullable(),
    subject: z.string().nullable().openapi({ description: 'with what may be a code blotted out' }),
    receivedAt: instant,
    sentAt: instant,
    size: z.number().int(),
    verdict: z.object({
      level: z.enum(['trusted', 'candidate', 'untrusted']),
      reasons: z.array(z.object({ code: z.string(), text: z.string() })),
      senderDomain: z.string().nullable(),
      forwardedBy: z.string().nullable(),
    }),
    extraction: z.object({
      kind: z.string(),
      reason: z.string().optional(),
      rule: z.string().optional(),
      confidence: z.number().optional(),
      candidates: z.number().int().openapi({ description: 'how many' }),
    }),
    quarantined: z.boolean(),
    releasedAt: instant.nullable(),
    hasBody: z.boolean(),
  })
  .openapi('Message')
const bodySchema = z.object({ encoding: z.enum(['utf-8', 'base64']), content: z.string() })

const messages = { tags: ['messages'], ...forScopes('company') }
const administration = { tags: ['messages'], ...forScopes() }
const notFound = errorResponse('no such thing, or another company’s')

const listMessages = createRoute({
  ...messages,
  method: 'get',
  path: '/v2/connection/{id}/messages',
  summary: 'What arrived for a connection, newest first',
  request: { params: idParams, query: pageQuery },
  responses: { 200: jsonResponse(pageSchema(messageSchema), 'messages'), 404: notFound },
})
const listOperatorMail = createRoute({
  ...administration,
  method: 'get',
  path: '/v2/operator/messages',
  summary: 'Mail to the operator: postmaster and abuse',
  request: { query: pageQuery },
  responses: { 200: jsonResponse(pageSchema(messageSchema), 'messages') },
})
const getMessage = createRoute({
  ...messages,
  method: 'get',
  path: '/v2/message/{id}',
  summary: 'A message: verdict and extraction',
  description: 'With `body=true` as it came, codes included: administrators only, and the audit log says so.',
  request: { params: idParams, query: z.object({ body: z.enum(['true', 'false']).optional() }) },
  responses: {
    200: jsonResponse(messageSchema.extend({ body: bodySchema.nullable().optional() }), 'the message'),
    403: errorResponse('bodies are for administrators'),
    404: notFound,
  },
})
const releaseMessage = createRoute({
  ...administration,
  method: 'post',
  path: '/v2/message/{id}/release',
  summary: 'Take a message out of quarantine',
  description:
    'Its code, if it still lives, becomes claimable. `pinSender`: believe this sender from now on.',
  request: {
    params: idParams,
    body: {
      content: { 'application/json': { schema: z.strictObject({ pinSender: z.boolean().optional() }) } },
    },
  },
  responses: { 200: jsonResponse(messageSchema, 'the message'), 404: notFound },
})

/** What arrived: for companies without codes and bodies, for administrators with them. */
export function messageRoutes(deps: ProvisioningDeps): OpenAPIHono<AppEnv> {
  const { store, wakeup, now = Date.now } = deps
  const routes = newRouter()

  routes.openapi(listMessages, async (c) => {
    const { id } = await findConnection(deps, c, c.req.valid('param').id)
    const request = c.req.valid('query')
    const page = await store.listMessages({ connectionId: id }, request)
    return c.json(presentPage(page, request, presentMessage), 200)
  })

  routes.openapi(listOperatorMail, async (c) => {
    const request = c.req.valid('query')
    const page = await store.listMessages({ connectionId: null }, request)
    return c.json(presentPage(page, request, presentMessage), 200)
  })

  routes.openapi(getMessage, async (c) => {
    const message = await findMessage(deps, c, c.req.valid('param').id)
    if (c.req.valid('query').body !== 'true') return c.json(presentMessage(message), 200)
    const caller = c.get('caller')
    if (caller.scope !== 'admin') throw new Failure('forbidden', 'Bodies are for administrators')
    const note = { actor: actorOf(caller), action: 'message.viewed', at: now() }
    const body = presentBody(await store.readBody(message.id, note))
    return c.json({ ...presentMessage(message), body }, 200)
  })

  routes.openapi(releaseMessage, async (c) => {
    const { pinSender = false } = c.req.valid('json') ?? {}
    const release = { actor: actorOf(c.get('caller')), now: now(), pinSender }
    const message = await store.releaseMessage(c.req.valid('param').id, release)
    if (!message) throw noMessage()
    for (const topic of await topicsOf(deps, message)) wakeup.notify(topic)
    return c.json(presentMessage(message), 200)
  })

  return routes
}

const noMessage = (): Failure => new Failure('not_found', 'There is no such message')

async function findMessage(deps: ProvisioningDeps, c: Context<AppEnv>, id: string): Promise<StoredMessage> {
  const message = await deps.store.getMessage(id)
  if (!message) throw noMessage()
  const caller = c.get('caller')
  if (caller.scope === 'admin') return message
  const connection =
    message.connectionId === null ? null : await deps.store.getConnection(message.connectionId)
  if (!connection || !canSee(caller, connection.companyId)) throw noMessage()
  return message
}

/** Who may be waiting for what a release made claimable. */
async function topicsOf({ store }: ProvisioningDeps, message: StoredMessage): Promise<string[]> {
  if (message.connectionId === null) return []
  const own = [OUTBOX_TOPIC, connectionSource(message.connectionId)]
  const { forwardedBy } = message.verdict
  const connection = forwardedBy ? await store.getConnection(message.connectionId) : null
  return connection && forwardedBy ? [...own, inboxSource(connection.utility, forwardedBy)] : own
}

function presentBody(raw: Uint8Array | null): z.infer<typeof bodySchema> | null {
  if (!raw) return null
  const text = Buffer.from(raw)
  const decoded = text.toString('utf8')
  const isText = Buffer.from(decoded, 'utf8').equals(text)
  return isText
    ? { encoding: 'utf-8', content: decoded }
    : { encoding: 'base64', content: text.toString('base64') }
}

/** A message without its codes, also where its subject repeats them. */
export function presentMessage(message: StoredMessage): z.infer<typeof messageSchema> {
  const { verdict, extraction } = message
  const { level, senderDomain, forwardedBy } = verdict
  return {
    id: message.id,
    connectionId: message.connectionId,
    mailbox: message.mailbox,
    channel: message.channel,
    envelopeSender: message.envelopeSender,
    clientAddress: message.clientAddress,
    sender: message.sender,
    subject: message.subject === null ? null : blotOut(message.subject, extraction),
    receivedAt: isoTime(message.receivedAt),
    sentAt: isoTime(message.sentAt),
    size: message.size,
    verdict: { level, reasons: [...verdict.reasons], senderDomain, forwardedBy },
    extraction: {
      kind: extraction.kind,
      ...('reason' in extraction ? { reason: extraction.reason } : {}),
      ...(extraction.kind === 'code' ? { rule: extraction.rule, confidence: extraction.confidence } : {}),
      candidates: extraction.candidates.length,
    },
    quarantined: level === 'untrusted' && message.releasedAt === null,
    releasedAt: isoTimeOrNull(message.releasedAt),
    hasBody: message.hasBody,
  }
}

/** Subjects often carry the code: who may not see codes must not read it there. */
function blotOut(subject: string, extraction: Extraction): string {
  const codes = extraction.candidates.flatMap(({ code, shown }) => [code, shown])
  if (extraction.kind === 'code') codes.push(extraction.code)
  const known = codes.filter(Boolean).reduce((text, code) => text.replaceAll(code, '••••'), subject)
  return withoutCodes(known)
}

/** What may be a code: four digits or more. */
export const withoutCodes = (text: string): string => text.replace(/\d(?:[ -]?\d){3,}/g, '••••')
