import type { ConnectionStatus } from '../../domain/connection.ts'
import type { StatusEvent } from '../../domain/status.ts'

type StatusChangeTable = {
  connection_id: string
  version: number
  at: number
  event: StatusEvent['kind'] | 'created'
  status: ConnectionStatus
  status_first_seen_at: number
  status_last_update_at: number
  status_error_detail: string | null
  status_cause: string | null
  status_suggestion: string | null
}

type RefusalTable = {
  address: string
  connection_id: string
  /** Days since 1970, UTC. */
  day: number
  count: number
  first_at: number
  last_at: number
  last_sender: string
}

type RuleResultTable = {
  rule: string
  utility: string
  accepted: number
  rejected: number
  last_accepted_at: number | null
  last_rejected_at: number | null
}

/** How connections fared, and what tells why logins break. */
export type StatusTables = {
  status_change: StatusChangeTable
  refusal: RefusalTable
  rule_result: RuleResultTable
}
