/**
 * Why a login broke, as far as can be told from what is stored: the classes of the diagnosis and the values of
 * `statusCause`. What looks the same from here is one class. docs/diagnosis.md has a section for each.
 */
export const CAUSES = [
  'healthy',
  'nothing_arrived',
  'sender_moved',
  'format_changed',
  'untrusted',
  'arrived_late',
  'retired_address',
  'other_connection',
  'rejected_stale',
  'rejected_superseded',
  'rejected_wrong',
  'account_locked',
  'forwarding_unconfirmed',
  'works_on_and_off',
  'short_codes_blocked',
  'ambiguous',
  'candidate_held',
  'not_collected',
  'never_asked',
  'no_way_for_codes',
  'not_about_codes',
  'unknown',
] as const
export type Cause = (typeof CAUSES)[number]

/**
 * Who can mend it. `us`: the operator changes a definition, a pin or a setting. `customer`: a repair of the present
 * set-up. `another_way`: what is set up cannot be relied on, so climb to the next rung. `wait`: nothing to mend.
 */
export type Remedy = 'us' | 'customer' | 'another_way' | 'wait'
