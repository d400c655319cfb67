import { z } from '@hono/zod-openapi'
import { CONNECTION_STATUSES } from '../domain/connection.ts'
import { CAUSES } from '../domain/diagnosis.ts'
import { optionSchema, presentOption, rungSchema } from '../http/ladder-option.ts'
import { instant, isoTime, isoTimeOrNull } from '../http/schemas.ts'
import type { Diagnosis, Evidence } from './diagnosis/diagnosis.ts'
import type { ConnectionFacts } from './facts.ts'
import type { Triage } from './triage.ts'

/* The triage as the API shows it. */

const evidenceSchema = z
  .object({
    text: z.string(),
    at: instant.nullable(),
    messageId: z.string().optional(),
    attemptId: z.string().optional(),
    mailbox: z.string().optional(),
    connectionId: z.string().optional(),
  })
  .openapi('Evidence')

const diagnosisSchema = z
  .object({
    cause: z.enum(CAUSES).openapi({ description: 'also `statusCause`; docs/diagnosis.md explains each' }),
    confidence: z.number().min(0).max(1),
    summary: z.string().openapi({ description: 'what happened, for support' }),
    customer: z.string().openapi({ description: 'what to tell the customer' }),
    fix: z.string().openapi({ description: 'what has to be done' }),
    remedy: z.enum(['us', 'customer', 'another_way', 'wait']),
    evidence: z.array(evidenceSchema),
    possibleCauses: z
      .array(z.object({ cause: z.string(), likelihood: z.number(), text: z.string() }))
      .openapi({ description: 'where several causes look the same from here: each with how likely it is' }),
    details: z.record(z.string(), z.union([z.string(), z.number()])),
    attemptId: z.string().nullable(),
    failingSince: instant.nullable(),
    nextRung: rungSchema.nullable(),
  })
  .openapi('Diagnosis')

export const triageSchema = z
  .object({
    connectionId: z.string(),
    status: z.enum(CONNECTION_STATUSES),
    diagnosis: diagnosisSchema,
    questions: z
      .array(
        z.object({
          id: z.string(),
          question: z.string(),
          answer: z.enum(['yes', 'no']).nullable(),
          because: z.string().nullable(),
          leadsTo: rungSchema,
        }),
      )
      .openapi({ description: 'to be asked in this order; the first yes decides' }),
    options: z.array(optionSchema).openapi({ description: 'the recommendation ladder' }),
  })
  .openapi('Triage')

/** A triage with its instants as ISO text. */
export const presentTriage = (
  { connection }: Pick<ConnectionFacts, 'connection'>,
  { diagnosis, questions, options }: Triage,
): z.infer<typeof triageSchema> => ({
  connectionId: connection.id,
  status: connection.status,
  diagnosis: presentDiagnosis(diagnosis),
  questions: [...questions],
  options: options.map(presentOption),
})

const presentDiagnosis = (diagnosis: Diagnosis): z.infer<typeof diagnosisSchema> => ({
  ...diagnosis,
  evidence: diagnosis.evidence.map(presentEvidence),
  possibleCauses: [...diagnosis.possibleCauses],
  details: { ...diagnosis.details },
  failingSince: isoTimeOrNull(diagnosis.failingSince),
})

const presentEvidence = (evidence: Evidence): z.infer<typeof evidenceSchema> => ({
  ...evidence,
  at: evidence.at === null ? null : isoTime(evidence.at),
})
