import { sql } from 'kysely'
import { Failure } from '../../domain/failure.ts'
import type { Lease, LeaseRequest } from '../lease-store.ts'
import { writes } from '../operations/index.ts'
import type { Idempotency } from '../store.ts'
import { BusyError } from './failures.ts'
import { locksOf } from './locks.ts'
import { type Database, eachAlone } from './transact.ts'

/**
 * Leases are handed out one after the other, on all nodes together. Who would get none anyway is told so without
 * waiting for that: a farm of runners mostly asks in vain.
 */
export async function leaseIfDue(
  database: Database,
  request: LeaseRequest,
  idempotency?: Idempotency,
): Promise<Lease | null> {
  if (!(await eachAlone(() => mayBeDue(database, request, idempotency)))) return null
  return database.write(locksOf('leaseLogin', [request, idempotency]), async (context) => {
    try {
      return await writes.leaseLogin(context, request, idempotency)
    } catch (error) {
      // Between the look and the step another login took an inbox that both share.
      if (error instanceof Failure && error.code === 'attempt_open') throw new BusyError(error.message)
      throw error
    }
  })
}

async function mayBeDue(
  { context }: Database,
  { now, utilities, companyId }: LeaseRequest,
  idempotency: Idempotency | undefined,
): Promise<boolean> {
  const wanted = sql.join(
    [
      sql`true`,
      ...(utilities === undefined ? [] : [sql`utility = any(${[...utilities]}::text[])`]),
      ...(companyId === undefined ? [] : [sql`company_id = ${companyId}`]),
    ],
    sql` and `,
  )
  const { rows } = await sql<{ may_be: boolean }>`
    select exists (select 1 from lease_turn where is_waiting = 1 and ${wanted})
      or exists (select 1 from lease_turn where is_waiting = 0 and due_at <= ${now} and ${wanted})
      or exists (select 1 from test_login
        where attempt_id is null and is_over = 0 and expires_at > ${now} and ${wanted})
      or exists (select 1 from idempotency
        where scope = ${idempotency?.scope ?? ''} and key = ${idempotency?.key ?? ''}) as may_be`.execute(
    context.db,
  )
  return rows[0]?.may_be === true
}
