import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createGroupRunner, type GroupRunner } from '../../../src/store/sqlite/group.ts'

/** Runs calls named by their method, each with one argument. */
const calls = (...list: [string, string?][]) => list.map(([method, arg], id) => ({ id, method, args: [arg] }))

describe('a group of writes', () => {
  let database: Database.Database
  let run: GroupRunner
  const kept = () => database.prepare<[], string>('select name from thing order by name').pluck().all()

  beforeEach(() => {
    database = new Database(':memory:')
    database.pragma('foreign_keys = ON')
    database.exec(`
      create table thing (name text primary key);
      create table part (thing text references thing (name) deferrable initially deferred);
      create trigger explode before insert on thing when new.name = 'bomb'
        begin select raise(rollback, 'the whole transaction is gone'); end`)
    const insert = database.prepare('insert into thing values (?)')
    run = createGroupRunner(database, {
      insert: (name: string) => insert.run(name).changes,
      async insertThenThrow(name: string) {
        insert.run(name)
        await Promise.resolve()
        throw new RangeError('poisoned')
      },
      // Found out only at the commit, as a full disk may be.
      breakCommit: () => database.prepare("insert into part values ('nothing')").run(),
    })
  })
  afterEach(() => database.close())

  it('commits all that succeed', async () => {
    expect(await run(calls(['insert', 'a'], ['insert', 'b']))).toEqual([{ value: 1 }, { value: 1 }])
    expect(kept()).toEqual(['a', 'b'])
  })

  it('loses nothing of the others to one that fails, and keeps nothing of that one', async () => {
    const settled = await run(
      calls(['insert', 'a'], ['insertThenThrow', 'b'], ['insert', 'a'], ['noSuchMethod'], ['insert', 'c']),
    )
    expect(settled).toEqual([
      { value: 1 },
      { error: expect.any(RangeError) },
      { error: expect.objectContaining({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' }) },
      { error: expect.any(TypeError) },
      { value: 1 },
    ])
    expect(kept()).toEqual(['a', 'c'])
  })

  it('tells everybody when the commit fails, and works again afterwards', async () => {
    const settled = await run(calls(['insert', 'a'], ['breakCommit'], ['insert', 'b']))
    const error = expect.objectContaining({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' })
    expect(settled).toEqual([{ error }, { error }, { error }])
    expect(kept()).toEqual([])
    expect(await run(calls(['insert', 'a']))).toEqual([{ value: 1 }])
  })

  it('loses nothing of the others even when the database gives the whole transaction up', async () => {
    const settled = await run(calls(['insert', 'a'], ['insert', 'bomb'], ['insert', 'b']))
    expect(settled).toEqual([{ value: 1 }, { error: expect.any(Database.SqliteError) }, { value: 1 }])
    expect(kept()).toEqual(['a', 'b'])
  })
})
