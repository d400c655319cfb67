import type { DisabledWhy, EventDeliveryState, RelayEvent } from '../../domain/event.ts'
import type { Flag, Sealed, SealedOrNull } from './columns.ts'

/* The tables of events; see migrations/008-events.ts. */

type WebhookTable = {
  id: string
  company_id: string
  url: SealedOrNull
  description: string | null
  event_types: string
  secret: SealedOrNull
  former_secret: SealedOrNull
  former_secret_until: number | null
  disabled_at: number | null
  disabled_why: DisabledWhy | null
  failing_since: number | null
  due_at: number | null
  lined: number
  created_at: number
  updated_at: number
  deleted_at: number | null
}

type EventTable = {
  id: string
  company_id: string
  connection_id: string | null
  type: RelayEvent['type']
  facts: Sealed
  created_at: number
}

type EventDeliveryTable = {
  id: string
  webhook_id: string
  event_id: string
  line: string
  seq: number
  is_replay: Flag
  state: EventDeliveryState
  due_at: number
  tries: number
  holder: string | null
  leased_until: number | null
  status_code: number | null
  response: SealedOrNull
  duration_ms: number | null
  last_error: string | null
  tried_at: number | null
  created_at: number
  finished_at: number | null
}

export type EventTables = { webhook: WebhookTable; event: EventTable; event_delivery: EventDeliveryTable }
