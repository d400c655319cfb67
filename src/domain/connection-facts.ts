import type { Attempt } from './attempt.ts'
import type { CodeState } from './code.ts'
import type { Company, Connection } from './connection.ts'
import type { ExtractionKind } from './extraction.ts'
import type { Mailbox } from './mailbox.ts'
import type { Channel } from './message.ts'
import type { Reason, VerdictLevel } from './verdict.ts'

/*
 * What the store can tell about a connection's logins: all that the diagnosis looks at. Codes and bodies are not
 * among it. Instants in ms UTC, lists oldest first unless said otherwise.
 */

/** A message that came, to this connection or to a neighbour. */
export type MessageFact = {
  readonly id: string
  readonly mailbox: string
  readonly connectionId: string
  readonly channel: Channel
  /** Domain of the From header, or the sender of an SMS as given. */
  readonly sender: string | null
  /** Its whole address; for an SMS the same as `sender`. */
  readonly address: string | null
  /** The customer's inbox that forwarded it, where that was proven. */
  readonly forwardedBy: string | null
  readonly sentAt: number
  readonly receivedAt: number
  readonly verdict: VerdictLevel
  readonly reasons: readonly Reason[]
  readonly isReleased: boolean
  readonly extraction: ExtractionKind
  /** `unmatched`, `ambiguous`, `deadline` … */
  readonly extractionReason: string | null
  readonly rule: string | null
  /** Null: it brought none, or retention took it. */
  readonly code: {
    readonly state: CodeState
    readonly attemptId: string | null
    readonly expiresAt: number
  } | null
}

/** A message that came to another connection of the same company at the same utility. */
export type NeighbourFact = MessageFact & {
  /** Whether a login of that connection was under way when it came: then it was probably meant for that one. */
  readonly hadOwnLogin: boolean
}

/** Mail that was refused at RCPT because its address is retired, one entry an address and day. */
export type RefusalFact = {
  readonly address: string
  readonly count: number
  readonly firstAt: number
  readonly lastAt: number
  /** MAIL FROM of the last one; an address that anybody can write. */
  readonly lastSender: string | null
}

/** A sender that this connection has believed codes from, over its whole life. */
export type SenderFact = {
  readonly channel: Channel
  readonly sender: string
  readonly firstSeenAt: number
  readonly lastSeenAt: number
  readonly messages: number
}

/** A sender that a person or an accepted code vouched for. */
export type PinFact = { readonly channel: Channel; readonly sender: string; readonly pinnedAt: number }

/** A mail provider's question whether it may forward to us. */
export type ConfirmationFact = { readonly messageId: string; readonly receivedAt: number }

export type ConnectionFacts = {
  readonly connection: Pick<
    Connection,
    'id' | 'companyId' | 'utility' | 'mfaMethod' | 'inboxAddresses' | 'status' | 'createdAt'
  >
  readonly company: Pick<Company, 'isActive' | 'features'>
  /** Retired ones too. */
  readonly mailboxes: readonly Pick<Mailbox, 'address' | 'channel' | 'createdAt' | 'retiredAt'>[]
  /** Since the instant asked for, by `openedAt`. */
  readonly attempts: readonly Attempt[]
  /** Since the instant asked for, by `receivedAt`: to this connection's mailboxes, or through an inbox it shares. */
  readonly messages: readonly MessageFact[]
  /** About the logins that broke on their code. */
  readonly neighbours: readonly NeighbourFact[]
  readonly refusals: readonly RefusalFact[]
  readonly senders: readonly SenderFact[]
  readonly pins: readonly PinFact[]
  /** Believed ones, over the connection's whole life. */
  readonly confirmations: readonly ConfirmationFact[]
}
