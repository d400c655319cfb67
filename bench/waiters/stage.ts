import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { connectionSource } from '../../src/domain/code.ts'
import { newId } from '../../src/domain/id.ts'
import { createSealer } from '../../src/store/seal.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'

export const MASTER_KEY = '05'.repeat(32)
const keys = [Buffer.from(MASTER_KEY, 'hex')]
/** What every runner is to be given. */
export const CODE = '123456'
const HOUR_MS = 3_600_000

/** One runner that may wait: its attempt is open for an hour. */
export type Runner = { readonly connectionId: string; readonly attemptId: string; readonly source: string }

/** A data directory with so many open attempts, each of a connection of its own. */
export type WaitersStage = {
  readonly dataDir: string
  readonly runners: readonly Runner[]
  remove(): void
}

/** Fills a new store behind the port's back: over the API fifteen thousand attempts would take minutes. */
export async function openWaitersStage(count: number): Promise<WaitersStage> {
  const dataDir = mkdtempSync(join(tmpdir(), 'mfa-relay-waiters-'))
  const path = join(dataDir, 'relay.db')
  await (await openSqliteStore({ path, masterKeys: keys })).close()
  const runners = fill(path, count, Date.now())
  return { dataDir, runners, remove: () => rmSync(dataDir, { recursive: true, force: true }) }
}

function fill(path: string, count: number, now: number): Runner[] {
  const database = new Database(path)
  database.pragma('synchronous = OFF')
  database
    .prepare(
      `insert into company (id, name, public_id, sms_relay, is_active, created_at, updated_at)
       values ('bench', 'Example Energy', 'bench', 0, 1, 0, 0)`,
    )
    .run()
  const insertConnection = database.prepare(`
    insert into connection (id, company_id, utility, initial_sites, utility_types, inbox_addresses, status,
      status_first_seen_at, status_last_update_at, version, created_at, updated_at)
    values (?, 'bench', 'sandbox-power', '[]', '[]', '[]', 'CONNECTED', 0, 0, 1, 0, 0)`)
  const insertAttempt = database.prepare(
    "insert into attempt (id, connection_id, purpose, opened_at, expires_at) values (?, ?, 'login', ?, ?)",
  )
  const insertSource = database.prepare('insert into attempt_source (attempt_id, source) values (?, ?)')
  const runners: Runner[] = []
  database.transaction(() => {
    for (let n = 0; n < count; n += 1) {
      const connectionId = newId()
      const runner = { connectionId, attemptId: newId(), source: connectionSource(connectionId) }
      insertConnection.run(connectionId)
      insertAttempt.run(runner.attemptId, connectionId, now - 1000, now + HOUR_MS)
      insertSource.run(runner.attemptId, runner.source)
      runners.push(runner)
    }
  })()
  database.close()
  return runners
}

/** Puts one trusted code into the store for each runner, committed when it returns. */
export function putCodes(dataDir: string, runners: readonly Runner[]): void {
  const sealer = createSealer(keys)
  const database = new Database(join(dataDir, 'relay.db'), { timeout: 10_000 })
  const now = Date.now()
  const messageId = newId()
  const insertMessage = database.prepare(`
    insert into message (id, mailbox, channel, dedupe_key, envelope_sender, received_at, sent_at, size, verdict,
      verdict_reasons, extraction_kind)
    values (?, 'bench', 'email', ?, '', ?, ?, 0, 'trusted', '[]', 'code')`)
  const insertCode = database.prepare(`
    insert into code (id, message_id, connection_id, source, code, channel, verdict, sent_at, received_at,
      expires_at, rule, confidence, state)
    values (?, ?, 'bench', ?, ?, 'email', 'trusted', ?, ?, ?, 'bench', 1, 'available')`)
  database.transaction(() => {
    insertMessage.run(messageId, messageId, now, now)
    for (const { source } of runners) {
      const id = newId()
      insertCode.run(id, messageId, source, sealer.seal(`code.code.${id}`, CODE), now, now, now + HOUR_MS)
    }
  })()
  database.close()
}

/** How many attempts hold exactly one code: what the waiters were told must be what is written down. */
export function countClaims(dataDir: string): { readonly attempts: number; readonly codes: number } {
  const database = new Database(join(dataDir, 'relay.db'), { readonly: true })
  const row = database
    .prepare<[], { attempts: number; codes: number }>(
      'select count(distinct attempt_id) as attempts, count(attempt_id) as codes from code',
    )
    .get()!
  database.close()
  return row
}
