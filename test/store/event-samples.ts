import type { EventResult } from '../../src/domain/event.ts'
import { newId } from '../../src/domain/id.ts'
import type { NewWebhook, Store } from '../../src/store/store.ts'

/* Endpoints and tries for tests of stores. */

/** An endpoint that wants everything. */
export const newWebhook = (companyId: string, change: Partial<NewWebhook> = {}): NewWebhook => ({
  id: newId(),
  companyId,
  url: 'https://hooks.customer.test/relay?key=not-a-real-one',
  description: null,
  eventTypes: [],
  secret: 'whsec_bm90LWEtcmVhbC1zZWNyZXQtMDEyMzQ1Njc4OQ==',
  ...change,
})

export const ARRIVED: EventResult = {
  kind: 'sent',
  statusCode: 204,
  response: null,
  durationMs: 12,
  error: null,
}
export const REFUSED: EventResult = {
  kind: 'failed',
  statusCode: 500,
  response: 'out of order',
  durationMs: 30,
  error: 'the endpoint answered 500',
}

/** Leases what is due, up to `limitEach` of each endpoint. */
export const claim = (store: Store, now: number, change: object = {}) =>
  store.claimEvents({
    now,
    leaseUntil: now + 60_000,
    holder: 'node',
    limit: 1000,
    limitEach: 10,
    busy: [],
    ...change,
  })

/** Writes down a try that arrived. */
export const arrive = (store: Store, id: string, now: number) =>
  store.finishEvent(id, ARRIVED, { now, nextDueAt: null, disableAfterMs: 1 })
