import type { ConnectionStatus } from '../../src/domain/connection.ts'
import type { StatusChange, StatusEvent } from '../../src/domain/status.ts'

/* Where connections stand, and what is told of them. */

export const T0 = Date.UTC(2026, 2, 1)
export const HOUR = 3_600_000

/** Since T0, unless a test says otherwise. */
export const standing = (status: ConnectionStatus, change: Partial<StatusChange> = {}): StatusChange => ({
  status,
  statusFirstSeenAt: T0,
  statusLastUpdateAt: T0,
  statusErrorDetail: null,
  statusCause: null,
  statusSuggestion: null,
  ...change,
})

/** What a login showed. */
export const reported = (status: ConnectionStatus, openedAt?: number): StatusEvent => ({
  kind: 'outcome',
  outcome: { status },
  ...(openedAt === undefined ? {} : { openedAt }),
})
