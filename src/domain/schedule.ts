import type { Connection } from './connection.ts'
import { type Retry, retryAfter } from './login-result.ts'
import { AWAITING_LOGIN, type StatusEvent } from './status.ts'

/*
 * When a connection's next login is due. Weekly, at the hour at which the customer came to us, whatever delays there
 * were in between; sooner where something may pass by itself; not at all where another try could lock the customer
 * out. Written down with what changes it; see docs/decisions/063-schedule.md.
 */

/** What the schedule keeps of a connection. Instants in ms UTC. */
export type Schedule = {
  /** Null: not by itself. */
  readonly nextLoginAt: number | null
  /** Logins since one came to a good end; they make the pauses grow. */
  readonly failures: number
  /** When credentials or set-up changed last. What an earlier login tells is about a past that is over. */
  readonly changedAt: number
}

/** What is looked at. */
export type Scheduled = Schedule &
  Pick<Connection, 'id' | 'createdAt' | 'status' | 'statusCause' | 'mfaMethod'> & {
    readonly hasCredentials: boolean
  }

/** What moves a schedule: everything that may move a status, and the lives of logins. */
export type ScheduleEvent =
  | StatusEvent
  | { readonly kind: 'created' }
  /** A login began. If nothing more is heard of it, it will have ended at `expiresAt`. */
  | { readonly kind: 'opened'; readonly expiresAt: number }
  | { readonly kind: 'extended'; readonly expiresAt: number }

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const WEEK = 7 * DAY

/** Until the first login of a connection whose second factor has not been set up yet: it may follow at once. */
export const SETTLE_MS = MINUTE
/** After a login that a delay brought near the next, that one is left out. */
export const LEAST_GAP_MS = WEEK / 2
/** So far logins that began together are spread. */
export const JITTER_MS = DAY
/** A site that is down: doubling, and some minutes more or less so that its customers do not come back as one. */
const FIRST_BACKOFF_MS = 2 * HOUR
/** A runner that died: soon, then ever more seldom: six logins in the first day, then one a day. */
const FIRST_CRASH_PAUSE_MS = 5 * MINUTE
const CRASH_FACTOR = 3
const LONGEST_PAUSE_MS = DAY

/**
 * The schedule after an event; the same object where nothing changes.
 *
 * @param connection as it was before the event
 */
export function scheduleAfter(connection: Scheduled, event: ScheduleEvent, now: number): Schedule {
  switch (event.kind) {
    case 'created':
      return at(connection, connection.hasCredentials ? now + SETTLE_MS : null)
    case 'credentials_changed':
    case 'mfa_configured':
      return afterRepair(connection, event.kind, now)
    case 'opened':
      return afterOpening(connection, event.expiresAt)
    case 'extended':
      return push(connection, event.expiresAt + crashPause(connection.failures))
    case 'outcome':
      return afterLogin(connection, event, now)
    case 'company_deactivated':
    case 'investigation_started':
      return at(connection, null)
    case 'company_reactivated':
      return resume(connection, event.former ?? { status: 'PENDING', statusCause: null }, now)
    case 'investigation_ended':
      return resume(connection, { status: event.status, statusCause: null }, now)
    case 'diagnosed':
      return connection
  }
}

/** The first instant of the connection's own week that leaves a sensible gap after `after`. */
export function weekly({ id, createdAt }: Pick<Connection, 'id' | 'createdAt'>, after: number): number {
  const first = createdAt + jitter(id)
  const weeks = Math.ceil((after + LEAST_GAP_MS - first) / WEEK)
  return first + Math.max(1, weeks) * WEEK
}

/** Stable: from the connection's id, 0 to a day. */
export const jitter = (id: string): number => Math.floor(fraction(id) * JITTER_MS)

const at = (connection: Scheduled, nextLoginAt: number | null): Schedule => ({
  ...keep(connection),
  nextLoginAt,
})

const keep = ({ nextLoginAt, failures, changedAt }: Schedule): Schedule => ({
  nextLoginAt,
  failures,
  changedAt,
})

/** Never sooner than it is due anyway; what is not due by itself stays so. */
const push = (connection: Scheduled, until: number): Schedule =>
  connection.nextLoginAt === null || connection.nextLoginAt >= until ? connection : at(connection, until)

/** At once; unless what is broken is something else, or somebody has to let the connection go first. */
function afterRepair(
  connection: Scheduled,
  kind: 'credentials_changed' | 'mfa_configured',
  now: number,
): Schedule {
  const changed = { ...connection, changedAt: now }
  if (!connection.hasCredentials) return at(changed, null)
  if (isHeld(connection.status)) return at(changed, null)
  if (kind === 'mfa_configured' && isPasswordBroken(connection)) return keep(changed)
  return { nextLoginAt: now, failures: 0, changedAt: now }
}

/** As if nothing more will be heard: whoever reports overwrites it, and a dead runner leaves it standing. */
function afterOpening(connection: Scheduled, expiresAt: number): Schedule {
  const failures = connection.failures + 1
  const pushed = push(connection, expiresAt + crashPause(failures))
  return pushed === connection ? connection : { ...pushed, failures }
}

function afterLogin(
  connection: Scheduled,
  { outcome, openedAt }: Extract<StatusEvent, { kind: 'outcome' }>,
  now: number,
): Schedule {
  if (!connection.hasCredentials || isHeld(connection.status)) return at(connection, null)
  if (openedAt !== undefined && openedAt < connection.changedAt) {
    // It ran with what was replaced meanwhile: the login with the new is due, unless that has ended for good already.
    return connection.nextLoginAt === null
      ? connection
      : at(connection, Math.min(connection.nextLoginAt, now))
  }
  // A runner that died tells nothing: what waits for a repair goes on waiting, also after a test that somebody asked for.
  const isUntold = outcome.status === undefined && outcome.code !== 'rejected'
  if (isUntold && connection.nextLoginAt === null) return connection
  return afterRetry(connection, retryAfter(outcome), now)
}

function afterRetry(connection: Scheduled, retry: Retry, now: number): Schedule {
  if (retry === 'as_scheduled') return { ...at(connection, weekly(connection, now)), failures: 0 }
  if (retry !== 'in_hours') return at(connection, null)
  const failures = Math.max(1, connection.failures)
  return { ...at(connection, now + backoff(connection.id, failures)), failures }
}

/** After a pause in which no login was allowed: at once, if the status that it comes back to allows one. */
function resume(
  connection: Scheduled,
  { status, statusCause }: Pick<Connection, 'status' | 'statusCause'>,
  now: number,
): Schedule {
  const mayTry =
    ['as_scheduled', 'in_hours'].includes(retryAfter({ status })) || statusCause === AWAITING_LOGIN
  if (!connection.hasCredentials || !mayTry || isHeld(status)) return at(connection, null)
  return { ...at(connection, now), failures: 0 }
}

const isHeld = (status: Connection['status']): boolean =>
  status === 'COMPANY_INACTIVE' || status === 'UNDER_INVESTIGATION'

/** A new way for codes mends no password, and a wrong one typed again may lock the customer out. */
const isPasswordBroken = ({ status, statusCause }: Scheduled): boolean =>
  (status === 'PASSWORD_INCORRECT' || status === 'NEW_PASSWORD_NEEDED') && statusCause !== AWAITING_LOGIN

const backoff = (id: string, failures: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1)) + Math.floor(fraction(id) * (HOUR / 4))

const crashPause = (failures: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_CRASH_PAUSE_MS * CRASH_FACTOR ** Math.max(0, failures - 1))

/** 0 to below 1, spread evenly over ids (FNV-1a, with a last stir: ids differ in few characters). */
function fraction(id: string): number {
  let hash = 0x811c9dc5
  for (const character of id) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return ((hash ^ (hash >>> 12)) >>> 0) / 2 ** 32
}
