import type { Migration } from './migration.ts'

/** What people are told of by mail, whom, and in which mails. */
export const notices: Migration = {
  number: 9,
  name: 'notices',
  statements: () => [
    'alter table company add column contact_email text',
    'alter table company add column notices integer not null default 1',

    // Written with what they are about; `planned_at`: when it was decided whom to tell. A notice is about a
    // connection or about an endpoint.
    `create table notice (
      id text primary key, company_id text not null references company (id), connection_id text, webhook_id text,
      kind text not null, happened_at bigint not null, planned_at bigint)`,
    'create index notice_unplanned on notice (happened_at) where planned_at is null',
    'create index notice_by_connection on notice (connection_id) where connection_id is not null',
    'create index notice_purge on notice (happened_at)',

    // Once a person of a company, so that a stop holds whatever it is about.
    `create table notice_contact (
      id text primary key, company_id text not null references company (id), address text not null,
      created_at bigint not null, stopped_at bigint)`,
    'create unique index notice_contact_once on notice_contact (company_id, address)',

    `create table notice_mail (
      id text primary key, contact_id text not null references notice_contact (id), state text not null,
      due_at bigint not null, tries integer not null, holder text, leased_until bigint, last_error text,
      created_at bigint not null, finished_at bigint)`,
    "create index notice_mail_due on notice_mail (due_at) where state = 'due'",
    "create index notice_mail_leased on notice_mail (leased_until) where state = 'leased'",
    'create index notice_mail_of_contact on notice_mail (contact_id, due_at)',
    'create index notice_mail_purge on notice_mail (created_at)',

    // What a mail tells. `subject_id`: the connection or the endpoint.
    `create table notice_item (
      mail_id text not null references notice_mail (id), notice_id text not null references notice (id),
      contact_id text not null, subject_id text not null, kind text not null, due_at bigint not null,
      primary key (mail_id, notice_id))`,
    'create index notice_item_told on notice_item (contact_id, subject_id, kind, due_at)',
    'create index notice_item_by_notice on notice_item (notice_id)',

    // When it was last looked at whether this inbox forwards; null: not yet.
    'alter table inbox_handshake add column unproven_told_at bigint',
    `create index inbox_handshake_unproven on inbox_handshake (opened_at)
      where proof_returned_at is null and unproven_told_at is null`,
  ],
}
