import { createRoute, z } from '@hono/zod-openapi'
import { Secret, URI } from 'otpauth'
import { MFA_METHODS } from '../domain/connection.ts'
import { forScopes } from '../http/auth.ts'
import { errorResponse } from '../http/errors.ts'
import { optionSchema } from '../http/ladder-option.ts'
import { pageQuery, pageSchema } from '../http/page.ts'
import { idParams, instant, jsonBody, jsonResponse } from '../http/schemas.ts'
import { emailAddress } from './contacts.ts'
import { confirmationSchema, forwardingSchema } from './forwarding.ts'

/* How codes come to a connection, as zod schemas: they validate, and they describe. */

const MOST_CONTACTS = 20
const BAD_TOTP = 'must be a base32 secret of at least 80 bits, or an otpauth://totp/ URI'

const totpSecret = z
  .string()
  .trim()
  .max(1000)
  // Portals show the secret in groups of four, in either case.
  .transform((value) => (isUri(value) ? value : value.replace(/[\s-]/g, '').toUpperCase()))
  .refine(isTotpSecret, BAD_TOTP)
  .openapi({ type: 'string', description: 'base32, or an otpauth:// URI; sealed, never shown again' })

const isUri = (value: string): boolean => value.startsWith('otpauth://')

function isTotpSecret(value: string): boolean {
  try {
    if (isUri(value)) return URI.parse(value).constructor.name === 'TOTP'
    return Secret.fromBase32(value).buffer.byteLength >= 10
  } catch {
    return false
  }
}

export const mfaBody = z.strictObject({
  method: z.enum(MFA_METHODS).openapi({ description: 'how codes are expected to come' }),
  recipients: z
    .strictObject({
      emails: z.array(z.string().trim().max(254)).max(MOST_CONTACTS).default([]),
      phones: z.array(z.string().trim().max(40)).max(MOST_CONTACTS).default([]),
    })
    .optional()
    .openapi({ description: 'who gets copies: the whole list; left out: stays' }),
  securityQuestions: z
    .array(
      z.strictObject({
        question: z.string().min(1).max(500),
        answer: z.string().min(1).max(500),
      }),
    )
    .min(1)
    .max(MOST_CONTACTS)
    .refine(
      (list) => new Set(list.map(({ question }) => question)).size === list.length,
      'has a question twice',
    )
    .optional()
    .openapi({ description: 'as the portal words them: case and spacing count; answers are sealed' }),
  totpSecret: totpSecret.optional(),
  inboxAddresses: z
    .array(emailAddress)
    .max(MOST_CONTACTS)
    .optional()
    .openapi({ description: 'the customer’s inboxes that forward to us; left out: stays' }),
})

const recipient = z.object({
  id: z.string(),
  address: z.string(),
  state: z.enum(['pending', 'confirmed', 'stopped']),
  stopReason: z.string().nullable(),
})

export const mfaSchema = z
  .object({
    method: z.enum(MFA_METHODS).nullable(),
    emailAddress: z.string().optional().openapi({ description: 'our address for this connection' }),
    phoneNumber: z.string().optional().openapi({ description: 'our number for this connection' }),
    recipients: z.object({ emails: z.array(recipient), phones: z.array(recipient) }),
    inboxAddresses: z.array(z.string()),
    forwardingConfirmation: confirmationSchema
      .optional()
      .openapi({ description: 'what the customer’s mail provider asks before it forwards' }),
    health: z.object({
      lastCodeAt: instant.nullable(),
      failedDeliveries: z.number().int(),
      forwarding: z.array(forwardingSchema).openapi({ description: 'how far each inbox has come' }),
    }),
    warnings: z.array(z.object({ code: z.string(), message: z.string() })),
    options: z.array(optionSchema).openapi({ description: 'the recommendation ladder for this utility' }),
  })
  .openapi('Mfa')

export const deliverySchema = z
  .object({
    id: z.string(),
    kind: z.enum(['code_copy', 'notice_copy', 'confirm_recipient', 'inbox_proof']),
    courier: z.enum(['email', 'sms']),
    recipientId: z.string(),
    address: z.string(),
    messageId: z.string().nullable(),
    state: z.enum(['due', 'leased', 'sent', 'failed', 'expired']),
    tries: z.number().int(),
    dueAt: instant,
    lastError: z.string().nullable(),
    bounced: z
      .object({
        kind: z.enum(['hard', 'soft', 'delayed']),
        status: z
          .string()
          .nullable()
          .openapi({ description: 'enhanced status, e.g. `5.1.1`; of a text Twilio’s error code' }),
        at: instant,
      })
      .nullable()
      .openapi({
        description: 'what the recipient’s mail system said afterwards; `delayed` may still arrive',
      }),
    deliveredAt: instant.nullable().openapi({ description: 'when Twilio said that the phone has the text' }),
    createdAt: instant,
    finishedAt: instant.nullable(),
  })
  .openapi('Delivery')

const base = { tags: ['mfa'], ...forScopes('company') }
const notFound = errorResponse('no such thing, or another company’s')

export const putMfa = createRoute({
  ...base,
  method: 'put',
  path: '/v2/connection/{id}/mfa',
  summary: 'Set up how codes come',
  description: 'Keeps the mailboxes that the connection has and adds missing ones. Asking twice is safe.',
  request: { params: idParams, ...jsonBody(mfaBody) },
  responses: {
    200: jsonResponse(mfaSchema, 'how codes come now'),
    403: errorResponse('`sms_relay_not_enabled`'),
    404: notFound,
    409: errorResponse('`company_inactive`'),
    503: errorResponse('`no_number_available`'),
  },
})
export const getMfa = createRoute({
  ...base,
  method: 'get',
  path: '/v2/connection/{id}/mfa',
  summary: 'How codes come, and how well',
  request: { params: idParams },
  responses: { 200: jsonResponse(mfaSchema, 'how codes come'), 404: notFound },
})
export const deleteMailbox = createRoute({
  ...base,
  method: 'delete',
  path: '/v2/connection/{id}/mfa/mailbox/{address}',
  summary: 'Retire an address or a number',
  description: 'Mail to it is refused from then on, and nobody gets it again.',
  request: { params: idParams.extend({ address: z.string().min(1).max(254) }) },
  responses: { 204: { description: 'retired' }, 404: notFound },
})
export const askRecipient = createRoute({
  ...base,
  method: 'post',
  path: '/v2/connection/{id}/mfa/recipient/{recipientId}/ask',
  summary: 'Ask a recipient again whether they want copies',
  description:
    'For one that has not answered, or that was stopped with `hard_bounces`. Who stopped copies is not asked again.',
  request: { params: idParams.extend({ recipientId: z.string().min(1).max(64) }) },
  responses: {
    200: jsonResponse(recipient.openapi('Recipient'), 'the recipient, pending'),
    404: notFound,
    409: errorResponse('they have confirmed, or stopped copies by their own wish'),
  },
})
export const proveInbox = createRoute({
  ...base,
  method: 'post',
  path: '/v2/connection/{id}/mfa/proof',
  summary: 'Send test mail to an inbox that is to forward to us',
  description:
    'For customers whose rule covers `proof@MAIL_DOMAIN`. That it comes back proves the rule; that it does not proves nothing.',
  request: {
    params: idParams,
    ...jsonBody(z.strictObject({ inbox: emailAddress })),
  },
  responses: {
    202: jsonResponse(forwardingSchema, 'on its way'),
    404: notFound,
    409: errorResponse('test mail was sent there less than ten minutes ago'),
  },
})
export const listDeliveries = createRoute({
  ...base,
  method: 'get',
  path: '/v2/connection/{id}/deliveries',
  summary: 'Copies sent to the customer, newest first',
  request: { params: idParams, query: pageQuery },
  responses: { 200: jsonResponse(pageSchema(deliverySchema), 'deliveries'), 404: notFound },
})
