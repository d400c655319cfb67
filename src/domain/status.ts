import type { Outcome } from './attempt.ts'
import { CONNECTION_STATUSES, type Connection, type ConnectionStatus } from './connection.ts'
import type { Cause } from './diagnosis.ts'
import { Failure } from './failure.ts'
import { CREDENTIAL_STATUSES, STATUS_BOOK } from './status-book.ts'

/** The fields of a connection that its status consists of. Instants in ms UTC. */
export type StatusChange = Pick<
  Connection,
  | 'status'
  | 'statusFirstSeenAt'
  | 'statusLastUpdateAt'
  | 'statusErrorDetail'
  | 'statusCause'
  | 'statusSuggestion'
>

/** What can happen to a status. Time passing is none of it: a connection that is quiet is not broken. */
export type StatusEvent =
  /**
   * A runner told how a login ended; without a status it may have crashed, which is not the customer's fault.
   * `openedAt`: when that login began. What changed since then it cannot know about.
   */
  | { readonly kind: 'outcome'; readonly outcome: Outcome; readonly openedAt?: number }
  /** Why the login broke was found in what is stored. */
  | {
      readonly kind: 'diagnosed'
      readonly cause: Cause
      readonly detail: string
      readonly suggestion: string | null
      /** What somebody said of it, which stands; by default what is there, as if nothing was found before. */
      readonly said?: string | null
    }
  | { readonly kind: 'credentials_changed' }
  | { readonly kind: 'mfa_configured' }
  | { readonly kind: 'company_deactivated' }
  /** `former`: what the connection was before; null where that is not known. */
  | { readonly kind: 'company_reactivated'; readonly former: StatusChange | null }
  | { readonly kind: 'investigation_started'; readonly note: string | null }
  /** The team is done: the connection goes where it says. */
  | { readonly kind: 'investigation_ended'; readonly status: ConnectionStatus; readonly note: string | null }

/** Set as cause while somebody's repair waits for the login that proves it. */
export const AWAITING_LOGIN = 'awaiting_login'

/** What a login can show. `PENDING` is before all logins, `COMPANY_INACTIVE` is no matter of logins. */
export const OBSERVABLE: readonly ConnectionStatus[] = CONNECTION_STATUSES.filter(
  (status) => status !== 'PENDING' && status !== 'COMPANY_INACTIVE',
)

/**
 * Where each status may go. The published diagram is part of it; the rest is ours, because a portal shows what it
 * shows, whatever it showed before: see docs/decisions/060-status-machine.md.
 */
export const MOVES: Readonly<Record<ConnectionStatus, readonly ConnectionStatus[]>> = {
  ...(Object.fromEntries(
    CONNECTION_STATUSES.map((status) => [status, [...OBSERVABLE, 'COMPANY_INACTIVE']]),
  ) as Record<ConnectionStatus, ConnectionStatus[]>),
  COMPANY_INACTIVE: ['PENDING', ...OBSERVABLE],
}

/**
 * The status after an event, or null where the event changes nothing.
 *
 * @param now ms UTC; where clocks disagree, time in a status still never runs backwards
 * @throws Failure `conflict` when the move is not allowed; its message says why
 */
export function moveStatus(current: StatusChange, event: StatusEvent, now: number): StatusChange | null {
  const at = Math.max(now, current.statusLastUpdateAt)
  switch (event.kind) {
    case 'outcome':
      return afterLogin(current, event, at)
    case 'diagnosed':
      return explain(current, event)
    case 'credentials_changed':
      return CREDENTIAL_STATUSES.includes(current.status)
        ? awaitLogin(current, 'There are new credentials. The next login shows whether they work.', at)
        : null
    case 'mfa_configured':
      return current.status === 'MFA_TOKEN_EXPIRED'
        ? awaitLogin(
            current,
            'The way of the codes was set up anew. The next login shows whether it works.',
            at,
          )
        : null
    case 'company_deactivated':
      return current.status === 'COMPANY_INACTIVE' ? null : go(current, { status: 'COMPANY_INACTIVE' }, at)
    case 'company_reactivated':
      return comeBack(current, event.former, at)
    case 'investigation_started':
      if (current.status === 'COMPANY_INACTIVE') throw refused(current.status, 'UNDER_INVESTIGATION')
      return go(current, { status: 'UNDER_INVESTIGATION', detail: event.note }, at)
    case 'investigation_ended':
      requireStatus(current, 'UNDER_INVESTIGATION', 'No investigation is under way')
      return go(current, { status: event.status, detail: event.note }, at)
  }
}

/** Whether a status may become another; the same one again is always allowed, as logins repeat. */
export const mayMove = (from: ConnectionStatus, to: ConnectionStatus): boolean =>
  from === to || MOVES[from].includes(to)

function afterLogin(
  current: StatusChange,
  { outcome, openedAt }: { outcome: Outcome; openedAt?: number },
  at: number,
): StatusChange | null {
  const { status, detail = null } = outcome
  if (status === undefined) return null
  // The company was deactivated while the login ran: the attempt is closed, the status stays.
  if (current.status === 'COMPANY_INACTIVE') return null
  if (!OBSERVABLE.includes(status)) throw refused(current.status, status)
  // A login that began before the last change, say before new credentials, tells about a past that is over.
  if (openedAt !== undefined && openedAt < current.statusLastUpdateAt) return null
  const isSame = status === current.status && current.statusCause !== AWAITING_LOGIN
  return {
    ...go(current, { status, detail }, at),
    // What was diagnosed before says nothing about another status, nor about a repair that did not help.
    statusCause: isSame ? current.statusCause : null,
    statusSuggestion: isSame ? current.statusSuggestion : null,
  }
}

/** Only words change: neither when the status was first seen nor when it was last confirmed. */
function explain(
  current: StatusChange,
  {
    cause,
    detail,
    suggestion,
    said = current.statusErrorDetail,
  }: Extract<StatusEvent, { kind: 'diagnosed' }>,
): StatusChange | null {
  const isBroken = !['PENDING', 'CONNECTED', 'COMPANY_INACTIVE'].includes(current.status)
  // A repair under way has made the old cause history.
  if (!isBroken || current.statusCause === AWAITING_LOGIN) return null
  // Counts and times in the detail may have gone on; that is no news.
  const isKnown = current.statusCause === cause && current.statusSuggestion === suggestion
  if (isKnown && current.statusErrorDetail !== null) return null
  return {
    ...current,
    statusErrorDetail: said ?? detail,
    statusCause: cause,
    statusSuggestion: suggestion,
  }
}

/** As published, a status that the customer mended stays until a login proves it. */
const awaitLogin = (current: StatusChange, suggestion: string, at: number): StatusChange => ({
  ...current,
  statusLastUpdateAt: at,
  statusErrorDetail: null,
  statusCause: AWAITING_LOGIN,
  statusSuggestion: suggestion,
})

function comeBack(current: StatusChange, former: StatusChange | null, at: number): StatusChange {
  requireStatus(current, 'COMPANY_INACTIVE', 'The connection is not inactive')
  if (former === null || former.status === 'COMPANY_INACTIVE') return go(current, { status: 'PENDING' }, at)
  return {
    ...go(current, { status: former.status, detail: former.statusErrorDetail }, at),
    ...causeOf(former),
  }
}

const causeOf = ({ statusCause, statusSuggestion }: StatusChange) => ({ statusCause, statusSuggestion })

function go(
  current: StatusChange,
  { status, detail = null }: { status: ConnectionStatus; detail?: string | null },
  at: number,
): StatusChange {
  if (!mayMove(current.status, status)) throw refused(current.status, status)
  return {
    status,
    statusFirstSeenAt: status === current.status ? current.statusFirstSeenAt : at,
    statusLastUpdateAt: at,
    statusErrorDetail: detail,
    statusCause: null,
    statusSuggestion: null,
  }
}

function reasonAgainst(from: ConnectionStatus, to: ConnectionStatus): string {
  if (from === 'COMPANY_INACTIVE') return 'Reactivate the company first'
  return to === 'COMPANY_INACTIVE'
    ? 'Only deactivating its company makes a connection inactive'
    : 'A connection is pending only until its first login'
}

function requireStatus(current: StatusChange, status: ConnectionStatus, why: string): void {
  if (current.status === status) return
  throw new Failure('conflict', `${why}: the connection is ${STATUS_BOOK[current.status].displayName}`, {
    status: current.status,
  })
}

const refused = (from: ConnectionStatus, to: ConnectionStatus): Failure =>
  new Failure('conflict', `${from} cannot become ${to}. ${reasonAgainst(from, to)}.`, { from, to })
