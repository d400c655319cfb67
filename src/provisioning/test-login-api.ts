import { createRoute, z } from '@hono/zod-openapi'
import { TEST_STATES, TEST_STEPS } from '../domain/test-login.ts'
import { forScopes } from '../http/auth.ts'
import { errorResponse } from '../http/errors.ts'
import { idempotencyHeader } from '../http/idempotency.ts'
import { pageQuery, pageSchema } from '../http/page.ts'
import { idParams, instant, jsonResponse } from '../http/schemas.ts'

/* Test logins as zod schemas: they validate, and they describe. */

const step = z.object({
  step: z.enum(TEST_STEPS),
  state: z.enum(['done', 'waiting', 'stopped', 'skipped']),
  at: instant.nullable(),
  text: z.string().openapi({ description: 'a sentence for people' }),
})

export const testLoginSchema = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    state: z.enum(TEST_STATES).openapi({
      description:
        '`passed_without_code`: the portal asked for none, so nothing was proven; `not_taken`: by no runner',
    }),
    askedAt: instant,
    expiresAt: instant.openapi({ description: 'until then a runner may take it' }),
    attemptId: z.string().nullable(),
    stoppedAt: z.enum(TEST_STEPS).nullable(),
    reason: z.string().nullable().openapi({ description: 'why it stopped, for support' }),
    cause: z.string().nullable().openapi({ description: 'the class of the diagnosis' }),
    customer: z.string().nullable().openapi({ description: 'what to tell the customer' }),
    steps: z.array(step),
  })
  .openapi('TestLogin')

const base = { tags: ['mfa'], ...forScopes('company'), path: '/v2/connection/{id}/mfa/test' }
const notFound = errorResponse('no such connection, or another company’s')

export const askTest = createRoute({
  ...base,
  method: 'post',
  summary: 'Ask for a test login',
  description:
    'The next runner that leases gets it first, whatever the schedule says, for a quarter of an hour. One at a time for a connection.',
  request: { params: idParams, headers: idempotencyHeader },
  responses: {
    201: jsonResponse(testLoginSchema, 'asked for; ask for it again to see how far it is'),
    404: notFound,
    409: errorResponse(
      '`company_inactive`; `conflict`: one is under way (`details.testId`), or the password is known to be wrong',
    ),
    422: errorResponse('`idempotency_key_reused`'),
    429: errorResponse('50 of this company wait already'),
  },
})

export const listTests = createRoute({
  ...base,
  method: 'get',
  summary: 'Test logins, newest first, step by step',
  request: { params: idParams, query: pageQuery },
  responses: { 200: jsonResponse(pageSchema(testLoginSchema), 'test logins'), 404: notFound },
})
