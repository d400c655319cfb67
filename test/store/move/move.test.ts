import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrateStore } from '../../../src/commands/migrate.ts'
import { newId } from '../../../src/domain/id.ts'
import { listTables } from '../../../src/store/move/tables.ts'
import { openPostgresStore } from '../../../src/store/postgres/open.ts'
import { openSqliteStore } from '../../../src/store/sqlite/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { createDatabase } from '../../support/postgres.ts'
import { newDocument, newItem, newJob } from '../document-samples.ts'
import { attempt, codeRecord, FIRST_PAGE, provision, provisionCopy, record, rules, T0 } from '../samples.ts'
import { newFolder, TEST_KEY } from '../sqlite/test-store.ts'

const MASTER_KEY = Buffer.from(TEST_KEY).toString('hex')
const note = { actor: 'admin', action: 'viewed', at: T0 }

let path: string
let database: Awaited<ReturnType<typeof createDatabase>>
let said: string[]
beforeEach(async () => {
  path = join(newFolder(), 'relay.db')
  database = await createDatabase()
  said = []
})
afterEach(async () => {
  rmSync(dirname(path), { recursive: true })
  await database.drop()
})

const io = { out: (text: string) => said.push(text), err: (text: string) => said.push(text) }
const move = (env: Record<string, string> = {}, to = database.url) =>
  migrateStore({ from: `sqlite:${path}`, to }, { DATA_DIR: dirname(path), MASTER_KEY, ...env }, io)
const openSource = () => openSqliteStore({ path, masterKeys: [TEST_KEY] })
const openTarget = () => openPostgresStore({ url: database.url, masterKeys: [TEST_KEY], connections: 4 })
async function inTarget<T>(sql: string): Promise<T[]> {
  const client = new pg.Client(database.url)
  await client.connect()
  const { rows } = await client.query(sql)
  await client.end()
  return rows
}

/** A little of everything. */
async function fill(store: Store) {
  const { connectionId, address, message, recipientId } = await provisionCopy(store)
  await store.updateConnection(connectionId, { username: 'pat', password: 'hunter2' }, T0)
  const securityQuestions = [{ question: 'First pet?', answer: 'Snowball' }]
  const forwarding = { method: 'inbox_forwarding', inboxAddresses: ['pat@home.test'] } as const
  const other = await provision(store, { ...forwarding, securityQuestions, totpSecret: 'JBSWY3DPEHPK3PXP' })
  const login = await store.openAttempt(attempt(connectionId), { scope: 's', key: newId(), fingerprint: 'f' })
  await store.claimCode(login.id, rules(), 'key:r')
  await store.closeAttempt(login.id, { status: 'CONNECTED', code: 'accepted' }, T0)
  const large = record(connectionId, {
    mailbox: address,
    raw: new Uint8Array(2_500_000).map((_, at) => at % 251),
  })
  const odd = record(null, {
    mailbox: 'postmaster@relay.test',
    sender: 'n\0ul@x.test',
    raw: new Uint8Array(),
  })
  const many = Array.from({ length: 300 }, () =>
    codeRecord(other.connectionId, {}, { mailbox: other.address }),
  )
  await store.saveInbound([large, odd, ...many])
  const { companyId } = (await store.getConnection(connectionId))!
  const item = newItem()
  await store.createJob(newJob({ companyId, items: [item] }))
  await store.claimItem({ holder: 'x', now: T0, leaseUntil: T0 + 1 })
  await store.addDocument(item.id, newDocument(), T0)
  await store.countRefusal({ address, connectionId, sender: '', at: T0 })
  return { connectionId, address, message, recipientId, large, odd, other, companyId }
}

describe('mfa-relay migrate', () => {
  it('moves all of a store, verified, and what was sealed opens there', async () => {
    const source = await openSource()
    const about = await fill(source)
    const before = await factsOf(source, about)
    await source.close()
    expect(await move()).toBe(0)
    expect(said.join('\n')).toMatch(
      /message: 30\d rows copied[\s\S]*message: 30\d rows verified[\s\S]*rows are moved and verified/,
    )
    const target = await openTarget()
    expect(await factsOf(target, about)).toEqual(before)
    expect(await target.getMessage(about.odd.id)).toMatchObject({ sender: 'n\uFFFDul@x.test' })
    // It goes on: what counts up does so behind what was moved, and nothing is taken twice.
    expect(await target.saveInbound([about.message])).toEqual([{ recordId: about.message.id, isNew: false }])
    const login = await target.openAttempt(attempt(about.connectionId))
    const fresh = codeRecord(about.connectionId, { code: '777777' }, { mailbox: about.address })
    await target.saveInbound([fresh])
    expect(await target.claimCode(login.id, rules(), 'key:r')).toMatchObject({ code: { code: '777777' } })
    await target.close()
  })

  async function factsOf(store: Store, about: Awaited<ReturnType<typeof fill>>) {
    const { connectionId, other, companyId, large } = about
    return {
      connections: await store.listConnections({}, FIRST_PAGE),
      companies: await store.listCompanies(FIRST_PAGE),
      messages: await store.listMessages({ connectionId }, FIRST_PAGE),
      others: await store.listMessages({ connectionId: other.connectionId }, FIRST_PAGE),
      body: Buffer.from((await store.readBody(large.id, note))!).toString('base64').length,
      mfa: await store.getMfa(other.connectionId),
      history: await store.listStatusHistory(connectionId, FIRST_PAGE),
      deliveries: await store.listDeliveries(connectionId, FIRST_PAGE),
      documents: await store.listDocuments({ companyId }, FIRST_PAGE),
      jobs: await store.listJobs({ companyId }, FIRST_PAGE),
      facts: await store.loadFacts(connectionId, 0),
      mailbox: await store.findMailbox(about.address),
      rules: await store.listRules(FIRST_PAGE),
    }
  }

  it('copies every table that there is', async () => {
    await (await openSource()).close()
    const source = new Database(path)
    const tables = listTables(source).map(({ name }) => name)
    source.close()
    await move()
    const made = await inTarget<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = current_schema() and tablename <> 'migration'",
    )
    expect([...tables].sort()).toEqual(made.map(({ name }) => name).sort())
  })

  it('does not touch a database that is not empty', async () => {
    const source = await openSource()
    await fill(source)
    await source.close()
    await inTarget('create table somebodys (id text)')
    await expect(move()).rejects.toMatchObject({
      exitCode: 65,
      message: expect.stringContaining('not empty'),
    })
    expect(await inTarget('select 1 from pg_tables where schemaname = current_schema()')).toHaveLength(1)
  })

  it('leaves nothing behind where a row did not arrive as it was, and names it', async () => {
    const source = await openSource()
    await fill(source)
    await source.close()
    // A database that changes what is written to it.
    await inTarget(`create function spoil() returns event_trigger language plpgsql as $$ begin
      if to_regclass('message') is not null and to_regproc('spoil_row') is null then
        execute 'create function spoil_row() returns trigger language plpgsql as
          ''begin new.size := new.size + 1; return new; end''';
        execute 'create trigger spoil before insert on message for each row execute function spoil_row()';
      end if; end $$`)
    await inTarget(
      "create event trigger spoil on ddl_command_end when tag in ('CREATE TABLE') execute function spoil()",
    )
    await expect(move()).rejects.toMatchObject({
      exitCode: 65,
      message: expect.stringMatching(/^message \S+ differs in size/),
    })
    expect(await inTarget('select 1 from pg_tables where schemaname = current_schema()')).toEqual([])
  })

  it('needs the master key of the store', async () => {
    await (await openSource()).close()
    await expect(move({ MASTER_KEY: 'ab'.repeat(32) })).rejects.toMatchObject({ exitCode: 78 })
    expect(await inTarget('select 1 from pg_tables where schemaname = current_schema()')).toEqual([])
  })

  it('says what is wrong with what it is given', async () => {
    await expect(move()).rejects.toMatchObject({ exitCode: 66 })
    expect(existsSync(path)).toBe(false)
    const running = await openSource()
    await expect(move()).rejects.toMatchObject({ exitCode: 75 })
    await running.close()
    await expect(move({}, 'mysql://x')).rejects.toMatchObject({ exitCode: 64 })
    const nowhere = 'postgres://postgres@127.0.0.1:1/x'
    await expect(move({}, nowhere)).rejects.toMatchObject({
      exitCode: 69,
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })
})
