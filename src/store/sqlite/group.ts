import type Database from 'better-sqlite3'
import type { CallMessage, Settled } from './wire.ts'

/** What the writer can do, by method name. */
export type Handlers = Readonly<Record<string, (...args: never[]) => unknown>>

/** Runs calls in one transaction; see {@link createGroupRunner}. */
export type GroupRunner = (calls: readonly CallMessage[]) => Promise<Settled[]>

/**
 * Commits many calls at the price of one flush. Each has a savepoint of its own, so that one that fails takes
 * nothing of the others with it; if the commit fails, none of them happened and all are told so.
 *
 * @param handlers do nothing but to the database: a call whose work was rolled back may be run again
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
      if (database.inTransaction) {
        undo.run()
        release.run()
      }
      return { error }
    }
  }

  const runTogether: GroupRunner = async (calls) => {
    try {
      begin.run()
      const settled: Settled[] = []
      for (const call of calls) {
        settled.push(await runOne(call))
        // A full disk makes SQLite roll back the whole transaction, savepoints or not.
        if (!database.inTransaction) return calls.length > 1 ? runApart(calls) : settled
      }
      commit.run()
      return settled
    } catch (error) {
      if (database.inTransaction) database.exec('rollback')
      return calls.map(() => ({ error }))
    }
  }
  /** What is too large for a disk that is nearly full must not keep a runner's claim from it. */
  const runApart: GroupRunner = async (calls) => {
    const settled: Settled[] = []
    for (const call of calls) settled.push(...(await runTogether([call])))
    return settled
  }
  return runTogether
}
