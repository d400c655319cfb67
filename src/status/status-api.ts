import { createRoute, z } from '@hono/zod-openapi'
import {
  ATTENTION_STATUSES,
  CONNECTION_STATUSES,
  type Connection,
  type ConnectionStatus,
} from '../domain/connection.ts'
import { OBSERVABLE, type StatusChange } from '../domain/status.ts'
import { forScopes } from '../http/auth.ts'
import { errorResponse } from '../http/errors.ts'
import { pageQuery, pageSchema } from '../http/page.ts'
import {
  companyParams,
  idParams,
  instant,
  isoTime,
  isoTimeOrNull,
  jsonBody,
  jsonResponse,
} from '../http/schemas.ts'
import type { RuleResult, StatusEntry } from '../store/store.ts'

/* Statuses as the API shows them, under the product's published names. */

const statusFields = {
  status: z.enum(CONNECTION_STATUSES),
  statusFirstSeenTime: instant,
  statusLastUpdateTime: instant,
  statusErrorDetail: z.string().nullable(),
  statusCause: z.string().nullable(),
  statusSuggestion: z.string().nullable(),
}

const EVENTS = [
  'created',
  'outcome',
  'diagnosed',
  'credentials_changed',
  'mfa_configured',
  'company_deactivated',
  'company_reactivated',
  'investigation_started',
  'investigation_ended',
] as const satisfies readonly StatusEntry['event'][]

const entrySchema = z
  .object({
    version: z.number().int().openapi({ description: 'of the connection, after it' }),
    at: instant,
    event: z.enum(EVENTS).openapi({ description: 'what happened' }),
    ...statusFields,
  })
  .openapi('StatusEntry')

const connectionStatusSchema = z.object({ id: z.string(), ...statusFields }).openapi('ConnectionStatus')

const companyStatusSchema = z
  .object({
    companyId: z.string(),
    total: z.number().int(),
    needsAttention: z.number().int().openapi({ description: 'connections where somebody has to act' }),
    statuses: z
      .partialRecord(z.enum(CONNECTION_STATUSES), z.number().int())
      .openapi({ description: 'connections in each status; those with none are left out' }),
  })
  .openapi('CompanyStatus')

const ruleSchema = z
  .object({
    rule: z.string().openapi({ description: 'as in a code’s `rule`' }),
    utility: z.string(),
    accepted: z.number().int(),
    rejected: z.number().int(),
    lastAccepted: instant.nullable(),
    lastRejected: instant.nullable(),
  })
  .openapi('RuleResult')

const notFound = errorResponse('no such thing, or another company’s')

export const listHistory = createRoute({
  tags: ['support'],
  ...forScopes('company'),
  method: 'get',
  path: '/v2/connection/{id}/history',
  summary: 'Every move of a connection’s status, newest first',
  request: { params: idParams, query: pageQuery },
  responses: { 200: jsonResponse(pageSchema(entrySchema), 'the history'), 404: notFound },
})

export const getCompanyStatus = createRoute({
  tags: ['support'],
  ...forScopes('company'),
  method: 'get',
  path: '/v2/company/{companyId}/status',
  summary: 'How many connections are in each status',
  description: 'Which ones need attention: `GET /v2/connection/company/{companyId}?needsAttention=true`.',
  request: { params: companyParams },
  responses: { 200: jsonResponse(companyStatusSchema, 'the counts'), 404: notFound },
})

export const investigate = createRoute({
  tags: ['support'],
  ...forScopes(),
  method: 'post',
  path: '/v2/connection/{id}/investigation',
  summary: 'Begin or end an investigation',
  description:
    'While it is open the status is `UNDER_INVESTIGATION`, with the note as detail; a login moves it all the same. Ending it goes back to the status before, or to `status`.',
  request: {
    params: idParams,
    ...jsonBody(
      z.strictObject({
        open: z.boolean(),
        note: z.string().trim().min(1).max(1000).nullable().optional(),
        status: z
          .enum(OBSERVABLE)
          .optional()
          .openapi({ description: 'only with `open: false`; needed where no login came before' }),
      }),
    ),
  },
  responses: {
    200: jsonResponse(connectionStatusSchema, 'the status now'),
    404: notFound,
    409: errorResponse('the status does not allow it; the message says why'),
  },
})

export const listRules = createRoute({
  tags: ['support'],
  ...forScopes(),
  method: 'get',
  path: '/v2/rule',
  summary: 'What portals said about the codes of each rule, most refused first',
  request: { query: pageQuery },
  responses: { 200: jsonResponse(pageSchema(ruleSchema), 'rules') },
})

const presentFields = (status: StatusChange) => ({
  status: status.status,
  statusFirstSeenTime: isoTime(status.statusFirstSeenAt),
  statusLastUpdateTime: isoTime(status.statusLastUpdateAt),
  statusErrorDetail: status.statusErrorDetail,
  statusCause: status.statusCause,
  statusSuggestion: status.statusSuggestion,
})

/** One move with its instants as ISO text. */
export const presentEntry = (entry: StatusEntry): z.infer<typeof entrySchema> => ({
  version: entry.version,
  at: isoTime(entry.at),
  event: entry.event,
  ...presentFields(entry),
})

/** A connection's status alone. */
export const presentStatus = (connection: Connection): z.infer<typeof connectionStatusSchema> => ({
  id: connection.id,
  ...presentFields(connection),
})

/** How many of a company's connections are in each status. */
export function presentCounts(
  companyId: string,
  statuses: Partial<Record<ConnectionStatus, number>>,
): z.infer<typeof companyStatusSchema> {
  const sum = (of: readonly ConnectionStatus[]): number =>
    of.reduce((total, status) => total + (statuses[status] ?? 0), 0)
  return {
    companyId,
    total: sum(CONNECTION_STATUSES),
    needsAttention: sum(ATTENTION_STATUSES),
    statuses,
  }
}

/** How a rule fared. */
export const presentRule = (one: RuleResult): z.infer<typeof ruleSchema> => ({
  rule: one.rule,
  utility: one.utility,
  accepted: one.accepted,
  rejected: one.rejected,
  lastAccepted: isoTimeOrNull(one.lastAcceptedAt),
  lastRejected: isoTimeOrNull(one.lastRejectedAt),
})
