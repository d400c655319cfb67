import type { Migration } from './migration.ts'

/** Due copies are found by their courier, and dead ones by their end: a backlog of others is not walked through. */
export const copiesByCourier: Migration = {
  number: 12,
  name: 'copies-by-courier',
  statements: () => [
    // With the end of the code, so that dead ones are passed over within the index.
    "create index delivery_due_of_courier on delivery (courier, due_at, expires_at) where state = 'due'",
    `create index delivery_dying on delivery (expires_at)
      where state = 'due' and expires_at is not null`,
    'drop index delivery_due',
  ],
}
