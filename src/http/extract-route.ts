import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Extraction } from '../domain/extraction.ts'
import { Failure } from '../domain/failure.ts'
import { newId } from '../domain/id.ts'
import type { InboundMessage } from '../domain/message.ts'
import { type AppEnv, forScopes, requireScope } from './auth.ts'
import { newRouter } from './router.ts'
import { jsonResponse } from './schemas.ts'

export const EXTRACT_PATH = '/v2/extract'

export type ExtractDeps = {
  /** Parses and reads a message as if it had come for a connection at this utility; stores nothing. */
  readonly tryExtract: (message: InboundMessage, utility: string | null) => Promise<Extraction>
  readonly utilities: {
    find(id: string): unknown
    nearest(asked: string): readonly string[]
  }
}

const sms = z.object({
  From: z.string().max(40),
  To: z.string().max(40).default(''),
  Body: z.string().max(10_000),
})
const answer = z
  .looseObject({ kind: z.string(), code: z.string().optional(), reason: z.string().optional() })
  .openapi('Extraction', { description: 'What `mfa-relay extract --json` prints.' })

const route = createRoute({
  method: 'post',
  path: EXTRACT_PATH,
  tags: ['extraction'],
  summary: 'Say which code is in a message, without storing it',
  ...forScopes('company', 'runner'),
  request: {
    query: z.object({ utility: z.string().max(80).optional() }),
    body: {
      required: true,
      content: {
        'message/rfc822': { schema: z.string() },
        'application/json': { schema: z.object({ sms }) },
      },
    },
  },
  responses: { 200: jsonResponse(answer, 'what was found, with each candidate and its evidence') },
})

/** `POST /v2/extract`: try a message, e.g. while writing a utility's definition. */
export function extractRoutes({ tryExtract, utilities }: ExtractDeps): OpenAPIHono<AppEnv> {
  const routes = newRouter()
  routes.openAPIRegistry.registerPath(route)
  routes.post(EXTRACT_PATH, requireScope('company', 'runner'), async (c) => {
    const utility = c.req.query('utility') ?? null
    if (utility !== null && utility !== 'other' && !utilities.find(utility)) {
      const nearest = utilities.nearest(utility)
      throw new Failure('unknown_utility', `There is no utility "${utility}"`, { nearest })
    }
    const isJson = /^application\/json\b/i.test(c.req.header('content-type') ?? '')
    const message = isJson ? smsMessage(await readJson(c.req)) : mailMessage(await c.req.arrayBuffer())
    return c.json(await tryExtract(message, utility))
  })
  return routes
}

async function readJson(request: { json(): Promise<unknown> }): Promise<unknown> {
  try {
    return await request.json()
  } catch {
    throw new Failure('invalid_request', 'The body is no JSON')
  }
}

function smsMessage(body: unknown): InboundMessage {
  const parsed = z.object({ sms }).safeParse(body)
  if (!parsed.success) {
    throw new Failure('invalid_request', 'Send {"sms":{"From","To","Body"}}, or a message as message/rfc822')
  }
  const { From: sender, To: recipient, Body: text } = parsed.data.sms
  const id = newId()
  return { channel: 'sms', id, door: 'test', receivedAt: Date.now(), sid: id, sender, recipient, body: text }
}

function mailMessage(bytes: ArrayBuffer): InboundMessage {
  if (bytes.byteLength === 0) throw new Failure('invalid_request', 'The body is empty; send a message')
  return {
    channel: 'email',
    id: newId(),
    door: 'http',
    receivedAt: Date.now(),
    envelope: { sender: '', recipients: [] },
    client: { tls: false },
    raw: new Uint8Array(bytes),
  }
}
