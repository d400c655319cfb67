import type { Attempt, Outcome } from '../../domain/attempt.ts'
import type { Connection } from '../../domain/connection.ts'
import { Failure } from '../../domain/failure.ts'
import type { Context, Operations } from '../context.ts'
import { toAttempt, toConnection } from '../rows.ts'
import type { Row } from '../schema.ts'
import { once } from './idempotency.ts'
import { pinSender } from './pins.ts'
import { countResult } from './rules.ts'
import { rescheduleById } from './schedule.ts'
import { moveRow } from './status.ts'
import { bindTest } from './test-logins.ts'

/** Logins by runners: what writes. */
export const attemptWrites: Operations<'openAttempt' | 'extendAttempt' | 'closeAttempt'> = {
  openAttempt: (context, attempt, idempotency) =>
    once(context, idempotency, attempt.openedAt, () => open(context, attempt)),

  async extendAttempt(context, id, { expiresAt, now }) {
    const row = await findRow(context, id)
    if (!row) return null
    if (row.closed_at !== null || row.expires_at <= now) throw over()
    await context.db.updateTable('attempt').set({ expires_at: expiresAt }).where('id', '=', id).execute()
    await holdUntil(context, id, expiresAt)
    await rescheduleById(context, row.connection_id, { kind: 'extended', expiresAt }, now)
    return toAttempt({ ...row, expires_at: expiresAt })
  },

  closeAttempt: (context, id, outcome, now, idempotency) =>
    once(context, idempotency, now, async () => {
      const row = await findRow(context, id)
      if (!row) return null
      if (row.closed_at !== null) throw over()
      return close(context, row, outcome, now)
    }),
}

const over = () => new Failure('attempt_over', 'This attempt is over: open a new one')

const findRow = ({ db }: Context, id: string) =>
  db.selectFrom('attempt').selectAll().where('id', '=', id).executeTakeFirst()

/** Opens it, or throws as `openAttempt` does. */
export async function open(context: Context, attempt: Attempt): Promise<Attempt> {
  const { db } = context
  const sources = await sourcesOf(context, attempt.connectionId)
  if (sources.length === 0) throw new Failure('not_found', 'No such connection')
  const row = {
    id: attempt.id,
    connection_id: attempt.connectionId,
    runner: attempt.runner,
    purpose: attempt.purpose,
    opened_at: attempt.openedAt,
    expires_at: attempt.expiresAt,
    closed_at: null,
    outcome: null,
  }
  await db.insertInto('attempt').values(row).execute()
  await db
    .insertInto('attempt_source')
    .values(sources.map((source) => ({ attempt_id: attempt.id, source })))
    .execute()
  await take(context, attempt, sources)
  if (attempt.purpose === 'test_login') await bindTest(context, attempt)
  await supersedeEarlier(context, attempt, sources)
  const { connectionId, openedAt, expiresAt } = attempt
  await rescheduleById(context, connectionId, { kind: 'opened', expiresAt }, openedAt)
  return toAttempt(row)
}

/**
 * What is in the store before the attempt came before it, even if its time says otherwise: after the clock was
 * set back, a code that nobody claimed would pass for one that this login asked for.
 */
async function supersedeEarlier(
  { db }: Context,
  { openedAt }: Attempt,
  sources: readonly string[],
): Promise<void> {
  await db
    .updateTable('code')
    .set({ state: 'superseded' })
    .where('source', 'in', sources)
    .where('state', '=', 'available')
    .where('received_at', '>=', openedAt)
    .execute()
}

/** Sorted, so that two attempts that want the same sources ask for them in the same order. */
async function sourcesOf({ db }: Context, connectionId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('code_source')
    .select('source')
    .where('connection_id', '=', connectionId)
    .orderBy('source')
    .execute()
  return rows.map(({ source }) => source)
}

/**
 * All sources or none. Whether a source is free is decided by the row that is written, not by a look before,
 * so that it stays one step on databases where transactions interleave.
 */
async function take(
  context: Context,
  { id, openedAt, expiresAt }: Attempt,
  sources: readonly string[],
): Promise<void> {
  const { numInsertedOrUpdatedRows } = await context.db
    .insertInto('source_hold')
    .values(sources.map((source) => ({ source, attempt_id: id, held_until: expiresAt })))
    .onConflict((conflict) =>
      conflict
        .column('source')
        .doUpdateSet({ attempt_id: id, held_until: expiresAt })
        .where('source_hold.held_until', '<=', openedAt),
    )
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows !== BigInt(sources.length)) throw await attemptOpen(context, sources, id)
}

async function attemptOpen({ db }: Context, sources: readonly string[], ownId: string): Promise<Failure> {
  const holder = await db
    .selectFrom('source_hold')
    .selectAll()
    .where('source', 'in', sources)
    .where('attempt_id', '<>', ownId)
    .orderBy('held_until', 'desc')
    .executeTakeFirstOrThrow()
  return new Failure('attempt_open', 'Another attempt is waiting for codes of this connection', {
    attemptId: holder.attempt_id,
    expiresAt: new Date(holder.held_until).toISOString(),
  })
}

async function holdUntil({ db }: Context, attemptId: string, until: number): Promise<void> {
  const sources = db.selectFrom('attempt_source').select('source').where('attempt_id', '=', attemptId)
  await db
    .updateTable('source_hold')
    .set({ held_until: until })
    .where('source', 'in', sources)
    .where('attempt_id', '=', attemptId)
    .execute()
}

async function close(
  context: Context,
  row: Row<'attempt'>,
  outcome: Outcome,
  now: number,
): Promise<{ attempt: Attempt; connection: Connection }> {
  const closed = { closed_at: now, outcome: JSON.stringify(outcome) }
  await context.db.updateTable('attempt').set(closed).where('id', '=', row.id).execute()
  await holdUntil(context, row.id, 0)
  await learnFromCode(context, row.id, outcome, now)
  const connection = await moveConnection(context, row, outcome, now)
  return { attempt: toAttempt({ ...row, ...closed }), connection }
}

/** What the portal said about the code that the attempt claimed last. */
async function learnFromCode(
  context: Context,
  attemptId: string,
  outcome: Outcome,
  now: number,
): Promise<void> {
  if (outcome.code !== 'accepted' && outcome.code !== 'rejected') return
  const { db } = context
  const code = await db
    .selectFrom('code')
    .innerJoin('message', 'message.id', 'code.message_id')
    .innerJoin('connection', 'connection.id', 'code.connection_id')
    .select(['code.id', 'code.verdict', 'code.connection_id as connectionId'])
    .select(['code.rule', 'connection.utility'])
    .select(['message.channel', 'message.sender', 'message.sender_domain as senderDomain'])
    .where('code.attempt_id', '=', attemptId)
    .orderBy('code.sent_at', 'desc')
    .orderBy('code.received_at', 'desc')
    .orderBy('code.seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!code) return
  await countResult(context, code, outcome.code, now)
  if (outcome.code === 'rejected') {
    await db.updateTable('code').set({ state: 'rejected' }).where('id', '=', code.id).execute()
  } else if (code.verdict === 'candidate') {
    // A portal took a code from this sender: the best proof there is that it is the utility's.
    await pinSender(context, code, { actor: `attempt:${attemptId}`, now })
  }
}

async function moveConnection(
  context: Context,
  attempt: Row<'attempt'>,
  outcome: Outcome,
  now: number,
): Promise<Connection> {
  const row = await context.db
    .selectFrom('connection')
    .selectAll()
    .where('id', '=', attempt.connection_id)
    .executeTakeFirstOrThrow()
  const event = { kind: 'outcome', outcome, openedAt: attempt.opened_at } as const
  return toConnection(await moveRow(context, row, event, now), context.sealer)
}
