import { EVENT_RETRY_SECONDS, type EventDelivery, type EventResult } from '../../domain/event.ts'
import { log } from '../../log.ts'
import type { EventStore } from '../../store/event-store.ts'
import { EVENTS_TOPIC, type Wakeup } from '../../wakeup/wakeup.ts'
import { type Clock, systemClock } from '../clock.ts'
import { insist } from '../insist.ts'
import { type Queue, startQueue } from '../queue.ts'
import { type SendDeps, sendEvent } from './send.ts'

/** What sending events works with; handed in by assemble.ts. */
export type EventOutboxDeps = Omit<SendDeps, 'clock'> & {
  readonly store: Pick<
    EventStore,
    'claimEvents' | 'loadEvent' | 'finishEvent' | 'releaseEvents' | 'nextEventAt'
  >
  readonly wakeup: Pick<Wakeup, 'subscribe'>
  readonly holder: string
  /** An endpoint that has only failed for so long is disabled. */
  readonly disableAfterMs: number
  readonly clock?: Clock
  /** 0 ≤ x < 1; spreads retries. */
  readonly random?: () => number
  /** For metrics. */
  readonly onResult?: (result: 'sent' | 'temporary' | 'permanent', ms: number) => void
}

/** At one endpoint at once; a slow one holds up nobody else. */
const CONCURRENCY = 4

/** Starts to send events that are due. A queue of its own: copies of codes never wait for somebody's endpoint. */
export function startEventOutbox(deps: EventOutboxDeps): Queue {
  const { store, wakeup, holder, clock = systemClock } = deps
  return startQueue<EventDelivery, string>({
    clock,
    wakeup,
    topic: EVENTS_TOPIC,
    async claim({ busy, ...request }) {
      // Most hints are about companies that do not listen: a look costs the writer nothing.
      const next = await store.nextEventAt(busy)
      if (next === null || next > request.now) return []
      return store.claimEvents({ ...request, busy, holder })
    },
    nextAt: store.nextEventAt,
    release: () => store.releaseEvents(holder, clock.now()),
    handle: (delivery, leaseUntil, giveUp) =>
      deliverEvent({ ...deps, clock }, delivery, { leaseUntil, giveUp }),
    laneOf: ({ webhookId }) => webhookId,
    concurrencyOf: () => CONCURRENCY,
    limitEach: CONCURRENCY,
  })
}

/**
 * Sends one leased event and writes down how it went. A crash in between costs one more send, with the same id.
 *
 * @returns whether more may be due: what waited behind it, or itself
 */
async function deliverEvent(
  deps: EventOutboxDeps & { readonly clock: Clock },
  delivery: EventDelivery,
  { leaseUntil, giveUp }: { readonly leaseUntil: number; readonly giveUp: AbortSignal },
): Promise<boolean> {
  const { store, clock, disableAfterMs } = deps
  const waiting = { clock, giveUp }
  const content = await insist(waiting, leaseUntil, () => store.loadEvent(delivery.id))
  if (content === undefined) return true
  const result = content ? await sendEvent(deps, content, giveUp) : GONE
  // Told to stop: whoever comes next sends it again, and it counts as no failure of the endpoint.
  if (giveUp.aborted && result.kind === 'failed') return true
  const now = clock.now()
  const nextDueAt = result.kind === 'sent' || !content ? null : dueAgainAt(deps, delivery, result, now)
  const when = { now, nextDueAt, disableAfterMs }
  const ended = await insist(waiting, leaseUntil, () => store.finishEvent(delivery.id, result, when))
  report(delivery, result, when)
  if (ended?.disabled) log.webhookDisabled({ webhookId: delivery.webhookId, error: result.error })
  deps.onResult?.(
    result.kind === 'sent' ? 'sent' : nextDueAt === null ? 'permanent' : 'temporary',
    result.durationMs,
  )
  return true
}

const GONE: EventResult = {
  kind: 'failed',
  statusCode: null,
  response: null,
  durationMs: 0,
  error: 'the endpoint was removed',
}

/**
 * As planned, or later where the endpoint asks for it; and up to a tenth later than that, so that what failed together
 * spreads out. Null: it was the last try.
 */
function dueAgainAt(
  { random = Math.random }: EventOutboxDeps,
  { tries }: EventDelivery,
  { retryAfterMs = 0 }: EventResult,
  now: number,
): number | null {
  const seconds = EVENT_RETRY_SECONDS[tries]
  if (seconds === undefined) return null
  return Math.round(now + Math.max(seconds * 1000, retryAfterMs) * (1 + 0.1 * random()))
}

function report(
  { id: deliveryId, webhookId, tries }: EventDelivery,
  { kind, statusCode, error, durationMs }: EventResult,
  { now, nextDueAt }: { now: number; nextDueAt: number | null },
): void {
  const event = { deliveryId, webhookId, tries: tries + 1, statusCode, ms: durationMs }
  if (kind === 'sent') {
    log.eventSent(event)
    return
  }
  const inSeconds = nextDueAt === null ? null : Math.round((nextDueAt - now) / 1000)
  log.eventFailed({ ...event, error, inSeconds })
}
