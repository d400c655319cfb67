/*
 * What a login runner imports: `import { Relay } from 'mfa-relay/client'`. No dependencies; runs wherever there is
 * a global fetch (Node 20 and newer).
 */

export {
  AdditionalCredentialsNeeded,
  CodeRejected,
  CodeTimeout,
  LoginFailed,
  MfaTokenExpired,
  NewPasswordNeeded,
  NoAccountsFound,
  OtherError,
  OutcomeNotReported,
  PasswordIncorrect,
  RelayError,
  RelayUnreachable,
  UnknownQuestion,
  UrlInaccessible,
  WebsiteDown,
} from './errors.ts'
export type { CodeOptions, Login } from './login.ts'
export type { CallOptions, LoginOptions, RelayOptions, WaitOptions } from './relay.ts'
export { isAttemptOpen, Relay } from './relay.ts'
export type {
  Attempt,
  Code,
  CodeOutcome,
  Factor,
  Fetch,
  Lease,
  LeaseRequest,
  Outcome,
  OutcomeAnswer,
  SeenMessage,
  Status,
} from './types.ts'
