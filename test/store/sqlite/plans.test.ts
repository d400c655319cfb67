import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Context } from '../../../src/store/context.ts'
import { migrate } from '../../../src/store/migrations/migrate.ts'
import { longReads, rowReads, writes } from '../../../src/store/operations/index.ts'
import { createSealer } from '../../../src/store/seal.ts'
import { asKysely, SQLITE_TYPES } from '../../../src/store/sqlite/database.ts'
import { T0 } from '../samples.ts'
import { operationCases } from './operation-cases.ts'
import { TEST_KEY } from './test-store.ts'

/** The only ones that may walk through a whole table or index, as they are asked for all that is in it. */
const WHOLE: Readonly<Record<string, RegExp>> = {
  listCompanies: /^SCAN company/,
  // Companies are few; each looks into the index of its connections once.
  listUnsettled: /^SCAN company/,
  // Only those that are being erased.
  listErasures: /^SCAN company USING INDEX company_erasing/,
  listConnections: /^SCAN connection USING (COVERING )?INDEX connection_in_order/,
  listAudit: /^SCAN audit USING (COVERING )?INDEX/,
  listApiKeys: /^SCAN api_key/,
  // A row for each rule and utility: as many as there are templates.
  listRules: /^SCAN rule_result USING (COVERING )?INDEX/,
  // Pinned senders, without a filter: few beside messages, and only administrators ask.
  listPins: /^SCAN (sender_pin|utility_pin|connection)/,
  listNumbers: /^SCAN mailbox USING INDEX mailbox_numbers/,
  // Leased ones only: as many as processes are at.
  nextDeliveryAt: /^SCAN delivery USING INDEX delivery_leased/,
  // What its subquery found, which is bounded.
  countDueDeliveries: /^SCAN due$/,
  nextEventAt: /^SCAN event_delivery USING COVERING INDEX event_delivery_leased/,
  // Its first entries only.
  planNotices: /^SCAN notice USING INDEX notice_unplanned/,
  nextNoticeAt: /^SCAN notice_mail USING COVERING INDEX notice_mail_(due|leased)/,
  releaseNoticeMails: /^SCAN notice_mail USING INDEX notice_mail_leased/,
  nextItemAt: /^SCAN document_item USING COVERING INDEX document_item_(due|leased)/,
  // Leased ones only: as many as processes are at.
  releaseItems: /^SCAN document_item USING INDEX document_item_leased/,
  releaseEvents: /^SCAN event_delivery USING INDEX event_delivery_leased/,
  releaseDeliveries: /^SCAN delivery USING INDEX delivery_leased/,
}

/** Of something stored: the rows that a statement brings along, and the bounded part that is counted, are no table. */
const isScan = (step: string): boolean => /^SCAN (?!\d+-ROW VALUES|some$)/.test(step)

describe('no query walks through a table that grows', () => {
  let database: Database.Database
  let context: Context
  let ran: string[] = []

  beforeEach(async () => {
    database = new Database(':memory:', { verbose: (sql) => ran.push(String(sql)) })
    context = { db: asKysely(database), sealer: createSealer([TEST_KEY]) }
    await migrate(context.db, { types: SQLITE_TYPES, now: T0 })
  })
  afterEach(() => database.close())

  /** The statements that ran while `act` did, with the steps that SQLite plans for each. */
  async function plansOf(act: () => unknown): Promise<{ sql: string; steps: string[] }[]> {
    ran = []
    await act()
    const statements = [...new Set(ran)].filter((sql) => /^\s*(select|insert|update|delete)/i.test(sql))
    return statements.map((sql) => {
      const plan = database.prepare<[], { detail: string }>(`explain query plan ${sql}`).all()
      return { sql, steps: plan.map(({ detail }) => detail) }
    })
  }

  it('in any operation of the store', async () => {
    const seen = new Set<string>()
    for (const { name, act } of operationCases(database, context)) {
      seen.add(name)
      const plans = await plansOf(act)
      expect(plans, name).not.toEqual([])
      for (const { sql, steps } of plans) {
        const scans = steps.filter((step) => isScan(step) && !WHOLE[name]?.test(step))
        expect(scans, `${name}: ${sql}`).toEqual([])
      }
    }
    const all = Object.keys({ ...writes, ...rowReads, ...longReads })
    expect(all.filter((name) => !seen.has(name))).toEqual([])
  })

  it('and no look at copies that are due goes by anything but their courier, their end or their lease', async () => {
    const request = { now: T0, leaseUntil: T0 + 1, holder: 'x', limit: 5, limitEach: 5, busy: [] }
    const indices: string[] = []
    for (const act of [
      () => writes.claimDeliveries(context, request),
      () => rowReads.nextDeliveryAt(context),
      () => longReads.countDueDeliveries(context, T0, 10),
    ]) {
      const steps = (await plansOf(act)).flatMap((plan) => plan.steps)
      indices.push(...steps.filter((step) => step !== 'CO-ROUTINE due' && step !== 'SCAN due'))
    }
    expect([...new Set(indices)].sort()).toEqual([
      'SCAN delivery USING INDEX delivery_leased',
      'SEARCH delivery USING COVERING INDEX delivery_due_of_courier (courier=? AND due_at<?)',
      'SEARCH delivery USING COVERING INDEX delivery_due_of_courier (courier=?)',
      'SEARCH delivery USING INDEX delivery_due_of_courier (courier=? AND due_at<?)',
      'SEARCH delivery USING INDEX delivery_dying (expires_at<?)',
      'SEARCH delivery USING INDEX delivery_leased (leased_until<?)',
    ])
  })

  it('or this test would tell', async () => {
    const [plan] = await plansOf(() => database.prepare('select * from message where size = 1').all())
    expect(plan?.steps).toEqual(['SCAN message'])
  })
})
