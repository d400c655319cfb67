import type { LadderOption } from '../domain/ladder.ts'
import { HISTORY_MS } from './facts.ts'
import { triage } from './triage.ts'
import type { TriageDeps } from './triage-routes.ts'

/**
 * The recommendation ladder of a connection, with what has failed on it; empty where there is no such connection.
 * Looks at the facts each time: what failed is known from messages and logins, not from what was written down.
 */
export function ladderOf({
  store,
  findUtility,
  providerOf,
  now = Date.now,
}: TriageDeps): (connectionId: string) => Promise<readonly LadderOption[]> {
  return async (connectionId) => {
    const at = now()
    const facts = await store.loadFacts(connectionId, at - HISTORY_MS)
    if (!facts) return []
    const utility = findUtility(facts.connection.utility)
    return triage(facts, { now: at, utility, providerOf }).options
  }
}
