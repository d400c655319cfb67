import type { Outcome } from './attempt.ts'
import type { Connection } from './connection.ts'

/** The fields of a connection that its status consists of. */
export type StatusChange = Pick<
  Connection,
  | 'status'
  | 'statusFirstSeenAt'
  | 'statusLastUpdateAt'
  | 'statusErrorDetail'
  | 'statusCause'
  | 'statusSuggestion'
>

/**
 * How an outcome moves a connection's status, or null where it does not: a runner that reports no status may
 * have crashed, which is not the customer's fault.
 *
 * @param now ms UTC
 */
export function afterOutcome(connection: StatusChange, outcome: Outcome, now: number): StatusChange | null {
  const { status, detail } = outcome
  if (status === undefined) return null
  const isSame = status === connection.status
  return {
    status,
    statusFirstSeenAt: isSame ? connection.statusFirstSeenAt : now,
    statusLastUpdateAt: now,
    statusErrorDetail: detail ?? null,
    // What was diagnosed before says nothing about another status.
    statusCause: isSame ? connection.statusCause : null,
    statusSuggestion: isSame ? connection.statusSuggestion : null,
  }
}
