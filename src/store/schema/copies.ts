import type { BounceKind } from '../../domain/bounce.ts'
import type { Courier, DeliveryKind, DeliveryState, RecipientState } from '../../domain/delivery.ts'
import type { Channel } from '../../domain/message.ts'
import type { SmsState } from '../../domain/sms-report.ts'

type RecipientTable = {
  id: string
  connection_id: string
  channel: Channel
  address: string
  state: RecipientState
  stop_reason: string | null
  created_at: number
  confirmed_at: number | null
  stopped_at: number | null
}

type DeliveryTable = {
  id: string
  kind: DeliveryKind
  courier: Courier
  recipient_id: string
  address: string
  connection_id: string
  message_id: string | null
  state: DeliveryState
  due_at: number
  tries: number
  expires_at: number | null
  holder: string | null
  leased_until: number | null
  last_error: string | null
  remote_id: string | null
  created_at: number
  finished_at: number | null
  bounced_at: number | null
  bounce_kind: BounceKind | null
  bounce_status: string | null
  carrier_state: SmsState | null
  delivered_at: number | null
}

/** Who gets copies, and the copies. */
export type CopyTables = {
  recipient: RecipientTable
  delivery: DeliveryTable
}
