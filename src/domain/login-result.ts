import type { Attempt, Outcome } from './attempt.ts'

/**
 * What one login says about the way of its code. `untold`: nobody reported, so nothing follows from it.
 * `other`: it broke for a reason that has nothing to do with codes.
 */
export type LoginResult =
  | 'worked'
  | 'worked_without_code'
  | 'not_received'
  | 'rejected'
  | 'never_asked'
  | 'other'
  | 'untold'

/** Reads an outcome. A runner that says only `MFA_TOKEN_EXPIRED` means that no code came. */
export function loginResult({ outcome }: Pick<Attempt, 'outcome'>): LoginResult {
  if (outcome === null) return 'untold'
  const { status, code } = outcome
  if (code === 'rejected' || code === 'not_received') return code
  if (status === 'CONNECTED' || status === 'NO_ACCOUNTS_FOUND') {
    return code === 'accepted' ? 'worked' : 'worked_without_code'
  }
  // The portal took the code, whatever went wrong behind it.
  if (code === 'accepted') return status === 'MFA_TOKEN_EXPIRED' ? 'other' : 'worked'
  const isVague = status === 'MFA_TOKEN_EXPIRED' || status === 'OTHER_ERROR'
  if (isVague && code === 'not_requested') return 'never_asked'
  if (status === 'MFA_TOKEN_EXPIRED') return 'not_received'
  return status === undefined ? 'untold' : 'other'
}

/** Whether the login broke on its second factor. */
export const brokeOnCode = (attempt: Pick<Attempt, 'outcome'>): boolean =>
  ['not_received', 'rejected', 'never_asked'].includes(loginResult(attempt))

/** When the login was over, ms UTC: told, or expired. */
export const endOf = ({ closedAt, expiresAt }: Pick<Attempt, 'closedAt' | 'expiresAt'>): number =>
  closedAt === null ? expiresAt : closedAt

/** When another login may be tried by itself. */
export type Retry =
  /** As the schedule says. */
  | 'as_scheduled'
  /** In some hours: the site is down, or something passed that nobody can name. */
  | 'in_hours'
  /** Not before credentials or set-up have changed, or a person asks: portals lock accounts. */
  | 'after_change'
  /** Not while the company is inactive or the team investigates. */
  | 'when_released'

/**
 * What an outcome means for the next login. A wrong code is never followed by another try of our own, whatever
 * status the runner reported with it: the next wrong one may lock the customer out.
 */
export function retryAfter(outcome: Outcome | null): Retry {
  if (outcome?.code === 'rejected') return 'after_change'
  switch (outcome?.status) {
    case 'MFA_TOKEN_EXPIRED':
    case 'PASSWORD_INCORRECT':
    case 'NEW_PASSWORD_NEEDED':
    case 'ADDITIONAL_CREDENTIALS_NEEDED':
      return 'after_change'
    case 'UNDER_INVESTIGATION':
    case 'COMPANY_INACTIVE':
      return 'when_released'
    case undefined:
    case 'WEBSITE_DOWN':
    case 'URL_INACCESSIBLE':
    case 'OTHER_ERROR':
      return 'in_hours'
    default:
      return 'as_scheduled'
  }
}
