import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { connectionSource } from '../../src/domain/code.ts'
import { newId } from '../../src/domain/id.ts'
import { createSealer } from '../../src/store/seal.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import type { Store } from '../../src/store/store.ts'
import { connectionId, END, YEAR_MS } from './fill.ts'
import { type History, KEY } from './stage.ts'

/** Codes and bodies that are past their time. */
const EXPIRED = 4_000
const BODY_BYTES = 14_000
const LARGE_BODY_BYTES = 1024 * 1024
const LARGE_BODIES = 60

export type Purged = {
  readonly rows: number
  readonly ms: number
  /** The longest that a write took while the purge ran, and in as much time without it. */
  readonly longestMs: number
  readonly longestAloneMs: number
}

/** Removes what is past its retention while somebody else writes, one write after the other. */
export async function measurePurge(history: History): Promise<Purged> {
  putExpired(history)
  const store = await openSqliteStore({ path: history.path, masterKeys: [KEY] })
  let rows = 0
  const startedAt = performance.now()
  const longestMs = await longestWrite(store, async () => {
    rows = await purgeAll(store)
  })
  const ms = performance.now() - startedAt
  const longestAloneMs = await longestWrite(store, () => sleep(ms))
  await store.close()
  return { rows, ms, longestMs, longestAloneMs }
}

async function longestWrite(store: Store, meanwhile: () => Promise<unknown>): Promise<number> {
  let isOver = false
  let longestMs = 0
  const write = async (): Promise<void> => {
    while (!isOver) {
      const startedAt = performance.now()
      await store.checkWritable()
      longestMs = Math.max(longestMs, performance.now() - startedAt)
    }
  }
  const writing = write()
  await meanwhile()
  isOver = true
  await writing
  return longestMs
}

async function purgeAll(store: Store): Promise<number> {
  const before = END - YEAR_MS
  for (let rows = 0; ; ) {
    const counts = await store.purge({
      codesBefore: before,
      bodiesBefore: before,
      documentsBefore: before,
      eventsBefore: before,
      idempotencyBefore: before,
      limit: 200,
    })
    const removed = Object.values(counts).reduce((sum, count) => sum + count, 0)
    if (removed === 0) return rows
    rows += removed
  }
}

/** From before the year, so that nothing else leaves with them. */
function putExpired({ path, connections }: History): void {
  const sealer = createSealer([KEY])
  const database = new Database(path)
  const message = database.prepare(`
    insert into message (id, mailbox, connection_id, channel, dedupe_key, envelope_sender, received_at, sent_at, size,
      verdict, verdict_reasons, extraction_kind, subject)
    values (?, 'bench', ?, 'email', ?, '', ?, ?, 14000, 'trusted', '[]', 'code', ?)`)
  const body = database.prepare(
    'insert into message_body (message_id, part, received_at, sealed) values (?, 0, ?, ?)',
  )
  const code = database.prepare(`
    insert into code (id, message_id, connection_id, source, code, channel, verdict, sent_at, received_at,
      expires_at, rule, confidence, state)
    values (?, ?, ?, ?, ?, 'email', 'trusted', ?, ?, ?, 'bench', 1, 'available')`)
  database.transaction(() => {
    for (let n = 0; n < EXPIRED; n += 1) {
      const id = newId()
      const login = connectionId(Math.floor(Math.random() * connections))
      const at = END - YEAR_MS - 86_400_000 + n
      const size = n < LARGE_BODIES ? LARGE_BODY_BYTES : BODY_BYTES
      message.run(id, login, id, at, at, sealer.seal(`message.subject.${id}`, 'Your sign-in code'))
      body.run(id, at, sealer.seal(`message_body.sealed.${id}/0`, Buffer.alloc(size)))
      code.run(id, id, login, connectionSource(login), sealer.seal(`code.code.${id}`, '123456'), at, at, at)
    }
  })()
  database.close()
}
