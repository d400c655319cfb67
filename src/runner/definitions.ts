import { createRoute, z } from '@hono/zod-openapi'
import { ATTEMPT_LIMIT_SECONDS, CODE_OUTCOMES } from '../domain/attempt.ts'
import { CONNECTION_STATUSES, type ConnectionStatus } from '../domain/connection.ts'
import { attemptSchema } from '../http/attempts.ts'
import { forScopes } from '../http/auth.ts'
import { errorResponse } from '../http/errors.ts'
import { idempotencyHeader } from '../http/idempotency.ts'
import { idParams, jsonBody, jsonResponse } from '../http/schemas.ts'
import { codeSchema, outcomeAnswerSchema, seenSchema } from './present.ts'

/* The login runner's API as zod schemas: they validate, and they describe. */

/** Set by us, never by a runner. */
const NOT_REPORTED: readonly ConnectionStatus[] = ['PENDING', 'COMPANY_INACTIVE']
const reportable = CONNECTION_STATUSES.filter((status) => !NOT_REPORTED.includes(status))

const runnerRoute = { tags: ['login runner'], ...forScopes('runner') }
const notFound = errorResponse('no such thing, or another company’s')
const over = errorResponse('`attempt_over`: closed or expired')

export const openAttempt = createRoute({
  ...runnerRoute,
  method: 'post',
  path: '/v2/connection/{id}/attempt',
  summary: 'Open an attempt',
  description: 'Before the portal is asked for a code. Lasts ten minutes; one open attempt per code source.',
  request: {
    params: idParams,
    headers: idempotencyHeader,
    body: {
      content: {
        'application/json': {
          schema: z.strictObject({
            runner: z.string().trim().min(1).max(200).optional(),
            purpose: z.enum(['login', 'test_login']).optional(),
          }),
        },
      },
    },
  },
  responses: {
    201: jsonResponse(attemptSchema, 'opened, or opened before under the same Idempotency-Key'),
    404: notFound,
    409: errorResponse('`attempt_open` with `details.attemptId`, `expiresAt`; `company_inactive`'),
  },
})

export const getAttempt = createRoute({
  ...runnerRoute,
  method: 'get',
  path: '/v2/attempt/{id}',
  summary: 'An attempt, and what arrived meanwhile',
  request: { params: idParams },
  responses: {
    200: jsonResponse(attemptSchema.extend({ seen: z.array(seenSchema) }), 'the attempt and `seen[]`'),
    404: notFound,
  },
})

export const extendAttempt = createRoute({
  ...runnerRoute,
  method: 'post',
  path: '/v2/attempt/{id}/extend',
  summary: 'Keep an attempt open for longer',
  description: `At least so many seconds from now are left, but never more than ${ATTEMPT_LIMIT_SECONDS} after opening. Asking again changes nothing.`,
  request: {
    params: idParams,
    ...jsonBody(z.strictObject({ seconds: z.number().int().min(1).max(ATTEMPT_LIMIT_SECONDS) })),
  },
  responses: { 200: jsonResponse(attemptSchema, 'the attempt'), 404: notFound, 410: over },
})

export const reportOutcome = createRoute({
  ...runnerRoute,
  method: 'post',
  path: '/v2/attempt/{id}/outcome',
  summary: 'Say how the login ended',
  description: 'Closes the attempt. With `status` the connection moves to it; without, nothing moves.',
  request: {
    params: idParams,
    headers: idempotencyHeader,
    ...jsonBody(
      z.strictObject({
        status: z.enum(reportable).optional(),
        code: z.enum(CODE_OUTCOMES).optional(),
        detail: z.string().max(1000).optional(),
      }),
    ),
  },
  responses: {
    200: jsonResponse(outcomeAnswerSchema, 'the closed attempt and its connection'),
    404: notFound,
    410: over,
  },
})

export const waitQuery = z.object({
  wait: z.coerce.number().int().min(0).max(60).default(0).openapi({ description: 'seconds' }),
  after: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .openapi({ description: 'only a code sent later than this one (a code id)' }),
  factor: z
    .enum(['totp', 'email', 'sms'])
    .optional()
    .openapi({ description: 'where a connection has several; else what its MFA method says' }),
})

export const waitForCode = createRoute({
  ...runnerRoute,
  method: 'get',
  path: '/v2/attempt/{id}/code',
  summary: 'Wait for the code',
  description:
    'Answers as soon as a code is there, which is then bound to this attempt for good. The same attempt may ask again and gets the same code, or a newer one. Of an authenticator, the code of the present time step, or of the next where little of it is left.',
  request: {
    params: idParams,
    query: waitQuery,
  },
  responses: {
    200: jsonResponse(codeSchema, 'the code'),
    204: { description: 'none yet: ask again' },
    404: notFound,
    410: over,
  },
})

export const answerQuestion = createRoute({
  ...runnerRoute,
  method: 'post',
  path: '/v2/attempt/{id}/answer',
  summary: 'The answer to a security question',
  description:
    'The question as the portal words it; case and spacing count. Connections of a company at one utility share their answers.',
  request: { params: idParams, ...jsonBody(z.strictObject({ question: z.string().min(1).max(500) })) },
  responses: {
    200: jsonResponse(z.object({ question: z.string(), answer: z.string() }), 'the answer'),
    404: errorResponse('another question: `details.questions` are those known'),
    410: over,
  },
})
