import { endOf } from '../../domain/login-result.ts'
import type { TestArrival, TestLogin, TestLoginFacts } from '../../domain/test-login.ts'
import type { Context, Operations } from '../context.ts'
import { toAttempt } from '../rows.ts'
import type { Row } from '../schema.ts'
import { explain } from '../seen.ts'
import { offsetOf } from './paging.ts'

/** More messages during one login say nothing new. */
const MOST_ARRIVALS = 50

/** Test logins: what reads. */
export const testLoginReads: Operations<'listTestLogins'> = {
  async listTestLogins(context, connectionId, page) {
    const { db } = context
    const { total } = await db
      .selectFrom('test_login')
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .where('connection_id', '=', connectionId)
      .executeTakeFirstOrThrow()
    const rows = await db
      .selectFrom('test_login')
      .innerJoin('connection', 'connection.id', 'test_login.connection_id')
      .selectAll('test_login')
      .select(['connection.username', 'connection.password'])
      .where('connection_id', '=', connectionId)
      .orderBy('asked_at', 'desc')
      .orderBy('test_login.id', 'desc')
      .limit(page.limit)
      .offset(offsetOf(page))
      .execute()
    const items: TestLoginFacts[] = []
    for (const row of rows) {
      const hasCredentials = row.username !== null || row.password !== null
      items.push({ test: toTest(row), hasCredentials, ...(await followed(context, row.attempt_id)) })
    }
    return { total: Number(total), items }
  },
}

const toTest = (row: Row<'test_login'>): TestLogin => ({
  id: row.id,
  connectionId: row.connection_id,
  askedAt: row.asked_at,
  askedBy: row.asked_by,
  expiresAt: row.expires_at,
  attemptId: row.attempt_id,
})

async function followed(
  context: Context,
  attemptId: string | null,
): Promise<Pick<TestLoginFacts, 'attempt' | 'arrivals' | 'handedAt'>> {
  if (attemptId === null) return { attempt: null, arrivals: [], handedAt: null }
  const row = await context.db
    .selectFrom('attempt')
    .selectAll()
    .where('id', '=', attemptId)
    .executeTakeFirstOrThrow()
  return {
    attempt: toAttempt(row),
    arrivals: await arrivalsOf(context, row),
    handedAt: await handedAt(context, attemptId),
  }
}

/** At the connection's own mailboxes, and codes of its own that came through an inbox it shares. */
async function arrivalsOf({ db }: Context, attempt: Row<'attempt'>): Promise<TestArrival[]> {
  const shared = db.selectFrom('code').select('message_id').where('attempt_id', '=', attempt.id)
  const rows = await db
    .selectFrom('message')
    .leftJoin('code', 'code.message_id', 'message.id')
    .select(['message.id', 'message.sent_at', 'message.received_at', 'message.verdict'])
    .select(['message.verdict_reasons', 'message.released_at', 'message.extraction_kind'])
    .select(['message.extraction_reason', 'code.state', 'code.attempt_id', 'code.expires_at'])
    .select(['code.claimed_at', 'code.sent_at as code_sent_at', 'code.verdict as code_verdict'])
    .where('message.channel', '<>', 'manual')
    .where((eb) =>
      eb.or([
        eb.and([
          eb('message.connection_id', '=', attempt.connection_id),
          eb('message.received_at', '>=', attempt.opened_at),
          eb('message.received_at', '<=', endOf(toAttempt(attempt))),
        ]),
        eb('message.id', 'in', shared),
      ]),
    )
    .orderBy('message.received_at')
    .orderBy('message.id')
    .limit(MOST_ARRIVALS)
    .execute()
  return rows.map((row) => ({
    messageId: row.id,
    sentAt: row.sent_at,
    receivedAt: row.received_at,
    verdict: row.verdict,
    isReleased: row.released_at !== null,
    extraction: row.extraction_kind,
    text: explain({ ...row, sent_at: row.code_sent_at }, attempt, {}).text,
    code:
      row.state === null
        ? null
        : { state: row.state, claimedAt: row.claimed_at, isOurs: row.attempt_id === attempt.id },
  }))
}

/** Of codes that no message brought. */
async function handedAt({ db }: Context, attemptId: string): Promise<number | null> {
  const row = await db
    .selectFrom('totp_step')
    .select('claimed_at')
    .where('attempt_id', '=', attemptId)
    .orderBy('ends_at', 'desc')
    .executeTakeFirst()
  if (row) return row.claimed_at
  const typed = await db
    .selectFrom('code')
    .select('claimed_at')
    .where('attempt_id', '=', attemptId)
    .where('channel', '=', 'manual')
    .orderBy('sent_at', 'desc')
    .executeTakeFirst()
  return typed?.claimed_at ?? null
}
