import type { Attempt } from '../domain/attempt.ts'
import type { Connection } from '../domain/connection.ts'
import type { LoginPlan } from '../domain/next-login.ts'
import type { Idempotency } from './attempt-store.ts'

/* The part of the store's port that hands out logins that are due. */

export type LeaseStore = {
  /**
   * Opens an attempt for the connection whose turn it is, and unseals its credentials; audited as
   * `credentials.leased`. Null: none is due. The same key gets the same attempt; credentials are not kept with it but
   * unsealed anew.
   *
   * @throws Failure `attempt_over` when a repeated lease has ended meanwhile, `idempotency_key_reused`
   */
  leaseLogin(request: LeaseRequest, idempotency?: Idempotency): Promise<Lease | null>
  /** What is known of when a connection's next login is due. Null: no such connection. */
  getLoginPlan(connectionId: string, now: number): Promise<LoginPlan | null>
}

export type LeaseRequest = {
  /** Of the attempt that is opened. */
  readonly attemptId: string
  readonly runner: string
  readonly now: number
  readonly expiresAt: number
  readonly actor: string
  /** Only connections at these; unset: at all. */
  readonly utilities?: readonly string[]
  /** Only this company's. */
  readonly companyId?: string
}

export type Lease = {
  readonly attempt: Attempt
  readonly connection: Connection
  readonly credentials: Credentials
}

/** What a login types. Answers and codes are asked for when the portal asks. */
export type Credentials = {
  readonly username: string | null
  readonly password: string | null
  readonly securityQuestions: readonly string[]
}
