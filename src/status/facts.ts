import type { ConnectionFacts } from '../domain/connection-facts.ts'

export type * from '../domain/connection-facts.ts'

/** What the diagnosis asks of the store: one snapshot, in one transaction. */
export type DiagnosisStore = {
  /** Null: no such connection. */
  loadFacts(connectionId: string, since: number): Promise<ConnectionFacts | null>
}

/** How far back a diagnosis looks. Portals remember devices for up to 180 days, so codes may be rare. */
export const HISTORY_MS = 200 * 24 * 3_600_000
