import type { Connection } from '../../src/domain/connection.ts'
import { moveStatus, type StatusChange, type StatusEvent } from '../../src/domain/status.ts'
import type { Diagnosis } from '../../src/status/diagnosis/diagnosis.ts'

/** A connection's status as the machine alone sees it, with the repairs that the store does not know of yet. */
export type StatusLife = {
  /** After a login. @throws Error when store and machine disagree, or time in a status ran backwards */
  loggedIn(connection: Connection, at: number): void
  /** Support writes down the cause, the customer repairs. @throws Error when that alone moved the status */
  repaired(diagnosis: Diagnosis, at: number): void
}

/** Begins with a new connection. */
export function beginLife(start: number): StatusLife {
  let status: StatusChange = {
    status: 'PENDING',
    statusFirstSeenAt: start,
    statusLastUpdateAt: start,
    statusErrorDetail: null,
    statusCause: null,
    statusSuggestion: null,
  }
  const move = (event: StatusEvent, at: number): void => {
    const moved = moveStatus(status, event, at) ?? status
    if (moved.statusFirstSeenAt < status.statusFirstSeenAt) throw new Error('time ran backwards')
    status = moved
  }
  return {
    loggedIn(connection, at) {
      move({ kind: 'outcome', outcome: { status: connection.status }, openedAt: at }, at)
      if (status.status !== connection.status) throw new Error(`${connection.status} in the store, not here`)
    },
    repaired({ cause, summary, customer }, at) {
      const before = status.status
      move({ kind: 'diagnosed', cause, detail: summary, suggestion: customer }, at)
      move({ kind: 'mfa_configured' }, at)
      move({ kind: 'credentials_changed' }, at)
      if (status.status !== before) throw new Error('a repair is no proof')
    },
  }
}
