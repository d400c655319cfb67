import type { Migration } from './migration.ts'

/** What a connection's life needs beside its logins: tests of the way that codes come, and an end of all traces. */
export const lives: Migration = {
  number: 10,
  name: 'lives',
  statements: () => [
    // A login that a customer asks for, to see how far a code comes. `is_over`: another may be asked for; set when that
    // is done. Company and utility are the connection's, so that a runner finds one that it may take.
    `create table test_login (
      id text primary key, connection_id text not null references connection (id), company_id text not null,
      utility text not null, asked_at bigint not null, asked_by text not null, expires_at bigint not null,
      attempt_id text references attempt (id), is_over integer not null)`,
    'create unique index test_login_open on test_login (connection_id) where is_over = 0',
    'create index test_login_by_connection on test_login (connection_id, asked_at, id)',
    'create index test_login_waiting on test_login (expires_at) where attempt_id is null',
    `create index test_login_waiting_of_utility on test_login (utility, expires_at)
      where attempt_id is null`,
    `create index test_login_waiting_of_company on test_login (company_id, expires_at)
      where attempt_id is null`,

    // A text message that we send to a number of our own; `token` is what it is known by when it comes.
    `create table number_check (
      id text primary key, connection_id text not null references connection (id), address text not null,
      token text not null unique, asked_at bigint not null, arrived_at bigint, error text)`,
    'create index number_check_newest on number_check (connection_id, address, asked_at)',

    // Where a company's bills come by mail; one in use at a time, and none is ever given to another.
    `create table bill_address (
      address text primary key, company_id text not null references company (id),
      created_at bigint not null, retired_at bigint)`,
    'create unique index bill_address_in_use on bill_address (company_id) where retired_at is null',
    'create index bill_address_of_company on bill_address (company_id, created_at)',
    // What came there. `due_at`: when its documents are to be taken out; null: they were.
    `create table bill_mail (
      message_id text primary key references message (id), company_id text not null, received_at bigint not null,
      due_at bigint, tries integer not null, result text, job_id text,
      documents integer not null, ignored integer not null)`,
    'create index bill_mail_due on bill_mail (due_at) where due_at is not null',
    'create index bill_mail_in_order on bill_mail (company_id, received_at, message_id)',

    // Numbers that we bought and that nobody uses any more: written when one retires, removed when it was given back.
    `create table number_release (
      provider_sid text primary key, address text not null, since bigint not null, tries integer not null,
      next_try_at bigint not null, last_error text)`,
    'create index number_release_due on number_release (next_try_at)',

    // When the data of a company began to go, and when all of it was gone; of a connection, the latter.
    'alter table company add column erasing_at bigint',
    'alter table company add column erased_at bigint',
    'create index company_erasing on company (id) where erasing_at is not null and erased_at is null',
    'alter table connection add column erased_at bigint',
    'create index connection_of_company on connection (company_id, erased_at, id)',
    'create index connection_by_company_for_good on connection (company_id, id)',
    'create index notice_by_company on notice (company_id)',
    'create index webhook_of_company on webhook (company_id)',
    // So that the removal of an attempt finds who refers to it.
    'create index test_login_by_attempt on test_login (attempt_id) where attempt_id is not null',
    'create index source_hold_by_attempt on source_hold (attempt_id)',
    'create index api_key_by_company on api_key (company_id) where company_id is not null',
  ],
}
