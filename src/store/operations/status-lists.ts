import type { ConnectionStatus } from '../../domain/connection.ts'
import { AWAITING_LOGIN } from '../../domain/status.ts'
import type { Operations } from '../context.ts'
import { offsetOf } from './paging.ts'
import { ACTIVE_STATUSES, toStatus } from './status.ts'

/** What statuses were and are: what reads. */
export const statusReads: Operations<'listStatusHistory' | 'countStatuses' | 'findBroken' | 'listUnsettled'> =
  {
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

    async findBroken({ db }, connectionIds) {
      if (connectionIds.length === 0) return []
      const rows = await db
        .selectFrom('connection')
        .select('id')
        .where('id', 'in', connectionIds)
        .where('deleted_at', 'is', null)
        .where('status', 'not in', ['PENDING', 'CONNECTED', 'COMPANY_INACTIVE'])
        .where((eb) => eb.or([eb('status_cause', 'is', null), eb('status_cause', '<>', AWAITING_LOGIN)]))
        .execute()
      return rows.map(({ id }) => id)
    },

    async listUnsettled({ db }) {
      const rows = await db
        .selectFrom('company')
        .select('company.id')
        .where((eb) => {
          const inStatus = (statuses: readonly ConnectionStatus[]) =>
            eb.exists(
              eb
                .selectFrom('connection')
                .select('connection.id')
                .whereRef('connection.company_id', '=', 'company.id')
                .where('connection.status', 'in', statuses)
                .where('connection.deleted_at', 'is', null),
            )
          return eb.or([
            eb.and([eb('is_active', '=', 1), inStatus(['COMPANY_INACTIVE'])]),
            eb.and([eb('is_active', '=', 0), inStatus(ACTIVE_STATUSES)]),
          ])
        })
        .execute()
      return rows.map(({ id }) => id)
    },
  }
