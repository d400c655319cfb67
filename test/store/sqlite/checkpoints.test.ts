import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { scheduleCheckpoints } from '../../../src/store/sqlite/checkpoints.ts'
import { openForWriting } from '../../../src/store/sqlite/database.ts'

describe('checkpoints', () => {
  let folder: string
  let database: Database.Database
  let write: (times: number) => void
  const fileSize = () => statSync(join(folder, 'relay.db')).size
  const logSize = () => statSync(join(folder, 'relay.db-wal')).size

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mfa-relay-checkpoints-'))
    database = openForWriting(join(folder, 'relay.db'), {})
  })
  afterEach(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  const setUp = () => {
    const schedule = scheduleCheckpoints(database)
    database.exec('create table t (bytes blob)')
    const insert = database.prepare('insert into t values (randomblob(20000))')
    write = (times) => {
      for (let n = 0; n < times; n += 1) {
        insert.run()
        schedule.committed()
      }
    }
    return schedule
  }

  it('are done at rest after some commits, not after each', () => {
    const { rest } = setUp()
    write(10)
    rest()
    expect(fileSize()).toBeLessThan(20_000)
    write(30)
    rest()
    expect(fileSize()).toBeGreaterThan(40 * 20_000)
  })

  it('let the log begin anew, so that it does not grow for ever', () => {
    const { rest } = setUp()
    for (let n = 0; n < 40; n += 1) {
      write(10)
      rest()
    }
    expect(logSize()).toBeLessThan(100 * 20_000)
  })

  it('that fail, as on a full disk, are tried again later and end nothing', () => {
    let tries = 0
    const full = {
      pragma: () => {},
      prepare: () => ({
        get() {
          tries += 1
          throw new Error('database or disk is full')
        },
      }),
    } as unknown as Database.Database
    const { committed, rest } = scheduleCheckpoints(full)
    for (let n = 0; n < 64; n += 1) {
      committed()
      rest()
    }
    expect(tries).toBe(2)
  })

  it('are done by commits when there is no rest', () => {
    setUp()
    write(2_000)
    expect(fileSize()).toBeGreaterThan(1_000 * 20_000)
    expect(logSize()).toBeLessThan(2_000 * 20_000)
  })
})
