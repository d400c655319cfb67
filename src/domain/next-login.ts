import type { Attempt } from './attempt.ts'
import type { Connection } from './connection.ts'
import { retryAfter } from './login-result.ts'
import { AWAITING_LOGIN } from './status.ts'

/* When the next login is due and why, in words: reads what schedule.ts has written down, and decides nothing. */

export const DUE_REASONS = [
  'running',
  'test_asked',
  'first_login',
  'changed',
  'weekly',
  'retry',
  'no_report',
  'no_credentials',
  'company_inactive',
  'investigation',
  'needs_repair',
] as const
export type DueReason = (typeof DUE_REASONS)[number]

/** What the store knows of a connection's logins. Instants in ms UTC. */
export type LoginPlan = {
  /** Null: not by itself. */
  readonly nextLoginAt: number | null
  /** Logins since one came to a good end. */
  readonly failures: number
  /** When credentials or set-up changed last. */
  readonly changedAt: number
  readonly hasCredentials: boolean
  readonly lastLogin: Attempt | null
  /** Until when a test login waits for a runner; null: none does. */
  readonly testUntil: number | null
}

export type NextLogin = {
  /** Null: not before something happens; see `why`. */
  readonly dueAt: number | null
  readonly why: DueReason
  readonly text: string
}

/** When a connection's next login is due, at `now`. */
export function nextLogin(
  connection: Pick<Connection, 'status' | 'statusCause'>,
  plan: LoginPlan,
  now: number,
): NextLogin {
  const why = whyDue(connection, plan, now)
  const dueAt = why === 'test_asked' ? now : why === 'running' ? null : plan.nextLoginAt
  return { dueAt, why, text: TEXTS[why] }
}

function whyDue(
  { status, statusCause }: Pick<Connection, 'status' | 'statusCause'>,
  { nextLoginAt, changedAt, hasCredentials, lastLogin, testUntil }: LoginPlan,
  now: number,
): DueReason {
  if (lastLogin && lastLogin.closedAt === null && lastLogin.expiresAt > now) return 'running'
  if (status === 'COMPANY_INACTIVE') return 'company_inactive'
  if (testUntil !== null && testUntil > now) return 'test_asked'
  if (!hasCredentials) return 'no_credentials'
  if (nextLoginAt === null) return status === 'UNDER_INVESTIGATION' ? 'investigation' : 'needs_repair'
  if (lastLogin === null) return 'first_login'
  if (statusCause === AWAITING_LOGIN || changedAt > lastLogin.openedAt) return 'changed'
  if (lastLogin.outcome === null) return 'no_report'
  return retryAfter(lastLogin.outcome) === 'in_hours' ? 'retry' : 'weekly'
}

const TEXTS: Readonly<Record<DueReason, string>> = {
  running: 'A login is under way; its end decides when the next is due.',
  test_asked: 'A test login was asked for: the next runner gets it.',
  first_login: 'The first login.',
  changed: 'Credentials or the way of the codes have changed: the next login shows whether they work.',
  weekly: 'Once a week, at the hour of this connection.',
  retry: 'The last login broke on something that may pass by itself.',
  no_report: 'The runner of the last login did not say how it ended.',
  no_credentials: 'Without user name and password nobody logs in: bills come by e-mail or upload.',
  company_inactive: 'The company is deactivated.',
  investigation: 'The team is looking into it.',
  needs_repair:
    'Not before the credentials or the way of the codes have changed: another try may lock the account.',
}
