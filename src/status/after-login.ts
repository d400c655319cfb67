import type { Cause } from '../domain/diagnosis.ts'
import { log } from '../log.ts'
import type { ProvisioningStore, StatusStore } from '../store/store.ts'
import { diagnose } from './diagnosis/diagnose.ts'
import { HISTORY_MS } from './facts.ts'
import type { TriageDeps } from './triage-routes.ts'

/**
 * Writes down why logins break, beside whoever noticed: nobody waits for it. What is lost in a crash are words, and
 * a triage finds them again.
 */
export type Diagnoser = {
  /** A login broke on its code, or a status came back: look now. */
  loginEnded(connectionId: string): void
  /** Something came that may explain a broken login. Many at once are looked at once. */
  somethingCame(connectionId: string): void
  /** Finishes what has begun and drops the rest. */
  close(): Promise<void>
}

export type DiagnoserDeps = Omit<TriageDeps, 'store'> & {
  readonly store: Pick<StatusStore, 'loadFacts' | 'applyDiagnosis' | 'findBroken'> &
    Pick<ProvisioningStore, 'getConnection'>
  /** Calls once after `ms`; answers how to call it off. */
  readonly after?: (ms: number, call: () => void) => () => void
}

/** So long mail is gathered before the connections that it came to are looked at. */
const GATHER_MS = 2_000
/** More than this at once is a flood, and words can wait for the triage. */
const MOST_WAITING = 5_000
/** What each look asks the store for in one statement. */
const BATCH = 200
/** A connection that changes faster than it can be looked at will be looked at when it rests. */
const TRIES = 3
/** Findings that the status says better, or that are none. */
const SAY_NOTHING: readonly Cause[] = ['healthy', 'unknown', 'not_about_codes']

/** Looks at connections one after the other, so that a bad day of a portal costs the store no more than a quiet one. */
export function startDiagnoser(deps: DiagnoserDeps): Diagnoser {
  const { after = afterTimeout } = deps
  const gathered = new Set<string>()
  const waiting = new Set<string>()
  let cancelGathering: (() => void) | null = null
  let running: Promise<void> | null = null
  let isClosed = false

  const look = (): void => {
    running ??= lookAtAll(deps, waiting, () => isClosed).finally(() => {
      running = null
      if (waiting.size > 0) look()
    })
  }
  const add = (set: Set<string>, connectionId: string): boolean => {
    if (isClosed || set.size >= MOST_WAITING) return false
    set.add(connectionId)
    return true
  }
  return {
    loginEnded(connectionId) {
      if (add(waiting, connectionId)) look()
    },
    somethingCame(connectionId) {
      if (!add(gathered, connectionId)) return
      cancelGathering ??= after(GATHER_MS, () => {
        cancelGathering = null
        for (const id of gathered) add(waiting, id)
        gathered.clear()
        look()
      })
    },
    async close() {
      isClosed = true
      cancelGathering?.()
      waiting.clear()
      await running
    },
  }
}

/** Until nobody is left, also of those who join meanwhile. One that fails keeps no other from being looked at. */
async function lookAtAll(deps: DiagnoserDeps, waiting: Set<string>, isClosed: () => boolean): Promise<void> {
  const fail = (error: unknown): void => void log.diagnosisFailed({ error })
  while (waiting.size > 0) {
    const batch = [...waiting].slice(0, BATCH)
    for (const id of batch) waiting.delete(id)
    const broken = await deps.store.findBroken(batch).catch(fail)
    for (const id of broken ?? []) if (!isClosed()) await explain(deps, id).catch(fail)
  }
}

async function explain(deps: DiagnoserDeps, connectionId: string): Promise<void> {
  const { store, findUtility, providerOf, now = Date.now } = deps
  for (let tries = 0; tries < TRIES; tries += 1) {
    // The version first: whatever changes while the facts are read makes the answer stale.
    const connection = await store.getConnection(connectionId)
    const at = now()
    const facts = connection && (await store.loadFacts(connectionId, at - HISTORY_MS))
    if (!facts) return
    const utility = findUtility(facts.connection.utility)
    const { cause, summary, customer } = diagnose(facts, { now: at, utility, providerOf })
    if (SAY_NOTHING.includes(cause)) return
    const found = { cause, detail: summary, suggestion: customer }
    const result = await store.applyDiagnosis(connectionId, connection.version, found, at)
    if (result === 'applied') log.loginDiagnosed({ connectionId, cause })
    if (result !== 'stale') return
  }
}

function afterTimeout(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms)
  return () => clearTimeout(timer)
}
