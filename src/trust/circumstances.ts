import type { Extraction } from '../domain/extraction.ts'
import type { InboxProviders } from '../utilities/inbox-providers.ts'

/** What a verdict depends on beside the message, its sender and its mailbox. */
export type Circumstances = {
  /** When it arrived, ms UTC. */
  readonly receivedAt: number
  /** What was read in it. */
  readonly extraction: Extraction
  /** `NEW_SENDERS`: whether authenticated mail of senders that are new may be offered at all. */
  readonly newSenders: 'candidate' | 'quarantine'
  /** How mailbox providers forward. */
  readonly providers: InboxProviders
}

/** Domains whose ARC seals count. */
export const sealersOf = (providers: InboxProviders): string[] => [
  ...new Set([...providers.values()].flatMap(({ sealers }) => sealers)),
]
