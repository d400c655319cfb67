import type { Cause, Remedy } from '../../domain/diagnosis.ts'
import type { LadderRung, UtilityDefinition } from '../../utilities/definition.ts'
import type { InboxProvider } from '../../utilities/inbox-providers.ts'

/** One fact that speaks for a diagnosis, with where it can be looked up. */
export type Evidence = {
  /** A sentence for support. */
  readonly text: string
  /** ms UTC. */
  readonly at: number | null
  /** The message, attempt, mailbox or connection that it is about. */
  readonly messageId?: string
  readonly attemptId?: string
  readonly mailbox?: string
  readonly connectionId?: string
}

/** One of several causes that look the same from here. */
export type PossibleCause = {
  readonly cause: PossibleCauseName
  /** 0..1; all of a diagnosis add up to 1. Estimates, not measurements. */
  readonly likelihood: number
  readonly text: string
}

export type PossibleCauseName =
  | 'rule_off'
  | 'blocked_by_provider'
  | 'destination_changed'
  | 'filter_misses_sender'
  | 'mail_dropped'
  | 'not_sent'
  | 'short_codes_blocked'

/** What a check found out, before anybody is advised. */
export type Finding = {
  readonly cause: Cause
  /** 0..1: how sure it is that this is why. */
  readonly confidence: number
  /** What support reads first: what happened, with names and figures. */
  readonly summary: string
  /** What has to be done, and by whom. */
  readonly fix: string
  readonly remedy: Remedy
  readonly evidence: readonly Evidence[]
  readonly possibleCauses?: readonly PossibleCause[]
  /** Figures for programs: `lateBySeconds`, `formerSender` … */
  readonly details?: Readonly<Record<string, string | number>>
}

/** Why the last login broke, what to tell the customer and what to offer next. */
export type Diagnosis = Finding & {
  readonly possibleCauses: readonly PossibleCause[]
  readonly details: Readonly<Record<string, string | number>>
  /** The customer's sentence. */
  readonly customer: string
  /** The login it is about; null where there was none. */
  readonly attemptId: string | null
  /** Since when logins have broken without one that worked in between, ms UTC. */
  readonly failingSince: number | null
  /** The rung of the ladder to offer if what is set up is not mended. */
  readonly nextRung: LadderRung | null
}

/** What the diagnosis is told beside the facts. */
export type Setting = {
  /** ms UTC. */
  readonly now: number
  /** Undefined for a utility without a definition. */
  readonly utility: UtilityDefinition | undefined
  /** Who runs a customer's inbox; undefined where it cannot be told. */
  readonly providerOf: (inbox: string) => InboxProvider | undefined
}
