import type { Migration } from './migration.ts'

/** What a status went through, what was refused at retired addresses, how the codes of each rule fared. */
export const status: Migration = {
  number: 3,
  name: 'status',
  statements: () => [
    // One row for each move, under the version that the connection had after it. Never changed, never removed.
    `create table status_change (
      connection_id text not null references connection (id), version bigint not null, at bigint not null,
      event text not null,
      status text not null, status_first_seen_at bigint not null, status_last_update_at bigint not null,
      status_error_detail text, status_cause text, status_suggestion text,
      primary key (connection_id, version))`,
    // Connections from before there was a history begin theirs with what they are now.
    `insert into status_change
      select id, version, status_last_update_at, 'created', status, status_first_seen_at, status_last_update_at,
        status_error_detail, status_cause, status_suggestion
      from connection where deleted_at is null`,

    `create table refusal (
      address text not null, connection_id text not null references connection (id), day integer not null,
      count integer not null, first_at bigint not null, last_at bigint not null, last_sender text not null,
      primary key (address, day))`,
    'create index refusal_by_connection on refusal (connection_id, last_at)',

    `create table rule_result (
      rule text not null, utility text not null, accepted integer not null, rejected integer not null,
      last_accepted_at bigint, last_rejected_at bigint, primary key (rule, utility))`,
    'create index rule_result_worst on rule_result (rejected desc, rule, utility)',
  ],
}
