import type { Migration } from './migration.ts'

/** What came back of copies, one copy of a message to a recipient, and domains that a company vouches for. */
export const bounces: Migration = {
  number: 2,
  name: 'bounces',
  statements: () => [
    'alter table delivery add column bounced_at bigint',
    'alter table delivery add column bounce_kind text',
    'alter table delivery add column bounce_status text',
    // Nobody gets two copies of one message, whatever the code around it does. Finds by message, as the former did.
    'create unique index delivery_once on delivery (message_id, recipient_id) where message_id is not null',
    'drop index delivery_by_message',
    "alter table company add column vouched_domains text not null default '[]'",
  ],
}
