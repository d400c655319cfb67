import type { Context, Operations } from '../context.ts'
import type { Row } from '../schema.ts'
import type { Erasure } from '../upkeep-store.ts'
import { audit } from './audit.ts'
import { eraseCompanyRows } from './erasure-company.ts'
import { eraseConnectionRows } from './erasure-connection.ts'
import { offboarding } from './offboarding.ts'

/** What stands where a company's name stood. */
const NAMELESS = '(erased)'

/**
 * Companies whose data goes for good. In steps, each a transaction of its own: a large company must not keep the writer
 * from others, and whoever finds the work half done goes on.
 */
export const erasureWrites: Operations<'beginErasure' | 'eraseSome'> = {
  async beginErasure(context, companyId, { actor, now }) {
    const { db } = context
    const { numUpdatedRows } = await db
      .updateTable('company')
      .set({ erasing_at: now, is_active: 0, updated_at: now })
      .where('id', '=', companyId)
      .where('erasing_at', 'is', null)
      .executeTakeFirst()
    if (numUpdatedRows > 0n) {
      await db
        .updateTable('bill_address')
        .set({ retired_at: now })
        .where('company_id', '=', companyId)
        .where('retired_at', 'is', null)
        .execute()
      await db
        .updateTable('api_key')
        .set({ revoked_at: now })
        .where('company_id', '=', companyId)
        .where('revoked_at', 'is', null)
        .execute()
      const subject = `company:${companyId}`
      await audit(context, { at: now, actor, action: 'company.erasure_begun', subject })
    }
    return erasureReads.getErasure(context, companyId)
  },

  async eraseSome(context, companyId, { now, limit }) {
    // Many small steps in one commit, as each commit is flushed; and no more than so many, as others wait for it.
    for (let rows = 0; rows < limit; ) {
      const step = await eraseStep(context, companyId, { now, limit })
      if (step === 'done') return false
      rows += step
    }
    return true
  },
}

/** What the offboarding of a connection costs, in rows. */
const OFFBOARDING_ROWS = 20

/** Answers about how many rows it changed. */
async function eraseStep(
  context: Context,
  companyId: string,
  { now, limit }: { now: number; limit: number },
): Promise<number | 'done'> {
  const company = await findErasing(context, companyId)
  if (!company || company.erased_at !== null) return 'done'
  const connection = await nextConnection(context, companyId)
  if (connection) return eraseConnection(context, connection, { now, limit })
  if (await eraseCompanyRows(context, companyId, limit)) return limit
  await finish(context, companyId, now)
  return 'done'
}

async function eraseConnection(
  context: Context,
  { id, deleted_at }: Pick<Row<'connection'>, 'id' | 'deleted_at'>,
  { now, limit }: { now: number; limit: number },
): Promise<number> {
  await context.shared?.takeConnection(id)
  if (deleted_at === null) {
    await offboarding.deleteConnection(context, id, now)
    return OFFBOARDING_ROWS
  }
  const rows = await eraseConnectionRows(context, id, limit)
  if (rows === 0) await bare(context, id, now)
  return Math.max(1, rows)
}

/** Companies whose data goes for good: what reads. */
export const erasureReads: Operations<'getErasure' | 'listErasures'> = {
  async getErasure(context, companyId) {
    const company = await findErasing(context, companyId)
    if (!company || company.erasing_at === null) return null
    const { total, left } = await context.db
      .selectFrom('connection')
      .select((eb) => [
        eb.fn.countAll<number>().as('total'),
        eb.fn.sum<number | null>(eb.case().when('erased_at', 'is', null).then(1).else(0).end()).as('left'),
      ])
      .where('company_id', '=', companyId)
      .executeTakeFirstOrThrow()
    return {
      companyId,
      startedAt: company.erasing_at,
      finishedAt: company.erased_at,
      connections: { total: Number(total), left: Number(left ?? 0) },
    } satisfies Erasure
  },
  async listErasures({ db }) {
    const rows = await db
      .selectFrom('company')
      .select('id')
      .where('erasing_at', 'is not', null)
      .where('erased_at', 'is', null)
      .execute()
    return rows.map(({ id }) => id)
  },
}

const findErasing = ({ db }: Context, companyId: string) =>
  db.selectFrom('company').select(['erasing_at', 'erased_at']).where('id', '=', companyId).executeTakeFirst()

const nextConnection = (
  { db }: Context,
  companyId: string,
): Promise<Pick<Row<'connection'>, 'id' | 'deleted_at'> | undefined> =>
  db
    .selectFrom('connection')
    .select(['id', 'deleted_at'])
    .where('company_id', '=', companyId)
    .where('erased_at', 'is', null)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()

/** What keeps its addresses retired, and nothing that says whose they were. */
async function bare({ db }: Context, id: string, now: number): Promise<void> {
  await db
    .updateTable('connection')
    .set({
      url: null,
      country: null,
      external_id: null,
      connection_owner_email: null,
      initial_sites: '[]',
      utility_types: '[]',
      data_collection_start_date: null,
      inbox_addresses: '[]',
      status_error_detail: null,
      status_suggestion: null,
      next_login_at: null,
      erased_at: now,
    })
    .where('id', '=', id)
    .execute()
}

async function finish(context: Context, companyId: string, now: number): Promise<void> {
  await context.db
    .updateTable('company')
    .set({
      name: NAMELESS,
      external_id: null,
      contact_email: null,
      vouched_domains: '[]',
      updated_at: now,
      erased_at: now,
    })
    .where('id', '=', companyId)
    .execute()
  const subject = `company:${companyId}`
  await audit(context, { at: now, actor: 'system', action: 'company.erased', subject })
}
