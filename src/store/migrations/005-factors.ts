import type { Migration } from './migration.ts'

/** Codes that are computed, and security answers that a company's connections share. */
export const factors: Migration = {
  number: 5,
  name: 'factors',
  statements: () => [
    // Each step's code is handed out once, as portals refuse one that was used. Named by its end, since a new secret
    // may count in other periods. Rows leave with a later claim.
    `create table totp_step (
      connection_id text not null references connection (id), ends_at bigint not null, id text not null unique,
      attempt_id text not null references attempt (id), claimed_at bigint not null,
      primary key (connection_id, ends_at))`,
    'create index totp_step_by_attempt on totp_step (attempt_id, ends_at)',

    // Of the connection, which keeps both for life: so that an answer is found among all of a company's.
    "alter table security_answer add column company_id text not null default ''",
    "alter table security_answer add column utility text not null default ''",
    `update security_answer set
      company_id = (select company_id from connection where connection.id = security_answer.connection_id),
      utility = (select utility from connection where connection.id = security_answer.connection_id)`,
    'create index security_answer_shared on security_answer (company_id, utility, question, id)',
  ],
}
