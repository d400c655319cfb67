/** What a key may do: see the matrix in docs/api.md. */
export const KEY_SCOPES = ['admin', 'company', 'runner', 'inbound'] as const
export type KeyScope = (typeof KEY_SCOPES)[number]

/** An API key; the key itself is never stored, only its SHA-256. */
export type ApiKey = {
  readonly id: string
  readonly scope: KeyScope
  /** The one company of a `company` key; `runner` keys may be bound to one too. */
  readonly companyId: string | null
  readonly label: string | null
  readonly createdAt: number
  readonly revokedAt: number | null
}

/** One entry of the audit log: who saw or changed what. Never holds a secret. */
export type AuditEntry = {
  readonly id: string
  readonly at: number
  /** `key:<id>`, `admin`, `recipient:<id>`, `system`. */
  readonly actor: string
  /** `code.claimed`, `message.viewed`, `message.released`, `credentials.leased`, `key.created` … */
  readonly action: string
  readonly subject: string
  readonly detail: string | null
}
