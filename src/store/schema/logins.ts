import type { AttemptPurpose } from '../../domain/attempt.ts'
import type { Flag, Sealed } from './columns.ts'

type AttemptTable = {
  id: string
  connection_id: string
  runner: string | null
  purpose: AttemptPurpose
  opened_at: number
  expires_at: number
  closed_at: number | null
  outcome: string | null
}

type TestLoginTable = {
  id: string
  connection_id: string
  company_id: string
  utility: string
  asked_at: number
  asked_by: string
  expires_at: number
  attempt_id: string | null
  is_over: Flag
}

/** Logins, whose turn they are, and what they are answered with beside codes that arrive. */
export type LoginTables = {
  attempt: AttemptTable
  attempt_source: { attempt_id: string; source: string }
  source_hold: { source: string; attempt_id: string; held_until: number }
  lease_turn: {
    company_id: string
    utility: string
    due_at: number | null
    is_waiting: Flag
    served: number
  }
  totp_step: { connection_id: string; ends_at: number; id: string; attempt_id: string; claimed_at: number }
  security_answer: {
    id: string
    connection_id: string
    company_id: string
    utility: string
    question: string
    answer: Sealed
  }
  test_login: TestLoginTable
}
