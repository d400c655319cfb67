import type { LadderOption } from '../domain/ladder.ts'
import type { Diagnosis } from './diagnosis/diagnosis.ts'
import { HISTORY_MS } from './facts.ts'
import { type Triage, triage } from './triage.ts'
import type { TriageDeps } from './triage-routes.ts'

/*
 * What other rooms ask of the triage. It looks at the facts each time: what failed is known from messages and logins,
 * not from what was written down.
 */

/** The recommendation ladder of a connection, with what has failed on it; empty where there is no such connection. */
export function ladderOf(deps: TriageDeps): (connectionId: string) => Promise<readonly LadderOption[]> {
  return async (connectionId) => (await triageNow(deps, connectionId))?.options ?? []
}

/** Why the last login of a connection broke; null where it worked, or where there was none. */
export function explainLoginOf(
  deps: TriageDeps,
): (
  connectionId: string,
) => Promise<(Pick<Diagnosis, 'cause' | 'summary' | 'customer'> & { attemptId: string }) | null> {
  return async (connectionId) => {
    const diagnosis = (await triageNow(deps, connectionId))?.diagnosis
    if (!diagnosis || diagnosis.attemptId === null || diagnosis.cause === 'healthy') return null
    const { attemptId, cause, summary, customer } = diagnosis
    return { attemptId, cause, summary, customer }
  }
}

async function triageNow(
  { store, findUtility, providerOf, now = Date.now }: TriageDeps,
  connectionId: string,
): Promise<Triage | null> {
  const at = now()
  const facts = await store.loadFacts(connectionId, at - HISTORY_MS)
  if (!facts) return null
  return triage(facts, { now: at, utility: findUtility(facts.connection.utility), providerOf })
}
