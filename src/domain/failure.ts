/**
 * What can go wrong for a caller, as a value that each door translates once (HTTP status, SMTP reply,
 * exit code). Anything that is not a Failure is a fault of ours and is shown to nobody.
 */
export type FailureCode =
  | 'invalid_request'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'unknown_utility'
  | 'sms_relay_not_enabled'
  | 'no_number_available'
  | 'attempt_open'
  | 'attempt_over'
  | 'company_inactive'
  | 'conflict'
  | 'idempotency_key_reused'
  | 'signature_invalid'
  | 'too_large'
  | 'too_many_requests'
  | 'unavailable'
  | 'upstream_failed'

/** A failure that its receiver can act on: `code` for programs, `message` for people. */
export class Failure extends Error {
  readonly code: FailureCode
  readonly details: Record<string, unknown> | undefined

  constructor(code: FailureCode, message: string, details?: Record<string, unknown>) {
    super(message)
    this.name = 'Failure'
    this.code = code
    this.details = details
  }
}
