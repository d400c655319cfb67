import type { Migration } from './migration.ts'

/** What a connection's life needs beside its logins: tests of the way that codes come. */
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
  ],
}
