import { z } from '@hono/zod-openapi'
import type { Attempt, SeenMessage } from '../domain/attempt.ts'
import { CONNECTION_STATUSES, type Connection } from '../domain/connection.ts'
import { attemptSchema, presentAttempt } from '../http/attempts.ts'
import { instant, isoTime } from '../http/schemas.ts'
import type { HandedCode } from '../store/store.ts'

/* Codes, and what becomes of attempts, as the API shows them. */

export const seenSchema = z
  .object({
    messageId: z.string(),
    channel: z.enum(['email', 'sms', 'manual']),
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
    channel: z
      .enum(['email', 'sms', 'totp', 'manual'])
      .openapi({ description: '`manual`: a person typed it in' }),
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
