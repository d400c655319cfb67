import type { MailboxContext } from './mailbox.ts'
import type { Reading } from './reading.ts'
import type { Reason } from './verdict.ts'

/** What a message carries that our own copies carry too, unverified: anybody can write it. */
export type LoopTraces = {
  /** Address of the From header, lower case. */
  readonly from: string | null
  /** Values of our loop header: of the message, and of messages attached to it. */
  readonly marks: readonly string[]
  /** Tokens of links like those that end our copies. */
  readonly stopTokens: readonly string[]
  /** Hosts that say in a Received field that they took it from another host, lower case. */
  readonly receivedBy: readonly string[]
  /** How many Received fields there are. */
  readonly hops: number
  /** Domain and selector of each DKIM signature, `selector/domain`, lower case. */
  readonly signers: readonly string[]
}

/** Why a message is one of our own copies, or goes in circles; null: it is neither. */
export type LoopFinder = (
  reading: Reading,
  found: Reading['perMailbox'][number],
  context: MailboxContext,
  receivedAt: number,
) => Promise<Reason | null>
