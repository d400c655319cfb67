import type Database from 'better-sqlite3'
import type { CallMessage, Settled } from './wire.ts'

/** What the writer can do, by method name. */
export type Handlers = Readonly<Record<string, (...args: never[]) => unknown>>

/** Runs calls in one transaction; see {@link createGroupRunner}. */
export type GroupRunner = (calls: readonly CallMessage[]) => Promise<Settled[]>

/**
 * Commits many calls at the price of one flush. Each has a savepoint of its own, so that one that fails takes
 * nothing of the others with it; if the commit fails, none of them happened and all are told so.
 */
export function createGroupRunner(database: Database.Database, handlers: Handlers): GroupRunner {
  const begin = database.prepare('begin immediate')
  const commit = database.prepare('commit')
  const savepoint = database.prepare('savepoint call')
  const release = database.prepare('release call')
  const undo = database.prepare('rollback to call')

  const runOne = async ({ method, args }: CallMessage): Promise<Settled> => {
    savepoint.run()
    try {
      const handler = handlers[method]
      if (!handler) throw new TypeError(`the writer knows no ${method}`)
      const value = await handler(...(args as never[]))
      release.run()
      return { value }
    } catch (error) {
      // A full disk may make SQLite roll the whole transaction back by itself: then nothing of the group stands.
      if (!database.inTransaction) throw error
      undo.run()
      release.run()
      return { error }
    }
  }

  return async (calls) => {
    try {
      begin.run()
      const settled: Settled[] = []
      for (const call of calls) settled.push(await runOne(call))
      commit.run()
      return settled
    } catch (error) {
      if (database.inTransaction) database.exec('rollback')
      return calls.map(() => ({ error }))
    }
  }
}
