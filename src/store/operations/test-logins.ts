import { Failure } from '../../domain/failure.ts'
import { AWAITING_LOGIN } from '../../domain/status.ts'
import type { TestLogin } from '../../domain/test-login.ts'
import type { Context, Operations } from '../context.ts'
import { audit } from './audit.ts'
import { once } from './idempotency.ts'

/** A company whose tests nobody takes must not fill the queue of all others. */
const MOST_WAITING = 50

/** Test logins: what writes. */
export const testLoginWrites: Operations<'askTestLogin'> = {
  askTestLogin: (context, test, idempotency) =>
    once(context, idempotency, test.askedAt, () => ask(context, test)),
}

async function ask(context: Context, test: TestLogin): Promise<TestLogin> {
  const { db } = context
  const { id, connectionId, askedAt, askedBy, expiresAt } = test
  const owner = await db
    .selectFrom('connection')
    .select(['company_id', 'utility'])
    .where('id', '=', connectionId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (!owner) throw new Failure('not_found', 'There is no such connection')
  await endThoseOver(context, connectionId, askedAt)
  await requireRoom(context, owner.company_id, askedAt)
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('test_login')
    .values({
      id,
      connection_id: connectionId,
      company_id: owner.company_id,
      utility: owner.utility,
      asked_at: askedAt,
      asked_by: askedBy,
      expires_at: expiresAt,
      attempt_id: null,
      is_over: 0,
    })
    // Whether one is open is decided by the row that is written, not by a look before.
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows === 0n) throw await testOpen(context, connectionId)
  const subject = `connection:${connectionId}`
  await audit(context, {
    at: askedAt,
    actor: askedBy,
    action: 'test_login.asked',
    subject,
    detail: `test:${id}`,
  })
  return { ...test, attemptId: null }
}

/** What was not taken in time, and what has become a login that ended. */
async function endThoseOver({ db }: Context, connectionId: string, now: number): Promise<void> {
  const ended = db
    .selectFrom('attempt')
    .select('id')
    .where('connection_id', '=', connectionId)
    .where((eb) => eb.or([eb('closed_at', 'is not', null), eb('expires_at', '<=', now)]))
  await db
    .updateTable('test_login')
    .set({ is_over: 1 })
    .where('connection_id', '=', connectionId)
    .where('is_over', '=', 0)
    .where((eb) =>
      eb.or([
        eb.and([eb('attempt_id', 'is', null), eb('expires_at', '<=', now)]),
        eb('attempt_id', 'in', ended),
      ]),
    )
    .execute()
}

async function requireRoom({ db }: Context, companyId: string, now: number): Promise<void> {
  const { waiting } = await db
    .selectFrom('test_login')
    .select((eb) => eb.fn.countAll<number>().as('waiting'))
    .where('company_id', '=', companyId)
    .where('attempt_id', 'is', null)
    .where('is_over', '=', 0)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  if (Number(waiting) < MOST_WAITING) return
  throw new Failure(
    'too_many_requests',
    `${MOST_WAITING} test logins of this company wait for a runner already`,
  )
}

async function testOpen({ db }: Context, connectionId: string): Promise<Failure> {
  const row = await db
    .selectFrom('test_login')
    .select('id')
    .where('connection_id', '=', connectionId)
    .where('is_over', '=', 0)
    .executeTakeFirst()
  return new Failure('conflict', 'A test login of this connection is under way', { testId: row?.id })
}

/** Candidates that one lease looks at. */
const MOST_LOOKS = 20

export type TestTurn = { readonly id: string; readonly connectionId: string; readonly companyId: string }

/**
 * The test logins that have waited longest and whose codes no other login listens for. Those without credentials here
 * are begun by runners that have them.
 */
export async function waitingTests(
  { db }: Context,
  { utilities, companyId }: { utilities?: readonly string[]; companyId?: string },
  now: number,
): Promise<TestTurn[]> {
  let waiting = db
    .selectFrom('test_login')
    .innerJoin('connection', 'connection.id', 'test_login.connection_id')
    .innerJoin('company', 'company.id', 'test_login.company_id')
    .select(['test_login.id', 'test_login.connection_id as connectionId'])
    .select('test_login.company_id as companyId')
    .where('test_login.attempt_id', 'is', null)
    .where('test_login.is_over', '=', 0)
    .where('test_login.expires_at', '>', now)
    .where('connection.deleted_at', 'is', null)
    .where('company.is_active', '=', 1)
    .where((eb) =>
      eb.or([eb('connection.username', 'is not', null), eb('connection.password', 'is not', null)]),
    )
    // The portal has refused the password since it was asked for: another try may lock the customer out.
    .where((eb) =>
      eb.or([
        eb('connection.status', 'not in', ['PASSWORD_INCORRECT', 'NEW_PASSWORD_NEEDED']),
        eb('connection.status_cause', '=', AWAITING_LOGIN),
      ]),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('code_source')
            .innerJoin('source_hold', 'source_hold.source', 'code_source.source')
            .select('source_hold.source')
            .whereRef('code_source.connection_id', '=', 'test_login.connection_id')
            .where('source_hold.held_until', '>', now),
        ),
      ),
    )
  if (companyId !== undefined) waiting = waiting.where('test_login.company_id', '=', companyId)
  if (utilities !== undefined) waiting = waiting.where('test_login.utility', 'in', [...utilities])
  return waiting.orderBy('test_login.expires_at').limit(MOST_LOOKS).execute()
}

/** A test that waits becomes this login. */
export async function bindTest(
  { db }: Context,
  { id, connectionId, openedAt }: { id: string; connectionId: string; openedAt: number },
): Promise<void> {
  await db
    .updateTable('test_login')
    .set({ attempt_id: id })
    .where('connection_id', '=', connectionId)
    .where('is_over', '=', 0)
    .where('attempt_id', 'is', null)
    .where('expires_at', '>', openedAt)
    .execute()
}
