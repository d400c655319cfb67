import type { Channel } from '../../domain/message.ts'

/** Whose mail is believed, and how inboxes come to forward it. */
export type TrustTables = {
  deferral: { key: string; first_at: number }
  sender_pin: {
    id: string
    connection_id: string
    channel: Channel
    sender: string
    pinned_by: string
    created_at: number
  }
  utility_pin: {
    id: string
    utility: string
    channel: Channel
    sender: string
    approved_by: string
    created_at: number
  }
  inbox_handshake: {
    connection_id: string
    inbox: string
    opened_at: number
    open_until: number
    confirmed_at: number | null
    tried_message_id: string | null
    tries: number
    next_try_at: number | null
    last_result: string | null
    proof_delivery_id: string | null
    proof_sent_at: number | null
    proof_returned_at: number | null
    unproven_told_at: number | null
  }
}
