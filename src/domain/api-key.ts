import { createHash, randomBytes } from 'node:crypto'

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

/** A new API key: 32 random bytes behind a prefix that secret scanners and people recognise. */
export const newApiKey = (): string => `mr_${randomBytes(32).toString('base64url')}`

/** What is stored of a key and looked up: its SHA-256 as hex. Keys are random, so a slow hash adds nothing. */
export const hashApiKey = (key: string): string => createHash('sha256').update(key).digest('hex')
