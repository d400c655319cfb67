import type { Bounce, BounceKind } from './bounce.ts'

export const COURIERS = ['email', 'sms'] as const

/** What carries a delivery. */
export type Courier = (typeof COURIERS)[number]

/** due; leased to one process; sent; failed for good; expired: its code was dead before it could be sent. */
export type DeliveryState = 'due' | 'leased' | 'sent' | 'failed' | 'expired'

/** What is sent: a copy of a code or a notice, a question to a new recipient, test mail to an inbox that forwards. */
export type DeliveryKind = 'code_copy' | 'notice_copy' | 'confirm_recipient' | 'inbox_proof'

/** One send that is due, to one recipient. Rendered only when it is sent. */
export type Delivery = {
  readonly id: string
  readonly kind: DeliveryKind
  readonly courier: Courier
  readonly recipientId: string
  readonly address: string
  readonly connectionId: string
  /** The inbound message that this is a copy of; null for questions to a recipient. */
  readonly messageId: string | null
  readonly state: DeliveryState
  /** ms UTC. */
  readonly dueAt: number
  /** How often it was tried. */
  readonly tries: number
  /** Not worth sending after this instant, ms UTC; null: whenever. */
  readonly expiresAt: number | null
  readonly lastError: string | null
  /**
   * What the recipient's mail system, or for a text Twilio, said after it had taken the copy; `delayed` may still
   * arrive. `status` is an enhanced status (RFC 3463) or Twilio's error code.
   */
  readonly bounced: { readonly kind: BounceKind; readonly status: string | null; readonly at: number } | null
  /** When Twilio said that the phone has it; null for mail, where nobody says so. */
  readonly deliveredAt: number | null
  readonly createdAt: number
  readonly finishedAt: number | null
}

/** How one try to send ended. */
export type SendResult =
  | { readonly kind: 'sent'; readonly remoteId?: string }
  | { readonly kind: 'temporary'; readonly error: string }
  | {
      readonly kind: 'permanent'
      readonly error: string
      readonly stopRecipient?: boolean
      /** The recipient was refused in a way that says something about their mailbox. */
      readonly bounce?: Bounce
    }

/** Waits before the 2nd, 3rd … try of a copy; after the last the delivery failed (facts: codes die in minutes). */
export const COPY_RETRY_SECONDS: readonly number[] = [5, 15, 30, 60, 120, 300, 600]

export type RecipientState = 'pending' | 'confirmed' | 'stopped'

/** A customer's own address or phone that gets copies of one connection's messages. */
export type Recipient = {
  readonly id: string
  readonly connectionId: string
  readonly channel: 'email' | 'sms'
  readonly address: string
  readonly state: RecipientState
  /** Why it was stopped: `unsubscribed`, `sms_stop`, `hard_bounces`, `removed`, `removed_after_stop`. */
  readonly stopReason: string | null
  readonly createdAt: number
  readonly confirmedAt: number | null
  readonly stoppedAt: number | null
}
