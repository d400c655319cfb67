import type { Channel } from './message.ts'

/** A sender that codes are believed from although no definition lists it. Instants in ms UTC. */
export type SenderPin = {
  readonly id: string
  readonly utility: string
  /** Null: pinned to the utility, for all its connections. */
  readonly connectionId: string | null
  readonly channel: Channel
  /** From domain, or the sender of an SMS as given. */
  readonly sender: string
  /** Who pinned or approved it: `attempt:…`, `key:…`, `admin`. */
  readonly pinnedBy: string
  readonly createdAt: number
  /** When codes came from it, to the connections that it is pinned for; null: none is known. */
  readonly firstSeenAt: number | null
  readonly lastSeenAt: number | null
  /** Companies with a connection that it is pinned to. */
  readonly companies: number
}

/** So many companies' portals must have taken codes from a sender before a person may pin it to the utility. */
export const COMPANIES_TO_APPROVE = 3
