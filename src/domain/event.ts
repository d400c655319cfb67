import type { Company, Connection } from './connection.ts'
import type { DocumentState } from './document.ts'

/* Events that companies' own software listens to, and the endpoints that they go to. Instants in ms UTC. */

/** What an endpoint may choose from, under the product's published names. */
export const EVENT_TYPES = [
  'connection.created.v2',
  'connection.updated.v2',
  'connection.validated.v2',
  'document.created.v2',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** Sent on request alone, whatever an endpoint chose. */
export const TEST_EVENT = 'webhook.test'

/** Who stopped an endpoint: its company, days of failure, or the endpoint itself by answering 410. */
export type DisabledWhy = 'asked' | 'failing' | 'gone'

/** A company's endpoint. Its secrets are told once and are no part of it. */
export type Webhook = {
  readonly id: string
  readonly companyId: string
  readonly url: string
  readonly description: string | null
  /** Empty: all. */
  readonly eventTypes: readonly EventType[]
  readonly disabledAt: number | null
  readonly disabledWhy: DisabledWhy | null
  /** Since when every try has failed; null: the last one did not. */
  readonly failingSince: number | null
  /** Until when the secret before the present one signs too. */
  readonly formerSecretUntil: number | null
  readonly createdAt: number
  readonly updatedAt: number
}

/** Fields whose former values may be told, and those of which only the change is. */
export type ChangedField = keyof Connection | 'password' | 'totpSecret' | 'securityQuestions'
export type ConnectionChanges = {
  readonly protectedChanges: readonly ChangedField[]
  /** Former values; credentials are never among them. */
  readonly old: Partial<Connection>
}

/** An event as it is kept: what was so when it happened. Rendered only when it is sent. */
export type EventFacts = {
  readonly company: Pick<Company, 'id' | 'externalId' | 'name' | 'publicId'>
  readonly connection?: Pick<
    Connection,
    | 'id'
    | 'externalId'
    | 'utility'
    | 'url'
    | 'initialSites'
    | 'utilityTypes'
    | 'status'
    | 'statusErrorDetail'
    | 'statusCause'
    | 'statusSuggestion'
    | 'createdAt'
    | 'updatedAt'
    | 'version'
  >
  readonly changes?: ConnectionChanges
  readonly document?: {
    readonly id: string
    readonly jobId: string
    readonly siteId: string | null
    readonly connectionId: string | null
    readonly utility: string | null
    readonly state: DocumentState
    readonly createdAt: number
  }
  readonly webhookId?: string
}
export type RelayEvent = {
  readonly id: string
  readonly type: EventType | typeof TEST_EVENT
  readonly at: number
  readonly facts: EventFacts
}

/** `queued`: behind the first try of an older event about the same connection. */
export type EventDeliveryState = 'queued' | 'due' | 'leased' | 'sent' | 'failed'

/** One event on its way to one endpoint. */
export type EventDelivery = {
  readonly id: string
  readonly webhookId: string
  readonly eventId: string
  readonly eventType: RelayEvent['type']
  readonly connectionId: string | null
  readonly state: EventDeliveryState
  readonly isReplay: boolean
  readonly dueAt: number
  readonly tries: number
  /** Of the last try. */
  readonly statusCode: number | null
  readonly response: string | null
  readonly durationMs: number | null
  readonly lastError: string | null
  readonly triedAt: number | null
  readonly createdAt: number
  readonly finishedAt: number | null
}

/** How one try ended. */
export type EventResult = {
  readonly kind: 'sent' | 'failed'
  readonly statusCode: number | null
  /** The start of what was answered. */
  readonly response: string | null
  readonly durationMs: number
  readonly error: string | null
  /** How long the endpoint asks to be left alone. Absent: it does not ask. */
  readonly retryAfterMs?: number
}

/** Waits before the 2nd, 3rd … try of an event. */
export const EVENT_RETRY_SECONDS: readonly number[] = [5, 300, 1800, 7200, 18_000, 36_000, 36_000]
