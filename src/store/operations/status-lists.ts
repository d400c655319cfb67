import type { ConnectionStatus } from '../../domain/connection.ts'
import type { Operations } from '../context.ts'
import { offsetOf } from './paging.ts'
import { toStatus } from './status.ts'

/** What statuses were and are: what reads. */
export const statusReads: Operations<'listStatusHistory' | 'countStatuses'> = {
  async listStatusHistory({ db }, connectionId, page) {
    const chosen = db.selectFrom('status_change').where('connection_id', '=', connectionId)
    const { total } = await chosen
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow()
    const rows = await chosen
      .selectAll()
      .orderBy('version', 'desc')
      .limit(page.limit)
      .offset(offsetOf(page))
      .execute()
    const items = rows.map((row) => ({
      version: row.version,
      at: row.at,
      event: row.event,
      ...toStatus(row),
    }))
    return { total, items }
  },

  async countStatuses({ db }, companyId) {
    const rows = await db
      .selectFrom('connection')
      .select((eb) => ['status', eb.fn.countAll<number>().as('total')])
      .where('company_id', '=', companyId)
      .where('deleted_at', 'is', null)
      .groupBy('status')
      .execute()
    const counts: Partial<Record<ConnectionStatus, number>> = {}
    for (const { status, total } of rows) counts[status] = Number(total)
    return counts
  },
}
