import { z } from '@hono/zod-openapi'
import {
  ATTENTION_STATUSES,
  CONNECTION_STATUSES,
  type Company,
  type Connection,
  MFA_METHODS,
} from '../domain/connection.ts'
import { DUE_REASONS, type LoginPlan, nextLogin } from '../domain/next-login.ts'
import { instant, isoTime, isoTimeOrNull } from '../http/schemas.ts'

/* Companies and connections as the API shows them, under the product's published names where it has them. */

export const companySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    externalId: z.string().nullable(),
    publicId: z.string(),
    features: z.object({ smsRelay: z.boolean() }),
    vouchedDomains: z.array(z.string()),
    contactEmail: z.string().nullable(),
    notices: z.boolean(),
    isActive: z.boolean(),
    created: instant,
    updated: instant,
  })
  .openapi('Company')

export const connectionSchema = z
  .object({
    id: z.string(),
    companyId: z.string(),
    utility: z.string().openapi({ description: 'a utility id, or `other`' }),
    datasource: z.object({ name: z.string(), url: z.string().nullable() }),
    url: z.string().nullable(),
    country: z.string().nullable(),
    externalId: z.string().nullable(),
    connectionOwnerEmail: z.string().nullable(),
    initialSites: z.array(z.string()),
    utilityTypes: z.array(z.string()),
    dataCollectionStartDate: z.string().nullable(),
    connectionType: z
      .enum(['online', 'email'])
      .openapi({ description: '`email`: no user name and no password, so nobody logs in' }),
    username: z.string().nullable(),
    hasPassword: z.boolean(),
    mfaMethod: z.enum(MFA_METHODS).nullable(),
    status: z.enum(CONNECTION_STATUSES),
    statusFirstSeenTime: instant,
    statusLastUpdateTime: instant,
    statusErrorDetail: z.string().nullable(),
    statusCause: z.string().nullable(),
    statusSuggestion: z.string().nullable(),
    needsAttention: z.boolean(),
    version: z.number().int(),
    created: instant,
    updated: instant,
  })
  .openapi('Connection')

export const connectionDetailsSchema = connectionSchema
  .extend({
    schedule: z.object({
      nextDueAt: instant.nullable().openapi({ description: 'null: not before something happens' }),
      why: z.enum(DUE_REASONS),
      text: z.string(),
      failures: z.number().int().openapi({ description: 'logins since one came to a good end' }),
      lastLogin: z
        .object({
          attemptId: z.string(),
          at: instant,
          purpose: z.enum(['login', 'test_login']),
          status: z.enum(CONNECTION_STATUSES).nullable(),
        })
        .nullable(),
    }),
  })
  .openapi('ConnectionDetails')

/** When a connection's next login is due, and why. */
export const presentSchedule = (
  connection: Connection,
  plan: LoginPlan,
  now: number,
): z.infer<typeof connectionDetailsSchema>['schedule'] => {
  const { dueAt, why, text } = nextLogin(connection, plan, now)
  const { lastLogin: last, failures } = plan
  return {
    nextDueAt: isoTimeOrNull(dueAt),
    why,
    text,
    failures,
    lastLogin: last && {
      attemptId: last.id,
      at: isoTime(last.openedAt),
      purpose: last.purpose,
      status: last.outcome?.status ?? null,
    },
  }
}

/** A company with its instants as ISO text. */
export const presentCompany = (company: Company): z.infer<typeof companySchema> => ({
  id: company.id,
  name: company.name,
  externalId: company.externalId,
  publicId: company.publicId,
  features: company.features,
  vouchedDomains: [...company.vouchedDomains],
  contactEmail: company.contactEmail,
  notices: company.notices,
  isActive: company.isActive,
  created: isoTime(company.createdAt),
  updated: isoTime(company.updatedAt),
})

/**
 * A connection, never its password.
 *
 * @param utilityName what people call its utility
 */
export const presentConnection = (
  connection: Connection,
  utilityName: string | undefined,
): z.infer<typeof connectionSchema> => ({
  id: connection.id,
  companyId: connection.companyId,
  utility: connection.utility,
  datasource: { name: utilityName ?? connection.url ?? connection.utility, url: connection.url },
  url: connection.url,
  country: connection.country,
  externalId: connection.externalId,
  connectionOwnerEmail: connection.connectionOwnerEmail,
  initialSites: [...connection.initialSites],
  utilityTypes: [...connection.utilityTypes],
  dataCollectionStartDate: connection.dataCollectionStartDate,
  connectionType: connection.username !== null || connection.hasPassword ? 'online' : 'email',
  username: connection.username,
  hasPassword: connection.hasPassword,
  mfaMethod: connection.mfaMethod,
  status: connection.status,
  statusFirstSeenTime: isoTime(connection.statusFirstSeenAt),
  statusLastUpdateTime: isoTime(connection.statusLastUpdateAt),
  statusErrorDetail: connection.statusErrorDetail,
  statusCause: connection.statusCause,
  statusSuggestion: connection.statusSuggestion,
  needsAttention: ATTENTION_STATUSES.includes(connection.status),
  version: connection.version,
  created: isoTime(connection.createdAt),
  updated: isoTime(connection.updatedAt),
})
