import type { ColumnType, Generated, Selectable } from 'kysely'
import type { KeyScope } from '../domain/api-key.ts'
import type { AttemptPurpose } from '../domain/attempt.ts'
import type { UnreadReason } from '../domain/bill.ts'
import type { BillMailResult } from '../domain/bill-mail.ts'
import type { BounceKind } from '../domain/bounce.ts'
import type { Code, CodeState } from '../domain/code.ts'
import type { ConnectionStatus, MfaMethod } from '../domain/connection.ts'
import type { Courier, DeliveryKind, DeliveryState, RecipientState } from '../domain/delivery.ts'
import type { DocumentState, FileKind, ItemFailure, ItemResult } from '../domain/document.ts'
import type { ExtractionKind } from '../domain/extraction.ts'
import type { Channel, MessageChannel } from '../domain/message.ts'
import type { SmsState } from '../domain/sms-report.ts'
import type { StatusEvent } from '../domain/status.ts'
import type { VerdictLevel } from '../domain/verdict.ts'
import type { EventTables } from './event-schema.ts'
import type { NoticeTables } from './notice-schema.ts'

/*
 * The tables, as kysely sees them in SQLite and PostgreSQL alike: instants are ms UTC, booleans 0 or 1, lists JSON
 * text, `Sealed` what seal.ts made. What each table is for stands in the migration that creates it.
 */

/** Ciphertext; its place is `table.column.id`. */
export type Sealed = ColumnType<Buffer, Uint8Array>
export type SealedOrNull = ColumnType<Buffer | null, Uint8Array | null>
export type Flag = 0 | 1

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

type MessageTable = {
  id: string
  mailbox: string
  connection_id: string | null
  channel: MessageChannel
  dedupe_key: string
  envelope_sender: string
  client_address: string | null
  sender: string | null
  sender_domain: string | null
  subject: SealedOrNull
  received_at: number
  sent_at: number
  size: number
  verdict: VerdictLevel
  verdict_reasons: string
  forwarded_by: string | null
  extraction_kind: ExtractionKind
  extraction_reason: string | null
  rule: string | null
  confidence: number | null
  extraction: SealedOrNull
  released_at: number | null
  second_look_at: number | null
}

type MessageBodyTable = { message_id: string; part: number; received_at: number; sealed: Sealed }

type CodeTable = {
  seq: Generated<number>
  id: string
  message_id: string
  connection_id: string
  source: string
  code: Sealed
  channel: Code['channel']
  verdict: 'trusted' | 'candidate'
  sent_at: number
  received_at: number
  expires_at: number
  sender: string | null
  rule: string
  confidence: number
  state: CodeState
  attempt_id: string | null
  claimed_at: number | null
}

type AttemptTable = {
  id: string
  connection_id: string
  runner: string | null
  purpose: AttemptPurpose
  opened_at: number
  expires_at: number
  closed_at: number | null
  outcome: string | null
}

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

type DocumentItemTable = {
  id: string
  job_id: string
  position: number
  name: Sealed
  url: SealedOrNull
  has_content: Flag
  state: 'due' | 'leased' | 'done'
  due_at: number
  tries: number
  holder: string | null
  leased_until: number | null
  pages_read: number | null
  pages: number | null
  result: ItemResult['kind'] | null
  document_id: string | null
  failure: ItemFailure | null
}

type DocumentTable = {
  id: string
  company_id: string
  connection_id: string | null
  site_id: string | null
  job_id: string
  name: Sealed
  content_id: string
  kind: FileKind
  size: number
  sha256: string
  state: DocumentState
  unread_reason: UnreadReason | null
  pages: number | null
  reading: SealedOrNull
  created_at: number
}

type TestLoginTable = {
  id: string
  connection_id: string
  company_id: string
  utility: string
  asked_at: number
  asked_by: string
  expires_at: number
  attempt_id: string | null
  is_over: Flag
}

type StatusChangeTable = {
  connection_id: string
  version: number
  at: number
  event: StatusEvent['kind'] | 'created'
  status: ConnectionStatus
  status_first_seen_at: number
  status_last_update_at: number
  status_error_detail: string | null
  status_cause: string | null
  status_suggestion: string | null
}

type RefusalTable = {
  address: string
  connection_id: string
  /** Days since 1970, UTC. */
  day: number
  count: number
  first_at: number
  last_at: number
  last_sender: string
}

type RuleResultTable = {
  rule: string
  utility: string
  accepted: number
  rejected: number
  last_accepted_at: number | null
  last_rejected_at: number | null
}

/** All tables. */
export type Schema = EventTables & NoticeTables & CoreTables

type CoreTables = {
  meta: { name: string; value: string }
  key_check: { key_id: string; sealed: Sealed; created_at: number }
  company: CompanyTable
  connection: ConnectionTable
  security_answer: {
    id: string
    connection_id: string
    company_id: string
    utility: string
    question: string
    answer: Sealed
  }
  lease_turn: {
    company_id: string
    utility: string
    due_at: number | null
    is_waiting: Flag
    served: number
  }
  totp_step: { connection_id: string; ends_at: number; id: string; attempt_id: string; claimed_at: number }
  mailbox: MailboxTable
  code_source: { connection_id: string; source: string }
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
  deferral: { key: string; first_at: number }
  utility_pin: {
    id: string
    utility: string
    channel: Channel
    sender: string
    approved_by: string
    created_at: number
  }
  sender_pin: {
    id: string
    connection_id: string
    channel: Channel
    sender: string
    pinned_by: string
    created_at: number
  }
  message: MessageTable
  message_body: MessageBodyTable
  code: CodeTable
  attempt: AttemptTable
  attempt_source: { attempt_id: string; source: string }
  source_hold: { source: string; attempt_id: string; held_until: number }
  recipient: RecipientTable
  delivery: DeliveryTable
  document_job: {
    id: string
    company_id: string
    connection_id: string | null
    site_id: string | null
    created_at: number
    finished_at: number | null
  }
  document_item: DocumentItemTable
  document: DocumentTable
  document_part: { content_id: string; part: number; created_at: number; sealed: Sealed }
  api_key: {
    id: string
    hash: string
    scope: KeyScope
    company_id: string | null
    label: string | null
    created_at: number
    revoked_at: number | null
  }
  audit: {
    id: string
    at: number
    actor: string
    action: string
    subject: string
    detail: string | null
  }
  test_login: TestLoginTable
  bill_address: { address: string; company_id: string; created_at: number; retired_at: number | null }
  bill_mail: {
    message_id: string
    company_id: string
    received_at: number
    due_at: number | null
    tries: number
    result: BillMailResult | null
    job_id: string | null
    documents: number
    ignored: number
  }
  number_release: {
    provider_sid: string
    address: string
    since: number
    tries: number
    next_try_at: number
    last_error: string | null
  }
  number_check: {
    id: string
    connection_id: string
    address: string
    token: string
    asked_at: number
    arrived_at: number | null
    error: string | null
  }
  status_change: StatusChangeTable
  refusal: RefusalTable
  rule_result: RuleResultTable
  idempotency: { scope: string; key: string; fingerprint: string; answer: Sealed; created_at: number }
}

/** A row as it is read. */
export type Row<T extends keyof Schema> = Selectable<Schema[T]>
