import type { MessageChannel } from './message.ts'
import type { VerdictLevel } from './verdict.ts'

/** available; claimed by one attempt; superseded by a newer claim; rejected by the portal. */
export type CodeState = 'available' | 'claimed' | 'superseded' | 'rejected'

/** A code that was read from a message, unsealed. */
export type Code = {
  readonly id: string
  readonly messageId: string
  readonly connectionId: string
  /** See {@link connectionSource} and {@link inboxSource}. */
  readonly source: string
  readonly code: string
  readonly channel: MessageChannel | 'totp'
  /** Only trusted and candidate codes exist as claimable codes. */
  readonly verdict: VerdictLevel
  /** The earlier of the message's Date and its arrival; SMS: arrival. ms UTC. */
  readonly sentAt: number
  readonly receivedAt: number
  readonly expiresAt: number
  readonly sender: string | null
  readonly rule: string
  readonly confidence: number
  readonly state: CodeState
}

/** The code source of one connection: what codes reach its logins through. */
export const connectionSource = (connectionId: string): string => `connection:${connectionId}`

/** The code source of all connections at one utility that share a customer's inbox. */
export const inboxSource = (utility: string, inbox: string): string => `inbox:${utility}:${inbox}`

/**
 * When the code was sent: the earlier of the message's Date and its arrival, as portals' clocks may run ahead.
 * Times in ms UTC.
 */
export const sentAt = (dateAt: number | null, receivedAt: number): number =>
  dateAt === null ? receivedAt : Math.min(dateAt, receivedAt)
