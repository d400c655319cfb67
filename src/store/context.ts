import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'
import type { Sealer } from './seal.ts'
import type { RuleResult } from './status-store.ts'
import type { Store } from './store.ts'

/** What an operation works with: a database (inside a transaction, when it writes) and the seal. */
export type Context = {
  readonly db: Kysely<Schema>
  readonly sealer: Sealer
  /** Where many processes write at once; unset where one writer does everything in turn. See shared.ts. */
  readonly shared?: Shared
}

/** What an operation asks for where it is not the only one at work. */
export type Shared = {
  /**
   * Keeps a connection that turned out only now to this transaction.
   * @throws what makes the store begin the transaction anew, when another has it
   */
  takeConnection(id: string): Promise<void>
  /** The same; false when another has it. */
  tryConnection(id: string): Promise<boolean>
  /** Counts once this transaction is committed: the row is one that all logins of a utility change. */
  countLater(count: RuleResult): void
}

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
