import type { Migration } from './migration.ts'

/** Forwarding handshakes, senders pinned to utilities, and what DNS could not answer at once. */
export const trust: Migration = {
  number: 4,
  name: 'trust',
  statements: () => [
    // One row for each inbox that may forward to a connection; `open_until`: when its provider may ask last.
    `create table inbox_handshake (
      connection_id text not null references connection (id), inbox text not null,
      opened_at bigint not null, open_until bigint not null,
      confirmed_at bigint, tried_message_id text, tries integer not null, next_try_at bigint, last_result text,
      proof_delivery_id text, proof_sent_at bigint, proof_returned_at bigint,
      primary key (connection_id, inbox))`,
    'create index inbox_handshake_open on inbox_handshake (open_until)',
    'create index message_forwarded on message (connection_id, forwarded_by) where forwarded_by is not null',

    // Pins get a name of their own, so that one can be revoked.
    'alter table sender_pin add column id text',
    "update sender_pin set id = connection_id || ':' || channel || ':' || sender",
    'create unique index sender_pin_by_id on sender_pin (id)',
    'create index sender_pin_by_sender on sender_pin (channel, sender)',
    `create table utility_pin (
      id text primary key, utility text not null, channel text not null, sender text not null,
      approved_by text not null, created_at bigint not null)`,
    'create unique index utility_pin_once on utility_pin (utility, channel, sender)',

    // When a message was first put off because DNS did not answer; a hash names it, and the row lives for a day.
    'create table deferral (key text primary key, first_at bigint not null)',
    'create index deferral_purge on deferral (first_at)',
    // What was kept all the same, to be judged again.
    'alter table message add column second_look_at bigint',
    'create index message_second_look on message (second_look_at) where second_look_at is not null',
  ],
}
