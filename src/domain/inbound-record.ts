import type { DeliveryKind } from './delivery.ts'
import type { Extraction } from './extraction.ts'
import type { Channel, MessageChannel } from './message.ts'
import type { Verdict } from './verdict.ts'

/** A delivery to be written together with the message that it copies. */
export type NewDelivery = {
  readonly id: string
  readonly kind: DeliveryKind
  readonly courier: 'email' | 'sms'
  readonly recipientId: string
  readonly address: string
  /** ms UTC; null: worth sending whenever. */
  readonly expiresAt: number | null
}

/** A code to be written together with its message. */
export type NewCode = {
  readonly id: string
  readonly source: string
  readonly code: string
  readonly verdict: 'trusted' | 'candidate'
  readonly rule: string
  readonly confidence: number
  readonly expiresAt: number
}

/** Everything one message means for one mailbox; written in one transaction. Instants in ms UTC. */
export type InboundRecord = {
  readonly id: string
  readonly mailbox: string
  /** Null for mail to the operator (postmaster, abuse). */
  readonly connectionId: string | null
  readonly channel: Channel
  readonly dedupeKey: string
  readonly envelopeSender: string
  readonly clientAddress: string | null
  readonly sender: string | null
  readonly senderDomain: string | null
  readonly subject: string | null
  readonly receivedAt: number
  readonly sentAt: number
  readonly size: number
  /** The message as it came: MIME, or the body of an SMS. Sealed before it is written. */
  readonly raw: Uint8Array
  readonly verdict: Verdict
  readonly extraction: Extraction
  readonly code: NewCode | null
  readonly deliveries: readonly NewDelivery[]
  /** When to judge it again, as DNS did not answer, ms UTC; null: the verdict stands. */
  readonly secondLookAt?: number | null
}

/** What `saveInbound` answers for each record. */
export type SavedInbound = {
  readonly recordId: string
  /** False when the same message was there already: nothing was written. */
  readonly isNew: boolean
}

/** A stored message as lists and support show it; `subject` is unsealed. */
export type StoredMessage = {
  readonly id: string
  readonly mailbox: string
  readonly connectionId: string | null
  readonly channel: MessageChannel
  readonly envelopeSender: string
  readonly clientAddress: string | null
  readonly sender: string | null
  readonly subject: string | null
  readonly receivedAt: number
  readonly sentAt: number
  readonly size: number
  readonly verdict: Verdict
  readonly extraction: Extraction
  /** Set when an admin took it out of quarantine. */
  readonly releasedAt: number | null
  /** False once retention has removed the body. */
  readonly hasBody: boolean
}
