import type { ConnectionStatus } from './connection.ts'
import type { ExtractionKind } from './extraction.ts'
import type { MessageChannel } from './message.ts'
import type { VerdictLevel } from './verdict.ts'

export const CODE_OUTCOMES = ['accepted', 'rejected', 'not_received', 'not_requested'] as const
/** What became of the code, told by the runner. */
export type CodeOutcome = (typeof CODE_OUTCOMES)[number]

export type AttemptPurpose = 'login' | 'test_login'

/** How a login ended, as the runner reports it. */
export type Outcome = {
  readonly status?: ConnectionStatus
  readonly code?: CodeOutcome
  readonly detail?: string
}

/** One login by a runner, from before it asks for a code until it reports the outcome. */
export type Attempt = {
  readonly id: string
  readonly connectionId: string
  readonly runner: string | null
  readonly purpose: AttemptPurpose
  readonly openedAt: number
  readonly expiresAt: number
  /** Set when the outcome was reported. An attempt past `expiresAt` is over even if this is null. */
  readonly closedAt: number | null
  readonly outcome: Outcome | null
}

/** What arrived during an attempt, and why it was (no) code for it. */
export type SeenMessage = {
  readonly messageId: string
  readonly channel: MessageChannel
  readonly sender: string | null
  readonly receivedAt: number
  readonly verdict: VerdictLevel
  readonly extraction: ExtractionKind
  /** `claimed`, `available`, `superseded`, `expired`, `sent_before_attempt`, `quarantined`, `no_code`, `ambiguous` … */
  readonly result: string
  /** A sentence for people. */
  readonly text: string
}

/** Ten minutes: long enough for a slow portal, short enough that a dead runner does not block the next. */
export const ATTEMPT_SECONDS = 600
/** An attempt lives at most an hour, however often it is extended. */
export const ATTEMPT_LIMIT_SECONDS = 3600
