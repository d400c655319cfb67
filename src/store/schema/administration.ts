import type { KeyScope } from '../../domain/api-key.ts'
import type { Sealed } from './columns.ts'

/** What the store keeps about itself and about who uses it. */
export type AdministrationTables = {
  meta: { name: string; value: string }
  key_check: { key_id: string; sealed: Sealed; created_at: number }
  api_key: {
    id: string
    hash: string
    scope: KeyScope
    company_id: string | null
    label: string | null
    created_at: number
    revoked_at: number | null
  }
  audit: {
    id: string
    at: number
    actor: string
    action: string
    subject: string
    detail: string | null
  }
  idempotency: { scope: string; key: string; fingerprint: string; answer: Sealed; created_at: number }
}
