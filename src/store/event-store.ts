import type { EventDelivery, EventResult, EventType, RelayEvent, Webhook } from '../domain/event.ts'
import type { Page, PageRequest } from '../domain/page.ts'

/*
 * The part of the store's port that is about events. An event is written in the transaction of what it tells, where
 * its company has an endpoint, together with its deliveries. Of one endpoint and one connection, first tries are due
 * one after the other, in the order of the events; a retry holds nothing up.
 */

export type EventStore = {
  /** @throws Failure `conflict` when the company has as many as it may */
  createWebhook(webhook: NewWebhook, now: number): Promise<Webhook>
  /** Null for removed ones. */
  getWebhook(id: string): Promise<Webhook | null>
  listWebhooks(companyId: string): Promise<Webhook[]>
  /** Enabling one sends what was lined up when it was disabled. Null: no such endpoint. */
  updateWebhook(id: string, change: WebhookChange, now: number): Promise<Webhook | null>
  /** From now on the new secret signs, and until `formerUntil` the present one too. */
  rotateSecret(
    id: string,
    change: { readonly secret: string; readonly formerUntil: number },
    now: number,
  ): Promise<Webhook | null>
  /** URL and secrets go; nothing is sent any more. False: no such endpoint. */
  removeWebhook(id: string, now: number): Promise<boolean>
  /** Lines up a test event. @throws Failure `conflict` when the endpoint is disabled */
  sendTestEvent(webhookId: string, now: number): Promise<EventDelivery | null>
  /** Lines up the event of a delivery once more. Throws as `sendTestEvent` does. */
  replayDelivery(deliveryId: string, now: number): Promise<EventDelivery | null>
  /**
   * Lines up, in order, events that the endpoint wants and that are not on their way to it, `limit` of them at most.
   *
   * @returns where to go on; null: all are done
   */
  replayEvents(webhookId: string, request: ReplayRequest, now: number): Promise<ReplayStep | null>
  getEventDelivery(id: string): Promise<EventDelivery | null>
  /** Newest first. */
  listEventDeliveries(webhookId: string, page: PageRequest): Promise<Page<EventDelivery>>
  /** Leases what is due, a few of each endpoint that is not `busy`; leases that ran out count as due. */
  claimEvents(request: {
    readonly now: number
    readonly leaseUntil: number
    readonly holder: string
    readonly limit: number
    /** At most so many of one endpoint. */
    readonly limitEach: number
    readonly busy: readonly string[]
  }): Promise<EventDelivery[]>
  /** What is needed to send it, unsealed; null when the endpoint or the event is gone. */
  loadEvent(deliveryId: string): Promise<OutgoingEvent | null>
  /**
   * Writes down how a try ended. `nextDueAt` for one that is to be repeated.
   *
   * @returns whether the endpoint was disabled by it
   */
  finishEvent(
    deliveryId: string,
    result: EventResult,
    when: { readonly now: number; readonly nextDueAt: number | null; readonly disableAfterMs: number },
  ): Promise<{ readonly disabled: boolean }>
  /** Gives back what this process holds. Resolves to how many. */
  releaseEvents(holder: string, now: number): Promise<number>
  /** When the next delivery may be due, ms UTC. */
  nextEventAt(busy: readonly string[]): Promise<number | null>
}

export type NewWebhook = Pick<Webhook, 'id' | 'companyId' | 'url' | 'description' | 'eventTypes'> & {
  readonly secret: string
}
export type WebhookChange = Partial<Pick<Webhook, 'url' | 'description' | 'eventTypes'>> & {
  readonly isEnabled?: boolean
}
export type ReplayRequest = {
  readonly since: number
  /** Leaves out what has arrived already. */
  readonly missedOnly: boolean
  /** Where the step before ended. */
  readonly after: { readonly at: number; readonly id: string } | null
  readonly limit: number
}
export type ReplayStep = {
  readonly lined: number
  readonly next: { readonly at: number; readonly id: string } | null
}
export type OutgoingEvent = {
  readonly delivery: EventDelivery
  readonly event: RelayEvent
  readonly companyId: string
  readonly url: string
  /** The present one first. */
  readonly secrets: readonly { readonly secret: string; readonly until: number | null }[]
}
export type { EventType }
