import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StoreTooNewError } from '../../../src/store/errors.ts'
import { MIGRATIONS, migrate } from '../../../src/store/migrations/migrate.ts'
import type { Migration } from '../../../src/store/migrations/migration.ts'
import { asKysely, openForWriting, SQLITE_TYPES } from '../../../src/store/sqlite/database.ts'
import { openSqliteStore } from '../../../src/store/sqlite/open.ts'
import { T0 } from '../samples.ts'
import { newFolder, TEST_KEY } from './test-store.ts'

describe('migrations', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = newFolder()
    path = join(folder, 'deep', 'relay.db')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const open = () => openSqliteStore({ path, masterKeys: [TEST_KEY] })
  const applied = () => {
    const database = new Database(path)
    const rows = database.prepare('select number, name from migration order by number').all()
    database.close()
    return rows
  }
  const all = MIGRATIONS.map(({ number, name }) => ({ number, name }))

  it('are numbered without gaps', () => {
    expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, index) => index + 1))
  })

  it('run once, in a file that its owner alone may read', async () => {
    await (await open()).close()
    await (await open()).close()
    expect(applied()).toEqual(all)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('run once when two processes start together', async () => {
    const stores = await Promise.all([open(), open(), open()])
    await Promise.all(stores.map((store) => store.checkWritable()))
    for (const store of stores) await store.close()
    expect(applied()).toEqual(all)
  })

  it('refuse a store that a newer program has written, and change nothing', async () => {
    await (await open()).close()
    const database = new Database(path)
    database.prepare("insert into migration values (999, 'from the future', 0)").run()
    database.close()
    await expect(open()).rejects.toBeInstanceOf(StoreTooNewError)
    expect(applied()).toEqual([...all, { number: 999, name: 'from the future' }])
  })

  it('go on where an older program left off', async () => {
    const steps = (count: number): Migration[] =>
      Array.from({ length: count }, (_, n) => ({
        number: n + 1,
        name: `step ${n + 1}`,
        statements: ({ serial, bytes }) => [`create table t${n + 1} (id ${serial}, data ${bytes})`],
      }))
    const database = openForWriting(path, {})
    const db = asKysely(database)
    const options = { types: SQLITE_TYPES, now: T0 }
    await migrate(db, { ...options, migrations: steps(1) })
    await migrate(db, { ...options, migrations: steps(3) })
    await migrate(db, { ...options, migrations: steps(3) })
    database.close()
    expect(applied()).toHaveLength(3)
  })
})
