import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copyStore, inspectStore, isInUse, layAsideOpen } from '../../../src/store/sqlite/backup.ts'
import { openForWriting } from '../../../src/store/sqlite/database.ts'

let folder: string
let writer: Database.Database
const path = (name: string): string => join(folder, name)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mfa-relay-copy-'))
  writer = openForWriting(path('store.db'), {})
  writer.exec('create table row (id integer primary key, filler blob)')
  // More than one step of pages.
  for (let n = 0; n < 40; n += 1) writer.exec('insert into row (filler) values (randomblob(500000))')
})
afterEach(() => {
  writer.close()
  rmSync(folder, { recursive: true, force: true })
})

const rowsIn = (file: string): number => {
  const database = new Database(file, { readonly: true })
  const count = database.prepare<[], number>('select count(*) from row').pluck().get()!
  database.close()
  return count
}

describe('a copy of a store that is written to', () => {
  it('is the store as it was when it began, however much is written meanwhile', async () => {
    const parts: number[] = []
    await copyStore(path('store.db'), path('copy.db'), (done) => {
      parts.push(done)
      writer.exec('insert into row (filler) values (randomblob(1000))')
    })
    expect(parts.length).toBeGreaterThan(2)
    expect([...parts].sort((a, b) => a - b)).toEqual(parts)
    expect(rowsIn(path('copy.db'))).toBe(40)
    expect(rowsIn(path('store.db'))).toBe(40 + parts.length)
    expect(inspectStore(path('copy.db')).damage).toEqual([])
    expect(statSync(path('copy.db')).mode & 0o777).toBe(0o600)
  })

  it('leaves nothing behind when it fails', async () => {
    const failing = copyStore(path('store.db'), path('copy.db'), () => {
      throw new Error('the disk is gone')
    })
    await expect(failing).rejects.toThrow('the disk is gone')
    expect(readdirSync(folder).filter((name) => name.startsWith('copy'))).toEqual([])
  })
})

describe('a store in use', () => {
  it('is told from one that nobody has open', () => {
    expect(isInUse(path('store.db'))).toBe(true)
    writer.close()
    expect(isInUse(path('store.db'))).toBe(false)
  })

  it('is told from one that is only read, too', () => {
    writer.close()
    const reader = new Database(path('store.db'), { readonly: true })
    reader.prepare('select count(*) from row').get()
    expect(isInUse(path('store.db'))).toBe(true)
    reader.close()
    expect(isInUse(path('store.db'))).toBe(false)
  })
})

it('what is open is laid aside, what is over stays as it is', () => {
  writer.exec(`
    create table code (id text, state text);
    create table delivery (id text, state text, holder text, leased_until int, finished_at int, last_error text,
      message_id text);
    insert into code values ('a', 'available'), ('b', 'claimed'), ('c', 'superseded');
    insert into delivery values ('due', 'due', null, null, null, null, 'm'), ('sent', 'sent', null, null, 5, null, 'm'),
      ('question', 'due', null, null, null, null, null);`)
  expect(layAsideOpen(path('store.db'), 9)).toEqual({ codes: 1, copies: 1 })
  expect(writer.prepare('select state from code order by id').pluck().all()).toEqual([
    'superseded',
    'claimed',
    'superseded',
  ])
  expect(writer.prepare('select id, state, finished_at as at from delivery order by id').all()).toEqual([
    { id: 'due', state: 'expired', at: 9 },
    { id: 'question', state: 'due', at: null },
    { id: 'sent', state: 'sent', at: 5 },
  ])
})
