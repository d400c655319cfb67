import { log } from '../log.ts'
import { type Rounds, startRounds } from '../rounds.ts'
import type { AdminStore, PurgeCounts } from './store.ts'

/** How long things are kept, and how often the purge looks. */
export type RetentionRules = {
  readonly codeHours: number
  readonly bodyDays: number
  readonly documentDays: number
  readonly eventDays: number
  readonly everyMs?: number
  readonly now?: () => number
}

const HOUR_MS = 3_600_000
/** Idempotency keys are for retries of one call; a day is the custom of payment APIs. */
const IDEMPOTENCY_MS = 24 * HOUR_MS
/** Rows in one transaction: few enough that waiting writers do not notice. */
const CHUNK = 200

const sum = (counts: PurgeCounts): number => Object.values(counts).reduce((total, count) => total + count, 0)

/**
 * Removes what is past its retention, in small steps so that writers are never held up, at once and then every
 * hour until stopped. A failing round is logged and tried again at the next.
 */
export function startRetention(store: Pick<AdminStore, 'purge'>, rules: RetentionRules): Rounds {
  const { everyMs = HOUR_MS, now = Date.now } = rules
  const round = async (isStopped: () => boolean): Promise<void> => {
    const startedAt = performance.now()
    const total = { codes: 0, bodies: 0, documents: 0, events: 0, notices: 0, idempotency: 0 }
    for (let more = true; more && !isStopped(); ) {
      const at = now()
      const counts = await store.purge({
        codesBefore: at - rules.codeHours * HOUR_MS,
        bodiesBefore: at - rules.bodyDays * 24 * HOUR_MS,
        documentsBefore: at - rules.documentDays * 24 * HOUR_MS,
        eventsBefore: at - rules.eventDays * 24 * HOUR_MS,
        idempotencyBefore: at - IDEMPOTENCY_MS,
        limit: CHUNK,
      })
      total.codes += counts.codes
      total.bodies += counts.bodies
      total.documents += counts.documents
      total.events += counts.events
      total.notices += counts.notices
      total.idempotency += counts.idempotency
      more = sum(counts) > 0
    }
    if (sum(total) > 0) {
      log.purged({ ...total, ms: Math.round(performance.now() - startedAt) })
    }
  }
  return startRounds(round, { everyMs, atOnce: true, onError: (error) => log.purgeFailed({ error }) })
}
