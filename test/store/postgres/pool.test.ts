import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect } from '../../../src/store/postgres/pool.ts'
import type { Schema } from '../../../src/store/schema.ts'
import { createDatabase, query } from '../../support/postgres.ts'

let database: Awaited<ReturnType<typeof createDatabase>>
let db: Kysely<Schema>
beforeAll(async () => {
  database = await createDatabase()
  const name = new URL(database.url).pathname.slice(1)
  await query(database.url, `alter database ${name} set synchronous_commit = off`)
  await query(database.url, `alter database ${name} set default_transaction_isolation = 'serializable'`)
  db = connect({ url: database.url, connections: 2, statementMs: 700 })
})
afterAll(async () => {
  await db.destroy()
  await database.drop()
})

const setting = async (name: string): Promise<string | undefined> =>
  (await sql<{ value: string }>`select current_setting(${name}) as value`.execute(db)).rows[0]?.value

it('commits to the disk, however the database is set', async () => {
  expect(await setting('synchronous_commit')).toBe('on')
  expect(await setting('transaction_isolation')).toBe('read committed')
})

it('lets nothing of ours hang: statements, waits for locks, transactions of a process that stands still', async () => {
  for (const name of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']) {
    expect(await setting(name), name).toBe('700ms')
  }
  await expect(sql`select pg_sleep(60)`.execute(db)).rejects.toMatchObject({ code: '57014' })
})

it('gives counters and instants as numbers, and text without NUL', async () => {
  const row = await sql`select ${'a\0b'}::text as text, 1700000000000::bigint as at, count(*) as n`.execute(
    db,
  )
  expect(row.rows).toEqual([{ text: 'a\uFFFDb', at: 1_700_000_000_000, n: 1 }])
})

it('asks one thing after the other on a connection, though two are asked at once', async () => {
  const both = await db
    .transaction()
    .execute((one) =>
      Promise.all(
        [1, 2, 3].map(async (n) => (await sql<{ n: number }>`select ${n}::int as n`.execute(one)).rows[0]?.n),
      ),
    )
  expect(both).toEqual([1, 2, 3])
})

it('throws a connection away that has not answered in time', async () => {
  const pid = async () =>
    (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]?.pid
  const before = await pid()
  // The server is told to take longer than the client waits.
  const silent = db.connection().execute(async (one) => {
    await sql`set statement_timeout = 0`.execute(one)
    await sql`select pg_sleep(3)`.execute(one)
  })
  await expect(silent).rejects.toThrow('read timeout')
  expect(await pid()).not.toBe(before)
})
