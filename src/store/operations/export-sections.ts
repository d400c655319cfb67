import type { ExportSection } from '../../domain/export.ts'
import type { Schema } from '../schema.ts'

/** What of a table is handed out, and how it is walked through. */
export type Section = {
  readonly table: keyof Schema
  /** The column that says whose a row is, and what it holds. */
  readonly owner: string
  readonly ownerIs?: (id: string) => string
  /** Unique for one owner, in the order of an index. */
  readonly key: readonly string[]
  readonly columns: readonly string[]
  /** Columns that are opened: their place in the seal. */
  readonly sealed?: Readonly<Record<string, string>>
  /** Columns that hold JSON. */
  readonly json?: readonly string[]
}

const SECTION = <const T extends Section>(section: T): Section => section

/**
 * Everything of a company's but what is secret. test/provisioning/export.test.ts compares it with the tables: a column
 * that is added later is either here or among those that are left out on purpose.
 */
export const SECTIONS: Readonly<Record<ExportSection, Section>> = {
  company: SECTION({
    table: 'company',
    owner: 'id',
    key: ['id'],
    columns: [
      'id',
      'name',
      'external_id',
      'public_id',
      'sms_relay',
      'is_active',
      'vouched_domains',
      'contact_email',
      'notices',
      'created_at',
      'updated_at',
      'erasing_at',
      'erased_at',
    ],
    json: ['vouched_domains'],
  }),
  api_key: SECTION({
    table: 'api_key',
    owner: 'company_id',
    key: ['id'],
    columns: ['id', 'scope', 'label', 'created_at', 'revoked_at'],
  }),
  webhook: SECTION({
    table: 'webhook',
    owner: 'company_id',
    key: ['id'],
    columns: [
      'id',
      'url',
      'description',
      'event_types',
      'disabled_at',
      'disabled_why',
      'failing_since',
      'created_at',
      'updated_at',
      'deleted_at',
    ],
    sealed: { url: 'webhook.url' },
    json: ['event_types'],
  }),
  notice_contact: SECTION({
    table: 'notice_contact',
    owner: 'company_id',
    key: ['address'],
    columns: ['id', 'address', 'created_at', 'stopped_at'],
  }),
  bill_address: SECTION({
    table: 'bill_address',
    owner: 'company_id',
    key: ['created_at', 'address'],
    columns: ['address', 'created_at', 'retired_at'],
  }),
  document_job: SECTION({
    table: 'document_job',
    owner: 'company_id',
    key: ['created_at', 'id'],
    columns: ['id', 'connection_id', 'site_id', 'created_at', 'finished_at'],
  }),
  document: SECTION({
    table: 'document',
    owner: 'company_id',
    key: ['created_at', 'id'],
    columns: [
      'id',
      'connection_id',
      'site_id',
      'job_id',
      'name',
      'kind',
      'size',
      'sha256',
      'state',
      'unread_reason',
      'pages',
      'reading',
      'created_at',
    ],
    sealed: { name: 'document.name', reading: 'document.reading' },
    json: ['reading'],
  }),
  connection: SECTION({
    table: 'connection',
    owner: 'company_id',
    key: ['id'],
    columns: [
      'id',
      'utility',
      'url',
      'country',
      'external_id',
      'connection_owner_email',
      'initial_sites',
      'utility_types',
      'data_collection_start_date',
      'username',
      'mfa_method',
      'inbox_addresses',
      'status',
      'status_first_seen_at',
      'status_last_update_at',
      'status_error_detail',
      'status_cause',
      'status_suggestion',
      'version',
      'created_at',
      'updated_at',
      'deleted_at',
      'erased_at',
      'next_login_at',
      'login_failures',
      'login_changed_at',
    ],
    sealed: { username: 'connection.username' },
    json: ['initial_sites', 'utility_types', 'inbox_addresses'],
  }),
  mailbox: SECTION({
    table: 'mailbox',
    owner: 'connection_id',
    key: ['seq'],
    columns: ['seq', 'address', 'channel', 'created_at', 'retired_at'],
  }),
  recipient: SECTION({
    table: 'recipient',
    owner: 'connection_id',
    key: ['channel', 'address'],
    columns: ['id', 'channel', 'address', 'state', 'stop_reason', 'created_at', 'confirmed_at', 'stopped_at'],
  }),
  inbox_handshake: SECTION({
    table: 'inbox_handshake',
    owner: 'connection_id',
    key: ['inbox'],
    columns: [
      'inbox',
      'opened_at',
      'open_until',
      'confirmed_at',
      'last_result',
      'proof_sent_at',
      'proof_returned_at',
    ],
  }),
  sender_pin: SECTION({
    table: 'sender_pin',
    owner: 'connection_id',
    key: ['channel', 'sender'],
    columns: ['id', 'channel', 'sender', 'created_at'],
  }),
  security_question: SECTION({
    table: 'security_answer',
    owner: 'connection_id',
    key: ['id'],
    columns: ['id', 'question'],
  }),
  attempt: SECTION({
    table: 'attempt',
    owner: 'connection_id',
    key: ['opened_at', 'id'],
    columns: ['id', 'runner', 'purpose', 'opened_at', 'expires_at', 'closed_at', 'outcome'],
    json: ['outcome'],
  }),
  test_login: SECTION({
    table: 'test_login',
    owner: 'connection_id',
    key: ['asked_at', 'id'],
    columns: ['id', 'asked_at', 'expires_at', 'attempt_id'],
  }),
  status_change: SECTION({
    table: 'status_change',
    owner: 'connection_id',
    key: ['version'],
    columns: [
      'version',
      'at',
      'event',
      'status',
      'status_first_seen_at',
      'status_last_update_at',
      'status_error_detail',
      'status_cause',
      'status_suggestion',
    ],
  }),
  delivery: SECTION({
    table: 'delivery',
    owner: 'connection_id',
    key: ['created_at', 'id'],
    columns: [
      'id',
      'kind',
      'courier',
      'recipient_id',
      'address',
      'message_id',
      'state',
      'due_at',
      'tries',
      'expires_at',
      'last_error',
      'created_at',
      'finished_at',
      'bounced_at',
      'bounce_kind',
      'bounce_status',
      'carrier_state',
      'delivered_at',
    ],
  }),
  refusal: SECTION({
    table: 'refusal',
    owner: 'connection_id',
    key: ['last_at', 'address', 'day'],
    columns: ['address', 'day', 'count', 'first_at', 'last_at', 'last_sender'],
  }),
  number_check: SECTION({
    table: 'number_check',
    owner: 'connection_id',
    key: ['address', 'asked_at'],
    columns: ['address', 'asked_at', 'arrived_at', 'error'],
  }),
  audit: SECTION({
    table: 'audit',
    owner: 'subject',
    ownerIs: (id) => `connection:${id}`,
    key: ['at', 'id'],
    columns: ['id', 'at', 'actor', 'action', 'detail'],
  }),
}
