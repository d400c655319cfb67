import { isIP } from 'node:net'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import { newId } from '../domain/id.ts'
import type { InboundMessage } from '../domain/message.ts'
import { type AppEnv, forScopes } from '../http/auth.ts'
import { errorResponse, invalidFields } from '../http/errors.ts'
import { newRouter } from '../http/router.ts'
import { jsonResponse } from '../http/schemas.ts'
import { log } from '../log.ts'
import type { ByteBudget } from './byte-budget.ts'
import { type FindMailbox, findRecipient, type IsBillAddress, type IsReturnPath } from './recipients.ts'
import { type OnRefused, tellingOfRetired } from './refusals.ts'

export const MIME_UPLOAD_PATH = '/inbound/mime'

export type MimeUploadDeps = {
  readonly mailDomain: string
  readonly maxMessageBytes: number
  readonly maxRecipients: number
  /** Shared by all doors of the process. */
  readonly budget: ByteBudget
  readonly findMailbox: FindMailbox
  /** Absent: no copies are sent, so no answers to them come. */
  readonly isReturnPath?: IsReturnPath
  /** Absent: no bills come by mail. */
  readonly isBillAddress?: IsBillAddress
  /** Told of mail to retired mailboxes. */
  readonly onRefused?: OnRefused
  /** Resolves once the message is durable. */
  readonly receive: (message: InboundMessage) => Promise<unknown>
  readonly now?: () => number
}

/** What smtp-server too takes for an address: one `@`, nothing that could end a line or a command. */
const envelopeAddress = z.string().regex(/^[^\s<>\p{Cc}@]+@[^\s<>\p{Cc}@]+$/u, 'must be one bare address')

const query = z.object({
  sender: z.union([z.literal(''), envelopeAddress]).openapi({
    description: 'MAIL FROM; empty for the null sender of bounces',
    example: 'noreply@utility.example',
  }),
  recipient: z
    .union([z.string(), z.array(z.string())])
    .transform((value) => [value].flat())
    .pipe(z.array(z.string().min(1).max(320)).min(1))
    .openapi({ description: 'RCPT TO; may be given several times' }),
  clientAddress: z
    .string()
    .refine((value) => isIP(value) !== 0, 'must be an IP address')
    .optional()
    .openapi({ description: 'who sent it to you; without it SPF counts as none' }),
  helo: z.string().max(255).optional(),
})

const received = z
  .object({ id: z.string().openapi({ description: 'of the message' }), recipients: z.array(z.string()) })
  .openapi('ReceivedMime')

const route = createRoute({
  method: 'post',
  path: MIME_UPLOAD_PATH,
  tags: ['Inbound'],
  summary: 'Hand over a message that another mail system took in',
  description:
    'The same door as SMTP, for mail routes and workers. 202 means that it is stored; it is judged like any other mail.',
  ...forScopes('inbound'),
  request: {
    query,
    body: {
      required: true,
      content: { 'message/rfc822': { schema: { type: 'string', format: 'binary' } } },
    },
  },
  responses: {
    202: jsonResponse(received, 'Stored'),
    400: errorResponse('A parameter or the body is wrong'),
    404: errorResponse('A recipient is unknown; nothing was stored'),
    413: errorResponse('The message is too large'),
    503: errorResponse('Not stored; try again'),
  },
})

/** `POST /inbound/mime`: mail over HTTP, for those whose mail system can call a URL but speaks no SMTP to us. */
export function mimeUploadRoutes(deps: MimeUploadDeps): OpenAPIHono<AppEnv> {
  const router = newRouter()
  router.openapi(route, async (c) => {
    const { sender, recipient, clientAddress, helo } = c.req.valid('query')
    if (!/^message\/rfc822\b/i.test(c.req.header('content-type') ?? '')) {
      throw new Failure('invalid_request', 'Send the message as it is, with Content-Type: message/rfc822')
    }
    const recipients = await findAll(deps, recipient, sender)
    const declared = Number(c.req.header('content-length') ?? 0)
    return withinBudget(deps, declared, async () => {
      const raw = new Uint8Array(await c.req.arrayBuffer())
      checkSize(raw.byteLength, deps.maxMessageBytes)
      const message: InboundMessage = {
        channel: 'email',
        id: newId(),
        door: 'http',
        receivedAt: (deps.now ?? Date.now)(),
        envelope: { sender, recipients },
        client: {
          ...(clientAddress ? { address: clientAddress } : {}),
          ...(helo ? { helo } : {}),
          tls: false,
        },
        raw,
      }
      await keep(deps, message)
      return c.json({ id: message.id, recipients }, 202)
    })
  })
  return router
}

/** All or nothing: a message to somebody unknown is the caller's mistake, and half of it stored would hide that. */
async function findAll(deps: MimeUploadDeps, given: readonly string[], sender: string): Promise<string[]> {
  if (given.length > deps.maxRecipients) {
    const problem = `at most ${deps.maxRecipients} can be given`
    throw invalidFields([{ path: 'recipient', problem }])
  }
  const findMailbox = tellingOfRetired(deps.findMailbox, ({ address, connectionId }) =>
    deps.onRefused?.({ address, connectionId, sender, at: (deps.now ?? Date.now)() }),
  )
  let found: (readonly [string, string | null])[]
  try {
    found = await Promise.all(
      given.map(
        async (address) =>
          [
            address,
            await findRecipient(address, deps.mailDomain, findMailbox, deps.isReturnPath, deps.isBillAddress),
          ] as const,
      ),
    )
  } catch (error) {
    log.receiveFailed({ door: 'http', error })
    throw new Failure('unavailable', 'The recipients could not be looked up')
  }
  const unknown = found.filter(([, address]) => address === null).map(([address]) => address)
  if (unknown.length > 0) {
    throw new Failure('not_found', `No such mailbox here: ${unknown.join(', ')}`, { recipients: unknown })
  }
  return [...new Set(found.flatMap(([, address]) => address ?? []))]
}

async function withinBudget<T>(deps: MimeUploadDeps, bytes: number, work: () => Promise<T>): Promise<T> {
  checkSize(bytes, deps.maxMessageBytes)
  // Without a declared length nobody knows yet: then as much as there may be.
  const reserved = bytes || deps.maxMessageBytes
  if (!deps.budget.take(reserved)) {
    throw new Failure('unavailable', 'Too many messages are coming in')
  }
  try {
    return await work()
  } finally {
    deps.budget.give(reserved)
  }
}

function checkSize(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) {
    throw new Failure('too_large', `A message may have at most ${maxBytes} bytes`, { maxBytes })
  }
}

async function keep(deps: MimeUploadDeps, message: InboundMessage): Promise<void> {
  if (message.channel === 'email' && message.raw.byteLength === 0) {
    throw new Failure('invalid_request', 'The body is empty')
  }
  try {
    await deps.receive(message)
  } catch (error) {
    if (error instanceof Failure && error.code === 'unavailable') throw error
    log.receiveFailed({ door: 'http', error })
    throw new Failure('unavailable', 'The message could not be kept')
  }
}
