import type { Migration } from './migration.ts'

/** Endpoints of companies, the events for them, and each event's way to each endpoint. */
export const events: Migration = {
  number: 8,
  name: 'events',
  statements: ({ bytes }) => [
    // `due_at`: no later than the first of its deliveries is due; null: nothing is, or it is disabled. `lined`: how
    // many were ever lined up for it, which gives them their order. URL and secrets are sealed, and go when it goes.
    `create table webhook (
      id text primary key, company_id text not null references company (id), url ${bytes}, description text,
      event_types text not null, secret ${bytes}, former_secret ${bytes}, former_secret_until bigint,
      disabled_at bigint, disabled_why text, failing_since bigint, due_at bigint, lined bigint not null,
      created_at bigint not null, updated_at bigint not null, deleted_at bigint)`,
    'create index webhook_by_company on webhook (company_id, id) where deleted_at is null',
    'create index webhook_due on webhook (due_at) where due_at is not null',

    // Written with what they are about, and only where a company has an endpoint. `facts` is sealed.
    `create table event (
      id text primary key, company_id text not null references company (id), connection_id text,
      type text not null, facts ${bytes} not null, created_at bigint not null)`,
    'create index event_in_order on event (company_id, created_at, id)',
    'create index event_by_connection on event (connection_id) where connection_id is not null',
    'create index event_purge on event (created_at)',

    // `line`: those of one endpoint in one line have their first tries in order. `queued` ones wait for that of
    // another before them.
    `create table event_delivery (
      id text primary key, webhook_id text not null references webhook (id),
      event_id text not null references event (id), line text not null, seq bigint not null,
      is_replay integer not null, state text not null, due_at bigint not null, tries integer not null,
      holder text, leased_until bigint, status_code integer, response ${bytes}, duration_ms integer,
      last_error text, tried_at bigint, created_at bigint not null, finished_at bigint)`,
    'create index event_delivery_in_order on event_delivery (webhook_id, seq)',
    "create index event_delivery_due on event_delivery (webhook_id, due_at, seq) where state = 'due'",
    "create index event_delivery_leased on event_delivery (leased_until) where state = 'leased'",
    "create index event_delivery_queued on event_delivery (webhook_id, line, seq) where state = 'queued'",
    `create index event_delivery_first on event_delivery (webhook_id, line)
      where tries = 0 and finished_at is null`,
    'create index event_delivery_by_event on event_delivery (event_id)',
  ],
}
