import { setTimeout as pause } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'
import type { Context, Shared } from '../context.ts'
import type { Schema } from '../schema.ts'
import type { Sealer } from '../seal.ts'
import type { RuleResult } from '../status-store.ts'
import { countApart } from './counts.ts'
import { BusyError, retriesAfter, translate, wasDead } from './failures.ts'
import { type Locks, takeLocks, tryConnection } from './locks.ts'

/** Statements of one transaction, and reads outside of any. */
export type Database = {
  /** For single statements, each for itself. */
  readonly context: Context
  /** Several statements that see the same moment, and write nothing. */
  readTogether<T>(read: (context: Context) => Promise<T>): Promise<T>
  /**
   * One transaction under these locks; begun anew where it fell out with another one.
   *
   * @param act does nothing but to the database, as it may run more than once
   * @throws Failure `unavailable`
   */
  write<T>(locks: Locks, act: (context: Context) => Promise<T>): Promise<T>
}

/** The longest pause before a transaction is begun anew doubles from this, ms. */
const FIRST_PAUSE_MS = 4
const LONGEST_PAUSE_MS = 250
/** After a restart of the server, all that idled are dead; the pool drops them as soon as it hears of it. */
const MOST_DEAD = 3

export function databaseOf(db: Kysely<Schema>, sealer: Sealer): Database {
  const contextOf = (transaction: Transaction<Schema>, later: RuleResult[]): Context => ({
    db: transaction,
    sealer,
    shared: { ...sharedIn(transaction), countLater: (count) => later.push(count) },
  })
  const count = countApart(db, again)
  return {
    context: { db, sealer },
    readTogether: (read) =>
      again(() =>
        db
          .transaction()
          .setIsolationLevel('repeatable read')
          .setAccessMode('read only')
          .execute((transaction) => read({ db: transaction, sealer })),
      ),
    async write(locks, act) {
      let later: RuleResult[] = []
      const result = await again((began) =>
        db
          .transaction()
          .setIsolationLevel('read committed')
          .execute(async (transaction) => {
            began()
            later = []
            await takeLocks(transaction, locks)
            return act(contextOf(transaction, later))
          }),
      )
      if (later.length > 0) await count(later)
      return result
    },
  }
}

const sharedIn = (transaction: Transaction<Schema>): Omit<Shared, 'countLater'> => ({
  tryConnection: (id) => tryConnection(transaction, id),
  async takeConnection(id) {
    if (!(await tryConnection(transaction, id))) throw new BusyError(`connection ${id} is being changed`)
  },
})

/** Statements outside of a transaction that may run twice; they do where the connection was a dead one. */
export const eachAlone = <T>(read: () => Promise<T>): Promise<T> => again(() => read())

async function again<T>(run: (began: () => void) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    let hasBegun = false
    try {
      return await run(() => {
        hasBegun = true
      })
    } catch (error) {
      const isDead = !hasBegun && tries <= MOST_DEAD && wasDead(error)
      if (!isDead && tries > retriesAfter(error)) throw translate(error)
      await pause(Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries))
    }
  }
}

/** Runs no more than `most` at once, in the order in which they came. */
export function atMost(most: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (run) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await run()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
