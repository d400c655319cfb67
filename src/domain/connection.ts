/** All twelve statuses of a connection, as published. */
export const CONNECTION_STATUSES = [
  'PENDING',
  'UNDER_INVESTIGATION',
  'CONNECTED',
  'WEBSITE_DOWN',
  'URL_INACCESSIBLE',
  'NO_ACCOUNTS_FOUND',
  'OTHER_ERROR',
  'MFA_TOKEN_EXPIRED',
  'PASSWORD_INCORRECT',
  'NEW_PASSWORD_NEEDED',
  'ADDITIONAL_CREDENTIALS_NEEDED',
  'COMPANY_INACTIVE',
] as const
export type ConnectionStatus = (typeof CONNECTION_STATUSES)[number]

/** Statuses in which somebody has to act before data flows again. */
export const ATTENTION_STATUSES: readonly ConnectionStatus[] = [
  'MFA_TOKEN_EXPIRED',
  'PASSWORD_INCORRECT',
  'NEW_PASSWORD_NEEDED',
  'ADDITIONAL_CREDENTIALS_NEEDED',
  'NO_ACCOUNTS_FOUND',
  'URL_INACCESSIBLE',
  'OTHER_ERROR',
]

/** How codes are expected to reach a connection's logins. */
export const MFA_METHODS = [
  'managed_forwarding',
  'inbox_forwarding',
  'sms',
  'security_questions',
  'authenticator',
  'automatic',
  'disabled',
] as const
export type MfaMethod = (typeof MFA_METHODS)[number]

/** Who owns connections. */
export type Company = {
  readonly id: string
  readonly name: string
  readonly externalId: string | null
  /** Opaque name for pages and events. */
  readonly publicId: string
  readonly features: { readonly smsRelay: boolean }
  /** Address domains of its own: recipients there need not confirm. Set by administrators only. */
  readonly vouchedDomains: readonly string[]
  /** Who at the company is told when something needs them. */
  readonly contactEmail: string | null
  /** Whether people are told by mail what needs them. */
  readonly notices: boolean
  readonly isActive: boolean
  readonly createdAt: number
  readonly updatedAt: number
}

/** One customer's login at one utility. Instants in ms UTC. */
export type Connection = {
  readonly id: string
  readonly companyId: string
  /** A utility id, or `other`. */
  readonly utility: string
  readonly url: string | null
  readonly country: string | null
  readonly externalId: string | null
  readonly connectionOwnerEmail: string | null
  readonly initialSites: readonly string[]
  readonly utilityTypes: readonly string[]
  /** ISO date. */
  readonly dataCollectionStartDate: string | null
  readonly username: string | null
  readonly hasPassword: boolean
  readonly mfaMethod: MfaMethod | null
  readonly inboxAddresses: readonly string[]
  readonly status: ConnectionStatus
  readonly statusFirstSeenAt: number
  readonly statusLastUpdateAt: number
  readonly statusErrorDetail: string | null
  readonly statusCause: string | null
  readonly statusSuggestion: string | null
  /** Rises with every change, and with every event about it. */
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}
