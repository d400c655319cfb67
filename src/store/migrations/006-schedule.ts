import type { Migration } from './migration.ts'

/** When logins are due, and whose turn it is. */
export const schedule: Migration = {
  number: 6,
  name: 'schedule',
  statements: () => [
    'alter table connection add column next_login_at bigint',
    'alter table connection add column login_failures integer not null default 0',
    'alter table connection add column login_changed_at bigint not null default 0',
    `create index connection_due on connection (company_id, utility, next_login_at)
      where deleted_at is null and next_login_at is not null`,

    // One row for each company and utility. due_at: no later than the first of its logins is due; is_waiting: that
    // was found to have passed; served: rises with each lease, the same in all rows of a company.
    `create table lease_turn (
      company_id text not null references company (id), utility text not null, due_at bigint,
      is_waiting integer not null, served bigint not null, primary key (company_id, utility))`,
    'create index lease_turn_due on lease_turn (is_waiting, due_at)',
    'create index lease_turn_next on lease_turn (is_waiting, served)',
    'create index lease_turn_next_of_utility on lease_turn (is_waiting, utility, served)',
    'create index lease_turn_served on lease_turn (served)',

    // Logins from before there was a schedule: a week after the last that worked, soon where none is known.
    `update connection set next_login_at = status_last_update_at +
        case when status in ('CONNECTED', 'NO_ACCOUNTS_FOUND') then 604800000 else 7200000 end
      where deleted_at is null and (username is not null or password is not null) and status in
        ('PENDING', 'CONNECTED', 'NO_ACCOUNTS_FOUND', 'WEBSITE_DOWN', 'URL_INACCESSIBLE', 'OTHER_ERROR')`,
    `insert into lease_turn (company_id, utility, due_at, is_waiting, served)
      select company_id, utility, min(next_login_at), 0, 0 from connection
      where deleted_at is null and next_login_at is not null group by company_id, utility`,
  ],
}
