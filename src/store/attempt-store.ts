import type { Attempt, Outcome, SeenMessage } from '../domain/attempt.ts'
import type { Code } from '../domain/code.ts'
import type { Connection } from '../domain/connection.ts'
import type { Channel } from '../domain/message.ts'

/** The part of the store's port that is for the login runner. */
export type AttemptStore = {
  /** @throws Failure `attempt_open` (details.attemptId, expiresAt), `not_found`, `idempotency_key_reused` */
  openAttempt(attempt: Attempt, idempotency?: Idempotency): Promise<Attempt>
  /** With the code sources it listens to. */
  getAttempt(id: string): Promise<{ attempt: Attempt; sources: readonly string[] } | null>
  /** Null: no such attempt. @throws Failure `attempt_over` */
  extendAttempt(id: string, change: { expiresAt: number; now: number }): Promise<Attempt | null>
  /**
   * Closes the attempt and moves the connection's status. One that expired may still tell its outcome. Null: no
   * such attempt. @throws Failure `attempt_over` (closed before), `idempotency_key_reused`
   */
  closeAttempt(
    id: string,
    outcome: Outcome,
    now: number,
    idempotency?: Idempotency,
  ): Promise<{ attempt: Attempt; connection: Connection } | null>
  /**
   * Whether {@link AttemptStore.claimCode} would find something. A read: costs the writer nothing.
   * @throws Failure `invalid_request` when `after` is no code of this attempt's sources
   */
  hasCode(attemptId: string, rules: ClaimRules): Promise<boolean>
  /** The atomic step that binds a code to an attempt; durable before it resolves. Throws as `hasCode` does. */
  claimCode(attemptId: string, rules: ClaimRules, actor: string): Promise<ClaimResult>
  /** What arrived for the attempt since it opened, newest first, judged by the rules its claims go by. */
  listSeen(attemptId: string, limit: number, rules?: Partial<ClaimRules>): Promise<SeenMessage[]>
}

export type ClaimRules = {
  readonly now: number
  /** Only codes sent later than this one (a code id). */
  readonly after?: string
  /** How much earlier than `openedAt` a code may have been sent, by the portal's clock. */
  readonly clockSkewMs: number
  /** Whether candidates may be handed out where no trusted code is. */
  readonly offerCandidates: boolean
  /** Only codes that came this way, where a connection has several. */
  readonly channel?: Channel
}
/** The arguments of {@link AttemptStore.claimCode}. */
export type WaitingClaim = {
  readonly attemptId: string
  readonly rules: ClaimRules
  readonly actor: string
}
export type ClaimResult =
  /** `isNew`: bound to the attempt just now; false: it had it already, and reads it again. */
  | { readonly kind: 'code'; readonly code: Code; readonly isNew: boolean }
  | { readonly kind: 'none' }
  | { readonly kind: 'over' }

/** Same key, same request: the stored answer is given again. Same key, another request: a Failure. */
export type Idempotency = { readonly scope: string; readonly key: string; readonly fingerprint: string }
