import type { Attempt } from '../../domain/attempt.ts'
import { Failure } from '../../domain/failure.ts'
import type { Context, Operations } from '../context.ts'
import { SealBrokenError } from '../errors.ts'
import type { Lease, LeaseRequest } from '../lease-store.ts'
import { toAttempt, toConnection } from '../rows.ts'
import { attemptQuestions } from './answers.ts'
import { open } from './attempts.ts'
import { audit } from './audit.ts'
import { once } from './idempotency.ts'
import { waitingTests } from './test-logins.ts'
import { countServed, markDue, nextDue, nextTurn, setAside } from './turns.ts'

/** Candidates that one lease looks at: what is in its way is put aside and costs the next lease nothing. */
const MOST_LOOKS = 100
/** When a login whose credentials do not open is looked at again. */
const UNREADABLE_MS = 86_400_000

/** Logins that are due, handed to runners. */
export const leaseWrites: Operations<'leaseLogin'> = {
  async leaseLogin(context, request, idempotency) {
    const { now } = request
    // The key remembers the attempt and nothing that is secret.
    const leased = await once(context, idempotency, now, async () => {
      const attempt = await openNext(context, request)
      return attempt && { attemptId: attempt.id }
    })
    return leased && handOver(context, leased.attemptId, request)
  },
}

/** Somebody waits for a test; all else waits by itself. */
async function openNext(context: Context, request: LeaseRequest): Promise<Attempt | null> {
  const test = await openTest(context, request)
  if (test) return test
  await markDue(context, request.now)
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const turn = await nextTurn(context, request)
    if (!turn) return null
    const attempt = await openOne(context, turn, request)
    if (attempt) return attempt
  }
  return null
}

/** The test login that has waited longest. It counts as its company's turn, so that tests crowd out nobody for long. */
async function openTest(context: Context, request: LeaseRequest): Promise<Attempt | null> {
  const waiting = () => waitingTests(context, request, request.now)
  for (const { id, connectionId, companyId } of await waiting()) {
    if (context.shared) {
      if (!(await context.shared.tryConnection(connectionId))) continue
      // Until its connection was ours, somebody else may have begun it.
      if (!(await waiting()).some((test) => test.id === id)) continue
    }
    if ((await obstacleTo(context, connectionId, request)) !== null) continue
    const attempt = await open(context, newAttempt(connectionId, 'test_login', request))
    await countServed(context, companyId)
    return attempt
  }
  return null
}

const newAttempt = (
  connectionId: string,
  purpose: Attempt['purpose'],
  { attemptId: id, runner, now: openedAt, expiresAt }: LeaseRequest,
): Attempt => ({ id, connectionId, runner, purpose, openedAt, expiresAt, closedAt: null, outcome: null })

/** Null when this row had nothing to lease: it, or the connection that was in the way, has been put aside. */
async function openOne(
  context: Context,
  turn: NonNullable<Awaited<ReturnType<typeof nextTurn>>>,
  request: LeaseRequest,
): Promise<Attempt | null> {
  const { now } = request
  if (!(await isActive(context, turn.company_id))) {
    await setAside(context, turn.company_id, now)
    return null
  }
  const connectionId = await nextDue(context, turn, now)
  if (connectionId === null) return null
  await context.shared?.takeConnection(connectionId)
  // Until it was ours, somebody else may have moved it.
  if (context.shared && (await nextDue(context, turn, now)) !== connectionId) return null
  const obstacle = await obstacleTo(context, connectionId, request)
  if (obstacle !== null) {
    await postpone(context, connectionId, obstacle)
    return null
  }
  const attempt = await open(context, newAttempt(connectionId, 'login', request))
  await countServed(context, turn.company_id)
  // Looked at again, so that the row does not wait for nothing.
  await nextDue(context, turn, now)
  return attempt
}

async function isActive({ db }: Context, companyId: string): Promise<boolean> {
  const row = await db
    .selectFrom('company')
    .select('is_active')
    .where('id', '=', companyId)
    .executeTakeFirst()
  return row?.is_active === 1
}

/** Until when a login of this connection is out of the question; null: it is not. */
async function obstacleTo(
  context: Context,
  connectionId: string,
  { now, actor }: LeaseRequest,
): Promise<number | null> {
  const heldUntil = await heldUntilOf(context, connectionId, now)
  if (heldUntil !== null) return heldUntil
  try {
    await readLogin(context, connectionId)
    return null
  } catch (error) {
    if (!(error instanceof SealBrokenError)) throw error
    // One row that was damaged must not be in the way of all others, and not go unnoticed either.
    const subject = `connection:${connectionId}`
    await audit(context, { at: now, actor, action: 'credentials.unreadable', subject, detail: error.message })
    return now + UNREADABLE_MS
  }
}

/** Until when another login holds one of the connection's code sources: its own, or an inbox that it shares. */
async function heldUntilOf({ db }: Context, connectionId: string, now: number): Promise<number | null> {
  const hold = await db
    .selectFrom('code_source')
    .innerJoin('source_hold', 'source_hold.source', 'code_source.source')
    .select('source_hold.held_until')
    .where('code_source.connection_id', '=', connectionId)
    .where('source_hold.held_until', '>', now)
    .orderBy('source_hold.held_until', 'desc')
    .executeTakeFirst()
  return hold?.held_until ?? null
}

const postpone = ({ db }: Context, connectionId: string, until: number) =>
  db.updateTable('connection').set({ next_login_at: until }).where('id', '=', connectionId).execute()

/** Unseals for this runner alone, on record; the same for a lease and for one that is repeated. */
async function handOver(context: Context, attemptId: string, { now, actor }: LeaseRequest): Promise<Lease> {
  const attempt = await context.db
    .selectFrom('attempt')
    .selectAll()
    .where('id', '=', attemptId)
    .executeTakeFirstOrThrow()
  if (attempt.closed_at !== null || attempt.expires_at <= now) {
    throw new Failure('attempt_over', 'This lease is over: ask for another, with another Idempotency-Key')
  }
  const id = attempt.connection_id
  const login = await readLogin(context, id)
  const detail = `attempt:${attemptId}`
  const subject = `connection:${id}`
  await audit(context, { at: now, actor, action: 'credentials.leased', subject, detail })
  return { attempt: toAttempt(attempt), ...login }
}

/** @throws SealBrokenError */
async function readLogin(context: Context, id: string): Promise<Pick<Lease, 'connection' | 'credentials'>> {
  const { db, sealer } = context
  const row = await db.selectFrom('connection').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const connection = toConnection(row, sealer)
  return {
    connection,
    credentials: {
      username: connection.username,
      password: row.password && sealer.openText(`connection.password.${id}`, row.password),
      securityQuestions: await attemptQuestions(context, row),
    },
  }
}
