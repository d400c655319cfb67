import { z } from '@hono/zod-openapi'
import { type Attempt, CODE_OUTCOMES, type SeenMessage } from '../domain/attempt.ts'
import { CONNECTION_STATUSES, type Connection } from '../domain/connection.ts'
import { instant, isoTime, isoTimeOrNull } from '../http/schemas.ts'
import type { HandedCode } from '../store/store.ts'

/* Attempts and codes as the API shows them. */

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

export const seenSchema = z
  .object({
    messageId: z.string(),
    channel: z.enum(['email', 'sms']),
    sender: z.string().nullable(),
    receivedAt: instant,
    verdict: z.enum(['trusted', 'candidate', 'untrusted']),
    extraction: z.string(),
    result: z.string().openapi({ description: 'claimed, quarantined, ambiguous, expired …' }),
    text: z.string().openapi({ description: 'a sentence for people' }),
  })
  .openapi('SeenMessage')

export const codeSchema = z
  .object({
    id: z.string(),
    code: z.string().openapi({ description: 'as typed at the portal', example: '482913' }),
    channel: z.enum(['email', 'sms', 'totp']),
    verdict: z.enum(['trusted', 'candidate', 'untrusted']),
    sentAt: instant,
    receivedAt: instant,
    expiresAt: instant,
    sender: z.string().nullable(),
    rule: z.string(),
    confidence: z.number(),
  })
  .openapi('Code')

export const outcomeAnswerSchema = attemptSchema
  .extend({
    connection: z.object({
      id: z.string(),
      status: z.enum(CONNECTION_STATUSES),
      statusErrorDetail: z.string().nullable(),
      statusCause: z.string().nullable(),
      statusSuggestion: z.string().nullable(),
    }),
  })
  .openapi('OutcomeAnswer')

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

/** What arrived meanwhile, with its instant as ISO text. */
export const presentSeen = (seen: SeenMessage): z.infer<typeof seenSchema> => ({
  messageId: seen.messageId,
  channel: seen.channel,
  sender: seen.sender,
  receivedAt: isoTime(seen.receivedAt),
  verdict: seen.verdict,
  extraction: seen.extraction,
  result: seen.result,
  text: seen.text,
})

/** A claimed code, without what only concerns us. */
export const presentCode = (code: HandedCode): z.infer<typeof codeSchema> => ({
  id: code.id,
  code: code.code,
  channel: code.channel,
  verdict: code.verdict,
  sentAt: isoTime(code.sentAt),
  receivedAt: isoTime(code.receivedAt),
  expiresAt: isoTime(code.expiresAt),
  sender: code.sender,
  rule: code.rule,
  confidence: code.confidence,
})

/** What an outcome did to the connection. */
export const presentOutcome = (
  attempt: Attempt,
  connection: Connection,
): z.infer<typeof outcomeAnswerSchema> => ({
  ...presentAttempt(attempt),
  connection: {
    id: connection.id,
    status: connection.status,
    statusErrorDetail: connection.statusErrorDetail,
    statusCause: connection.statusCause,
    statusSuggestion: connection.statusSuggestion,
  },
})
