import type { CodeOutcome, SeenMessage, Status } from './types.ts'

/** The relay answered that it cannot do what was asked. */
export class RelayError extends Error {
  /** For programs, e.g. `attempt_open`, `attempt_over`, `not_found`. */
  readonly code: string
  /** The HTTP status. */
  readonly status: number
  readonly details: Readonly<Record<string, unknown>>

  constructor(status: number, code: string, message: string, details: Record<string, unknown> = {}) {
    super(message)
    this.name = 'RelayError'
    this.status = status
    this.code = code
    this.details = details
  }
}

/** The relay could not be reached, or did not answer sensibly, for as long as it was tried. */
export class RelayUnreachable extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'RelayUnreachable'
  }
}

/** The login went well, but the relay could not be told. The function's result is here. */
export class OutcomeNotReported extends Error {
  readonly result: unknown

  constructor(result: unknown, cause: unknown) {
    super('The login succeeded, but its outcome could not be reported', { cause })
    this.name = 'OutcomeNotReported'
    this.result = result
  }
}

/**
 * Thrown inside {@link Relay.login} to say how the login failed; the connection moves to `status`. Use one of the
 * classes below.
 */
export class LoginFailed extends Error {
  readonly status: Status
  /** What became of the code; absent: not known. */
  readonly codeOutcome: CodeOutcome | undefined

  /** @param detail for support staff; may be shown to customers, so no secrets */
  constructor(status: Status, detail: string, codeOutcome?: CodeOutcome) {
    super(detail)
    this.name = new.target.name
    this.status = status
    this.codeOutcome = codeOutcome
  }
}

/** The portal refused the user name or the password. */
export class PasswordIncorrect extends LoginFailed {
  constructor(detail = 'The portal refused the user name or password') {
    super('PASSWORD_INCORRECT', detail)
  }
}

/** The portal insists on a new password. */
export class NewPasswordNeeded extends LoginFailed {
  constructor(detail = 'The portal asks for a new password') {
    super('NEW_PASSWORD_NEEDED', detail)
  }
}

/** The portal asks for something that was not provided. */
export class AdditionalCredentialsNeeded extends LoginFailed {
  constructor(detail = 'The portal asks for more than user name and password') {
    super('ADDITIONAL_CREDENTIALS_NEEDED', detail)
  }
}

/** The portal asks a security question that nobody has answered for us. */
export class UnknownQuestion extends AdditionalCredentialsNeeded {
  /** The questions that are known; they must match to the letter. */
  readonly known: readonly string[]

  constructor(question: string, known: readonly string[]) {
    super(`No answer is known to the security question "${question}"`)
    this.known = known
  }
}

/** The portal is down. */
export class WebsiteDown extends LoginFailed {
  constructor(detail = 'The portal is down') {
    super('WEBSITE_DOWN', detail)
  }
}

/** The portal's address cannot be reached. */
export class UrlInaccessible extends LoginFailed {
  constructor(detail = 'The portal’s address cannot be reached') {
    super('URL_INACCESSIBLE', detail)
  }
}

/** The login worked, but there are no accounts behind it. */
export class NoAccountsFound extends LoginFailed {
  constructor(detail = 'There are no accounts behind this login') {
    super('NO_ACCOUNTS_FOUND', detail)
  }
}

/** Anything else that is the portal's or the customer's. */
export class OtherError extends LoginFailed {
  constructor(detail: string) {
    super('OTHER_ERROR', detail)
  }
}

/** The second factor could not be completed. */
export class MfaTokenExpired extends LoginFailed {
  constructor(detail = 'The second factor could not be completed', codeOutcome?: CodeOutcome) {
    super('MFA_TOKEN_EXPIRED', detail, codeOutcome)
  }
}

/** The portal refused the code. It is never offered again. */
export class CodeRejected extends MfaTokenExpired {
  constructor(detail = 'The portal refused the code') {
    super(detail, 'rejected')
  }
}

/** No code came in time. Thrown by {@link Login.code}. */
export class CodeTimeout extends MfaTokenExpired {
  /** What arrived meanwhile, and why it was no code. */
  readonly seen: readonly SeenMessage[]

  constructor(waitedMs: number, seen: readonly SeenMessage[]) {
    const seconds = Math.round(waitedMs / 1000)
    super(`No code came within ${seconds} s; ${describe(seen)}`, 'not_received')
    this.seen = seen
  }
}

function describe(seen: readonly SeenMessage[]): string {
  if (seen.length === 0) return 'nothing arrived meanwhile'
  return `arrived meanwhile: ${seen.map(({ text }) => text).join('; ')}`
}
