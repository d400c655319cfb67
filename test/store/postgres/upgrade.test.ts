import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StoreTooNewError, WrongMasterKeyError } from '../../../src/store/errors.ts'
import { MIGRATIONS } from '../../../src/store/migrations/migrate.ts'
import type { Migration } from '../../../src/store/migrations/migration.ts'
import { openPostgresStore } from '../../../src/store/postgres/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { createDatabase } from '../../support/postgres.ts'
import { waitFor } from '../../support/wait-for.ts'
import { NOTHING_PAST } from '../contract/retention.ts'
import { attempt, codeRecord, provision, rules } from '../samples.ts'
import { TEST_KEY } from './test-store.ts'

/* Nodes of several versions, and of several keys, on one database. */

let database: Awaited<ReturnType<typeof createDatabase>>
let client: pg.Client
let stores: Store[] = []
beforeEach(async () => {
  database = await createDatabase()
  client = new pg.Client(database.url)
  await client.connect()
})
afterEach(async () => {
  await client.end()
  await Promise.all(stores.map((store) => store.close()))
  stores = []
  await database.drop()
})

type Options = { migrations?: readonly Migration[]; masterKeys?: Uint8Array[] }
async function open(options: Options = {}): Promise<Store> {
  const store = await openPostgresStore({
    url: database.url,
    masterKeys: [TEST_KEY],
    connections: 4,
    ...options,
  })
  stores.push(store)
  return store
}
const applied = async (): Promise<number[]> =>
  (await client.query('select number from migration order by number')).rows.map(({ number }) => number)

const LAST = MIGRATIONS.at(-1)!.number
const step = (number: number, change: Partial<Migration> = {}): Migration => ({
  number,
  name: `step ${number}`,
  statements: () => [`alter table connection add column extra_${number} text not null default ''`],
  ...change,
})
const newer = (...steps: Migration[]): readonly Migration[] => [...MIGRATIONS, ...steps]

/** A code's whole way, from its message to its outcome. */
async function codeComes(store: Store): Promise<void> {
  const { connectionId, address } = await provision(store)
  const login = await store.openAttempt(attempt(connectionId))
  await store.saveInbound([codeRecord(connectionId, { code: '482913' }, { mailbox: address })])
  expect(await store.claimCode(login.id, rules(), 'key:r')).toMatchObject({ code: { code: '482913' } })
  const closed = await store.closeAttempt(login.id, { status: 'CONNECTED', code: 'accepted' }, login.openedAt)
  expect(closed).toMatchObject({ connection: { status: 'CONNECTED' } })
}

describe('an upgrade of nodes one after the other', () => {
  it('migrates once, however many start at the same moment', async () => {
    await Promise.all(Array.from({ length: 5 }, () => open()))
    expect(await applied()).toEqual(MIGRATIONS.map(({ number }) => number))
    await codeComes(stores[0]!)
  })

  it('leaves older nodes at work, and lets them start again', async () => {
    const old = await open()
    await codeComes(old)
    const young = await open({ migrations: newer(step(LAST + 1)) })
    expect(await applied()).toContain(LAST + 1)
    for (const store of [old, young, await open()]) await codeComes(store)
  })

  it('keeps older nodes out where a step says that they cannot go on', async () => {
    await open({ migrations: newer(step(LAST + 1), step(LAST + 2, { endsOlder: true }), step(LAST + 3)) })
    await expect(open()).rejects.toBeInstanceOf(StoreTooNewError)
    await expect(open({ migrations: newer(step(LAST + 1)) })).rejects.toBeInstanceOf(StoreTooNewError)
    const enough = newer(step(LAST + 1), step(LAST + 2, { endsOlder: true }))
    await codeComes(await open({ migrations: enough }))
    expect(await applied()).toHaveLength(MIGRATIONS.length + 3)
  })

  it('does as if nothing had been where a step fails', async () => {
    await open()
    const broken = step(LAST + 2, { statements: () => ['create table half (id text)', 'no sql at all'] })
    await expect(open({ migrations: newer(step(LAST + 1), broken) })).rejects.toThrow('syntax error')
    expect(await applied()).toEqual(MIGRATIONS.map(({ number }) => number))
    const { rows } = await client.query("select to_regclass('half') as half")
    expect(rows).toEqual([{ half: null }])
  })

  it('waits for a table that is in use, without keeping it from others for long', async () => {
    const old = await open()
    await client.query('begin')
    await client.query('select 1 from connection')
    const upgrading = open({ migrations: newer(step(LAST + 1)) })
    const other = new pg.Client(database.url)
    await other.connect()
    const waits = async () =>
      (
        await other.query(
          "select 1 from pg_stat_activity where datname = current_database() and query like 'alter table%' and wait_event_type = 'Lock'",
        )
      ).rowCount !== 0
    await waitFor(waits, 'a step that waits for its table')
    // Queued behind it, and served as soon as it steps aside.
    expect(await old.getConnection('none')).toBeNull()
    await client.query('commit')
    await upgrading
    await other.end()
    expect(await applied()).toContain(LAST + 1)
  })
})

describe('a change of master keys, node after node', () => {
  const NEW_KEY = new Uint8Array(32).fill(9)
  const never = () => false

  it('keeps out a node with a key of its own', async () => {
    await open()
    await expect(open({ masterKeys: [NEW_KEY] })).rejects.toBeInstanceOf(WrongMasterKeyError)
  })

  it('forgets the old key only when no node seals with it any more', async () => {
    const old = await open({ masterKeys: [TEST_KEY, NEW_KEY] })
    await codeComes(old)
    const young = await open({ masterKeys: [NEW_KEY, TEST_KEY] })
    const first = await young.reseal(never)
    expect(first).toMatchObject({ broken: 0, isDone: false })
    expect(first.rows).toBeGreaterThan(0)
    await codeComes(old)
    await old.close()
    stores.shift()
    const second = await young.reseal(never)
    expect(second).toMatchObject({ broken: 0, isDone: true })
    expect(second.rows).toBeGreaterThan(0)
    await codeComes(await open({ masterKeys: [NEW_KEY] }))
    await expect(open({ masterKeys: [TEST_KEY] })).rejects.toBeInstanceOf(WrongMasterKeyError)
  })

  it('notes a key again that was forgotten while its node was cut off', async () => {
    const old = await open({ masterKeys: [TEST_KEY, NEW_KEY] })
    const young = await open({ masterKeys: [NEW_KEY, TEST_KEY] })
    const cutOff = () =>
      client.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      )
    await cutOff()
    await waitFor(() => young.reseal(never).then(({ isDone }) => isDone), 'the old key to be forgotten')
    await codeComes(old)
    expect(await young.reseal(never)).toMatchObject({ isDone: false })
    await expect(open({ masterKeys: [NEW_KEY] })).rejects.toBeInstanceOf(WrongMasterKeyError)
  })

  it('is the work of one node at a time, as retention is', async () => {
    await codeComes(await open({ masterKeys: [TEST_KEY] }))
    const young = await open({ masterKeys: [NEW_KEY, TEST_KEY] })
    const past = { ...NOTHING_PAST, bodiesBefore: Date.now(), limit: 9 }
    const work = async () => [(await young.reseal(never)).rows > 0, (await young.purge(past)).bodies > 0]
    for (const name of ['reseal', 'purge']) {
      await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name])
    }
    expect(await work()).toEqual([false, false])
    await client.query('select pg_advisory_unlock_all()')
    expect(await work()).toEqual([true, true])
  })
})
