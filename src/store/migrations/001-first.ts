import type { Migration } from './migration.ts'

/**
 * What the main job needs. Made for years of history: message rows stay small, bodies lie apart and leave by
 * retention, and every query has an index (test/store/plans.test.ts).
 */
export const first: Migration = {
  number: 1,
  name: 'first',
  statements: ({ serial, bytes }) => [
    'create table meta (name text primary key, value text not null)',
    // One row for each master key that ever sealed something here; a start without one of them is refused.
    `create table key_check (key_id text primary key, sealed ${bytes} not null, created_at bigint not null)`,

    `create table company (
      id text primary key, name text not null, external_id text, public_id text not null unique,
      sms_relay integer not null, is_active integer not null,
      created_at bigint not null, updated_at bigint not null)`,
    // An offboarded connection keeps its row, emptied (deleted_at), so that its addresses stay retired.
    `create table connection (
      id text primary key, company_id text not null references company (id), utility text not null,
      url text, country text, external_id text, connection_owner_email text,
      initial_sites text not null, utility_types text not null, data_collection_start_date text,
      username ${bytes}, password ${bytes}, totp_secret ${bytes},
      mfa_method text, inbox_addresses text not null,
      status text not null, status_first_seen_at bigint not null, status_last_update_at bigint not null,
      status_error_detail text, status_cause text, status_suggestion text,
      version bigint not null, created_at bigint not null, updated_at bigint not null, deleted_at bigint)`,
    'create index connection_by_company on connection (company_id, id) where deleted_at is null',
    'create index connection_by_company_status on connection (company_id, status, id) where deleted_at is null',
    'create index connection_by_status on connection (status, id) where deleted_at is null',
    'create index connection_in_order on connection (id) where deleted_at is null',
    `create table security_answer (
      id text primary key, connection_id text not null references connection (id),
      question text not null, answer ${bytes} not null)`,
    'create index security_answer_by_connection on security_answer (connection_id)',

    // A number may come back after its quarantine, so an address is unique only while it is in use; an e-mail
    // address is unique for ever.
    `create table mailbox (
      seq ${serial}, address text not null, channel text not null,
      connection_id text not null references connection (id), provider_sid text,
      created_at bigint not null, retired_at bigint)`,
    'create index mailbox_by_address on mailbox (address, seq)',
    'create unique index mailbox_in_use on mailbox (address) where retired_at is null',
    "create unique index mailbox_email_once on mailbox (address) where channel = 'email'",
    "create index mailbox_numbers on mailbox (address) where channel = 'sms' and retired_at is null",
    'create index mailbox_by_connection on mailbox (connection_id, seq)',
    `create table code_source (
      connection_id text not null references connection (id), source text not null,
      primary key (connection_id, source))`,
    `create table sender_pin (
      connection_id text not null references connection (id), channel text not null, sender text not null,
      pinned_by text not null, created_at bigint not null, primary key (connection_id, channel, sender))`,

    `create table message (
      id text primary key, mailbox text not null, connection_id text references connection (id),
      channel text not null, dedupe_key text not null, envelope_sender text not null, client_address text,
      sender text, sender_domain text, subject ${bytes},
      received_at bigint not null, sent_at bigint not null, size bigint not null,
      verdict text not null, verdict_reasons text not null, forwarded_by text,
      extraction_kind text not null, extraction_reason text, rule text, confidence double precision,
      extraction ${bytes},
      released_at bigint)`,
    'create unique index message_once on message (mailbox, dedupe_key)',
    'create index message_by_connection on message (connection_id, received_at, id)',
    `create index message_forwarding_confirmation on message (connection_id, received_at)
      where extraction_kind = 'forwarding_confirmation'`,
    `create index message_extraction_purge on message (received_at)
      where extraction is not null and extraction_kind <> 'forwarding_confirmation'`,
    // In parts, so that no single statement of the purge is long. Without a reference to their message, so that the
    // parts of a large one may be written before it, in transactions of their own; received_at finds them again.
    `create table message_body (
      message_id text not null, part integer not null, received_at bigint not null,
      sealed ${bytes} not null, primary key (message_id, part))`,
    'create index message_body_purge on message_body (received_at, part)',

    `create table code (
      seq ${serial}, id text not null unique, message_id text not null references message (id),
      connection_id text not null, source text not null, code ${bytes} not null, channel text not null,
      verdict text not null, sent_at bigint not null, received_at bigint not null, expires_at bigint not null,
      sender text, rule text not null, confidence double precision not null,
      state text not null, attempt_id text, claimed_at bigint)`,
    'create index code_claim on code (source, state, sent_at)',
    'create index code_seen on code (source, received_at)',
    'create index code_by_attempt on code (attempt_id, sent_at) where attempt_id is not null',
    'create index code_by_message on code (message_id)',
    'create index code_purge on code (received_at)',

    `create table attempt (
      id text primary key, connection_id text not null references connection (id), runner text,
      purpose text not null, opened_at bigint not null, expires_at bigint not null, closed_at bigint,
      outcome text)`,
    'create index attempt_by_connection on attempt (connection_id, opened_at)',
    `create table attempt_source (
      attempt_id text not null references attempt (id), source text not null,
      primary key (attempt_id, source))`,
    // The attempt that took a source last, and until when it holds it; closing sets 0.
    `create table source_hold (
      source text primary key, attempt_id text not null references attempt (id), held_until bigint not null)`,

    `create table recipient (
      id text primary key, connection_id text not null references connection (id), channel text not null,
      address text not null, state text not null, stop_reason text,
      created_at bigint not null, confirmed_at bigint, stopped_at bigint)`,
    'create unique index recipient_once on recipient (connection_id, channel, address)',
    "create index recipient_by_phone on recipient (address) where channel = 'sms'",
    `create table delivery (
      id text primary key, kind text not null, courier text not null,
      recipient_id text not null references recipient (id), address text not null,
      connection_id text not null references connection (id), message_id text references message (id),
      state text not null, due_at bigint not null, tries integer not null, expires_at bigint,
      holder text, leased_until bigint, last_error text, remote_id text,
      created_at bigint not null, finished_at bigint)`,
    "create index delivery_due on delivery (due_at) where state = 'due'",
    "create index delivery_leased on delivery (leased_until) where state = 'leased'",
    "create index delivery_failed on delivery (connection_id) where state = 'failed'",
    'create index delivery_open on delivery (recipient_id) where finished_at is null',
    'create index delivery_by_connection on delivery (connection_id, created_at, id)',
    'create index delivery_by_message on delivery (message_id) where message_id is not null',

    `create table api_key (
      id text primary key, hash text not null unique, scope text not null, company_id text, label text,
      created_at bigint not null, revoked_at bigint)`,
    `create table audit (
      id text primary key, at bigint not null, actor text not null, action text not null,
      subject text not null, detail text)`,
    'create index audit_in_order on audit (at, id)',
    'create index audit_by_subject on audit (subject, at, id)',
    `create table idempotency (
      scope text not null, key text not null, fingerprint text not null, answer ${bytes} not null,
      created_at bigint not null, primary key (scope, key))`,
    'create index idempotency_purge on idempotency (created_at)',
  ],
}
