import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { newId } from '../../../src/domain/id.ts'
import type { Context } from '../../../src/store/context.ts'
import { migrate } from '../../../src/store/migrations/migrate.ts'
import { writes } from '../../../src/store/operations/index.ts'
import { createSealer } from '../../../src/store/seal.ts'
import { asKysely, SQLITE_TYPES } from '../../../src/store/sqlite/database.ts'
import { company, connection, MINUTE, T0 } from '../../store/samples.ts'
import { TEST_KEY } from '../../store/sqlite/test-store.ts'

const NOW = T0 + 5 * MINUTE

/** So many companies with so many connections each, all due; what a lease among them runs. */
async function statementsOf(companies: number, each: number): Promise<{ sql: string; steps: string[] }[]> {
  let ran: string[] = []
  const database = new Database(':memory:', { verbose: (sql) => ran.push(String(sql)) })
  const context: Context = { db: asKysely(database), sealer: createSealer([TEST_KEY]) }
  await migrate(context.db, { types: SQLITE_TYPES, now: T0 })
  for (let owners = 0; owners < companies; owners += 1) {
    const owner = company()
    await writes.createCompany(context, owner)
    for (let n = 0; n < each; n += 1) {
      await writes.createConnection(context, connection(owner.id), { username: 'pat', password: 'secret' })
    }
  }
  const request = { runner: 'r', now: NOW, expiresAt: NOW + MINUTE, actor: 'x', utilities: ['sandbox-power'] }
  // The first lease marks what became due since the last.
  await writes.leaseLogin(context, { ...request, attemptId: newId() })
  ran = []
  const leased = await writes.leaseLogin(context, { ...request, attemptId: newId() })
  expect(leased?.credentials.password).toBe('secret')
  const done = ran.filter((sql) => /^\s*(select|insert|update|delete)/i.test(sql))
  const plans = done.map((sql) => {
    const steps = database.prepare<[], { detail: string }>(`explain query plan ${sql}`).all()
    return { sql, steps: steps.map(({ detail }) => detail) }
  })
  database.close()
  return plans
}

it('leases by the same few steps among few connections and many, each straight down an index', async () => {
  const few = await statementsOf(2, 2)
  const many = await statementsOf(40, 20)
  expect(many.map(({ steps }) => steps)).toEqual(few.map(({ steps }) => steps))
  for (const { sql, steps } of many) {
    expect(steps.filter((step) => step.startsWith('SCAN'))).toEqual([])
    // What one connection has may be sorted; turns and what is due are in order already.
    if (!/"lease_turn"|order by "next_login_at"/.test(sql)) continue
    expect(steps.filter((step) => !step.startsWith('SEARCH'))).toEqual([])
  }
})
