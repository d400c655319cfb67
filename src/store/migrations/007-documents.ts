import type { Migration } from './migration.ts'

/** Jobs that read documents, their items, what came of them, and the documents' content. */
export const documents: Migration = {
  number: 7,
  name: 'documents',
  statements: ({ bytes }) => [
    // `connection_id`: whose login brought the documents. They go with it when it is offboarded.
    `create table document_job (
      id text primary key, company_id text not null references company (id),
      connection_id text references connection (id), site_id text,
      created_at bigint not null, finished_at bigint)`,
    'create index document_job_in_order on document_job (company_id, created_at, id)',
    'create index document_job_by_connection on document_job (connection_id) where connection_id is not null',

    // `url` is sealed, since presigned ones are keys, and goes when the item ends. `has_content`: it was uploaded.
    `create table document_item (
      id text primary key, job_id text not null references document_job (id), position integer not null,
      name ${bytes} not null, url ${bytes}, has_content integer not null,
      state text not null, due_at bigint not null, tries integer not null, holder text, leased_until bigint,
      pages_read integer, pages integer, result text, document_id text, failure text)`,
    'create unique index document_item_in_order on document_item (job_id, position)',
    "create index document_item_due on document_item (due_at, id) where state = 'due'",
    "create index document_item_leased on document_item (leased_until) where state = 'leased'",

    `create table document (
      id text primary key, company_id text not null references company (id),
      connection_id text references connection (id), site_id text,
      job_id text not null references document_job (id), name ${bytes} not null, content_id text not null,
      kind text not null, size bigint not null, sha256 text not null, state text not null, unread_reason text,
      pages integer, reading ${bytes}, created_at bigint not null)`,
    // A company has the same content once, whatever two processes find at the same time.
    'create unique index document_once on document (company_id, sha256)',
    'create index document_in_order on document (company_id, created_at, id)',
    'create index document_by_job on document (job_id)',
    'create index document_by_connection on document (connection_id) where connection_id is not null',

    // In parts, written before what they belong to, in transactions of their own: no code waits for a large document.
    // `content_id` is the item that it was uploaded with, or the document that was fetched.
    `create table document_part (
      content_id text not null, part integer not null, created_at bigint not null,
      sealed ${bytes} not null, primary key (content_id, part))`,
    'create index document_part_purge on document_part (created_at, part)',
  ],
}
