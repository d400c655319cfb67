import Database from 'better-sqlite3'
import { describe, expect, it, vi } from 'vitest'
import { migrate } from '../../../src/store/migrations/migrate.ts'
import { createSealer } from '../../../src/store/seal.ts'
import { prepareAttemptReads, prepareClaim } from '../../../src/store/sqlite/claim.ts'
import { asKysely, SQLITE_TYPES } from '../../../src/store/sqlite/database.ts'
import { prepareFindMailbox } from '../../../src/store/sqlite/find-mailbox.ts'
import { prepareSave } from '../../../src/store/sqlite/save.ts'
import { T0 } from '../samples.ts'
import { TEST_KEY } from './test-store.ts'

/** What SQLite with STAT4 plans anew at each run once its parameters were cleared: docs/decisions/022. */
const PLANNED_ANEW = /\bjoin\b|\border by\b|\b(?:min|max)\(/i

describe('statements of the hot path', () => {
  it('stay prepared: no joins, no orders, no extremes', async () => {
    const database = new Database(':memory:')
    await migrate(asKysely(database), { types: SQLITE_TYPES, now: T0 })
    const prepare = vi.spyOn(database, 'prepare')
    const sealer = createSealer([TEST_KEY])
    prepareFindMailbox(database)
    prepareAttemptReads(database)
    prepareClaim(database, sealer)
    prepareSave(database, sealer)
    const sources = prepare.mock.calls.map(([source]) => source)
    database.close()
    expect(sources.length).toBeGreaterThan(20)
    expect(sources.filter((source) => PLANNED_ANEW.test(source))).toEqual([])
  })
})
