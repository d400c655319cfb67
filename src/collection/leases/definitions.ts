import { createRoute, z } from '@hono/zod-openapi'
import { ATTEMPT_LIMIT_SECONDS, ATTEMPT_SECONDS } from '../../domain/attempt.ts'
import { CONNECTION_STATUSES, MFA_METHODS } from '../../domain/connection.ts'
import { attemptSchema } from '../../http/attempts.ts'
import { forScopes } from '../../http/auth.ts'
import { errorResponse } from '../../http/errors.ts'
import { idempotencyHeader } from '../../http/idempotency.ts'
import { jsonBody, jsonResponse } from '../../http/schemas.ts'

/* Leases as zod schemas: they validate, and they describe. */

/** Each costs a look of its own. */
const MOST_UTILITIES = 50
const LEAST_LEASE_SECONDS = 30

const leasedConnection = z.object({
  id: z.string(),
  companyId: z.string(),
  utility: z.string(),
  url: z.string().nullable(),
  country: z.string().nullable(),
  externalId: z.string().nullable(),
  initialSites: z.array(z.string()),
  utilityTypes: z.array(z.string()),
  dataCollectionStartDate: z.string().nullable(),
  mfaMethod: z.enum(MFA_METHODS).nullable(),
  status: z.enum(CONNECTION_STATUSES),
})

export const leaseSchema = z
  .object({
    attempt: attemptSchema,
    connection: leasedConnection,
    credentials: z
      .object({
        username: z.string().nullable(),
        password: z.string().nullable(),
        securityQuestions: z
          .array(z.string())
          .openapi({ description: 'those with a known answer; ask for it through the attempt' }),
      })
      .openapi({ description: 'for this attempt alone: keep them nowhere' }),
  })
  .openapi('Lease')

export const lease = createRoute({
  tags: ['login runner'],
  ...forScopes('runner'),
  method: 'post',
  path: '/v2/collection/lease',
  summary: 'The next login that is due',
  description:
    'Opens an attempt for the connection whose turn it is, and hands over its credentials; on record as `credentials.leased`. Companies take turns. Without an outcome the login is due again some minutes after the attempt expired. A repeated Idempotency-Key gets the same lease, as long as it lasts.',
  request: {
    headers: idempotencyHeader,
    ...jsonBody(
      z.strictObject({
        runner: z.string().trim().min(1).max(200),
        utilities: z
          .array(z.string().trim().min(1).max(100))
          .min(1)
          .max(MOST_UTILITIES)
          .optional()
          .openapi({ description: 'only logins at these' }),
        leaseSeconds: z
          .number()
          .int()
          .min(LEAST_LEASE_SECONDS)
          .max(ATTEMPT_LIMIT_SECONDS)
          .default(ATTEMPT_SECONDS)
          .openapi({ description: 'how long the attempt lasts; it can be extended' }),
      }),
    ),
  },
  responses: {
    200: jsonResponse(leaseSchema, 'the lease'),
    204: { description: 'none is due' },
    410: errorResponse('`attempt_over`: a repeated lease that has ended'),
    422: errorResponse('`idempotency_key_reused`'),
  },
})
