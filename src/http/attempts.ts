import { z } from '@hono/zod-openapi'
import { type Attempt, CODE_OUTCOMES } from '../domain/attempt.ts'
import { CONNECTION_STATUSES } from '../domain/connection.ts'
import { instant, isoTime, isoTimeOrNull } from './schemas.ts'

/* Attempts as the API shows them, to those who open one and to those who are handed one. */

export const attemptSchema = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    runner: z.string().nullable(),
    purpose: z.enum(['login', 'test_login']),
    openedAt: instant,
    expiresAt: instant,
    closedAt: instant.nullable(),
    outcome: z
      .object({
        status: z.enum(CONNECTION_STATUSES).optional(),
        code: z.enum(CODE_OUTCOMES).optional(),
        detail: z.string().optional(),
      })
      .nullable(),
  })
  .openapi('Attempt')

/** An attempt with its instants as ISO text. */
export const presentAttempt = (attempt: Attempt): z.infer<typeof attemptSchema> => ({
  id: attempt.id,
  connectionId: attempt.connectionId,
  runner: attempt.runner,
  purpose: attempt.purpose,
  openedAt: isoTime(attempt.openedAt),
  expiresAt: isoTime(attempt.expiresAt),
  closedAt: isoTimeOrNull(attempt.closedAt),
  outcome: attempt.outcome,
})
