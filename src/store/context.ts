import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'
import type { Sealer } from './seal.ts'
import type { Store } from './store.ts'

/** What an operation works with: a database (inside a transaction, when it writes) and the seal. */
export type Context = { readonly db: Kysely<Schema>; readonly sealer: Sealer }

/**
 * Bodies of store methods, the same for every database. Who calls them has opened the transaction: one method,
 * one transaction (or one savepoint of a group).
 */
export type Operations<K extends keyof Store> = {
  readonly [M in K]: (
    context: Context,
    ...args: Parameters<NonNullable<Store[M]>>
  ) => ReturnType<NonNullable<Store[M]>>
}
