import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { connectionSource } from '../../src/domain/code.ts'
import { newId } from '../../src/domain/id.ts'
import { createSealer } from '../../src/store/seal.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import type { Store } from '../../src/store/store.ts'

/** Connections of every company but the first, which has half of all. */
export const SMALL_COMPANY = 100
export const UTILITIES = ['pge', 'peco', 'bge', 'sdge', 'duke-energy', 'con-edison', 'hrsd', 'eweb']
export const START = Date.UTC(2026, 2, 1)

const KEY = new Uint8Array(32).fill(3)
/** One in ten needs attention. */
const STATUSES = [...Array<string>(9).fill('CONNECTED'), 'MFA_TOKEN_EXPIRED']

/** A store with so many connections, all of them due. */
export type Stage = {
  readonly size: number
  readonly store: Store
  readonly large: string
  readonly small: string
  close(): Promise<void>
}

/** Opens a store of its own and fills it behind the port's back, as a hundred thousand calls would take minutes. */
export async function openStage(size: number): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-leases-'))
  const path = join(folder, 'relay.db')
  await (await openSqliteStore({ path, masterKeys: [KEY] })).close()
  const half = Math.ceil(size / 2)
  const smallOnes = Math.max(1, Math.round((size - half) / SMALL_COMPANY))
  const owners = Array.from({ length: 1 + smallOnes }, newId)
  fill(path, owners, size, half)
  const store = await openSqliteStore({ path, masterKeys: [KEY] })
  return {
    size,
    store,
    large: owners[0]!,
    small: owners[1]!,
    async close() {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function fill(path: string, owners: readonly string[], size: number, half: number): void {
  const database = new Database(path)
  database.pragma('synchronous = OFF')
  const insertCompany = database.prepare(
    `insert into company (id, name, public_id, sms_relay, is_active, created_at, updated_at)
     values (?, 'Example Energy', ?, 0, 1, 0, 0)`,
  )
  const insertConnection = prepareConnection(database)
  database.transaction(() => {
    for (const id of owners) insertCompany.run(id, id)
    for (let n = 0; n < size; n += 1) {
      const place = 1 + (Math.floor((n - half) / SMALL_COMPANY) % (owners.length - 1))
      insertConnection(owners[n < half ? 0 : place]!, n)
    }
    database.exec(`insert into lease_turn (company_id, utility, due_at, is_waiting, served)
      select company_id, utility, min(next_login_at), 0, 0 from connection group by company_id, utility`)
  })()
  database.close()
}

function prepareConnection(database: Database.Database): (companyId: string, n: number) => void {
  const sealer = createSealer([KEY])
  const insert = database.prepare(`
    insert into connection (id, company_id, utility, initial_sites, utility_types, username, password,
      inbox_addresses, status, status_first_seen_at, status_last_update_at, version, created_at, updated_at,
      next_login_at)
    values (:id, :companyId, :utility, '[]', '[]', :username, :password, '[]', :status, 0, 0, 1, 0, 0, :due)`)
  const insertSource = database.prepare('insert into code_source (connection_id, source) values (?, ?)')
  return (companyId, n) => {
    const id = newId()
    insert.run({
      id,
      companyId,
      utility: UTILITIES[n % UTILITIES.length],
      username: sealer.seal(`connection.username.${id}`, 'pat'),
      password: sealer.seal(`connection.password.${id}`, 'not-a-real-one'),
      status: STATUSES[Math.floor(n / UTILITIES.length) % STATUSES.length],
      due: START - (n % 1000),
    })
    insertSource.run(id, connectionSource(id))
  }
}
