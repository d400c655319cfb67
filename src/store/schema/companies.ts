import type { Generated } from 'kysely'
import type { ConnectionStatus, MfaMethod } from '../../domain/connection.ts'
import type { Channel } from '../../domain/message.ts'
import type { Flag, SealedOrNull } from './columns.ts'

type CompanyTable = {
  id: string
  name: string
  external_id: string | null
  public_id: string
  sms_relay: Flag
  is_active: Flag
  vouched_domains: Generated<string>
  erasing_at: number | null
  erased_at: number | null
  contact_email: string | null
  notices: Generated<Flag>
  created_at: number
  updated_at: number
}

type ConnectionTable = {
  id: string
  company_id: string
  utility: string
  url: string | null
  country: string | null
  external_id: string | null
  connection_owner_email: string | null
  initial_sites: string
  utility_types: string
  data_collection_start_date: string | null
  username: SealedOrNull
  password: SealedOrNull
  totp_secret: SealedOrNull
  mfa_method: MfaMethod | null
  inbox_addresses: string
  status: ConnectionStatus
  status_first_seen_at: number
  status_last_update_at: number
  status_error_detail: string | null
  status_cause: string | null
  status_suggestion: string | null
  version: number
  created_at: number
  updated_at: number
  deleted_at: number | null
  erased_at: number | null
  next_login_at: number | null
  login_failures: Generated<number>
  login_changed_at: Generated<number>
}

type MailboxTable = {
  seq: Generated<number>
  address: string
  channel: Channel
  connection_id: string
  provider_sid: string | null
  created_at: number
  retired_at: number | null
}

/** Companies, their connections, and where mail and texts for these arrive. */
export type CompanyTables = {
  company: CompanyTable
  connection: ConnectionTable
  mailbox: MailboxTable
  number_check: {
    id: string
    connection_id: string
    address: string
    token: string
    asked_at: number
    arrived_at: number | null
    error: string | null
  }
  number_release: {
    provider_sid: string
    address: string
    since: number
    tries: number
    next_try_at: number
    last_error: string | null
  }
}
