import { Failure } from '../../domain/failure.ts'
import { newId } from '../../domain/id.ts'
import { TOTP_LEAST_LEFT_MS, type TotpStep, totpStep } from '../../domain/totp.ts'
import type { Context, Operations } from '../context.ts'
import type { Row } from '../schema.ts'
import type { HandedCode, TotpClaim } from '../store.ts'
import { audit } from './audit.ts'

/** So long it is remembered that a step's code was handed out. Longer than any clock is off. */
const REMEMBER_MS = 86_400_000

/** Codes that are computed: what reads. */
export const totpReads: Operations<'prefersTotp'> = {
  async prefersTotp({ db }, connectionId) {
    const row = await db
      .selectFrom('connection')
      .select('id')
      .where('id', '=', connectionId)
      .where('mfa_method', '=', 'authenticator')
      .where('totp_secret', 'is not', null)
      .executeTakeFirst()
    return row !== undefined
  },
}

/** Codes that are computed: what writes. The secret is opened here and goes no further. */
export const totpWrites: Operations<'claimTotp'> = {
  async claimTotp(context, attemptId, claim) {
    const { db, sealer } = context
    const attempt = await db.selectFrom('attempt').selectAll().where('id', '=', attemptId).executeTakeFirst()
    if (!attempt || attempt.closed_at !== null || attempt.expires_at <= claim.now) return { kind: 'over' }
    const id = attempt.connection_id
    const connection = await db
      .selectFrom('connection')
      .select('totp_secret')
      .where('id', '=', id)
      .executeTakeFirst()
    if (!connection?.totp_secret) return { kind: 'no_secret' }
    const step = totpStep(sealer.openText(`connection.totp_secret.${id}`, connection.totp_secret), claim.now)
    const floor = claim.after === undefined ? 0 : await endOf(context, id, claim.after)
    const until = step.endsAt
    if (step.endsAt <= floor || step.endsAt - claim.now < TOTP_LEAST_LEFT_MS) return { kind: 'wait', until }
    const { isNew, row } = await take(context, attempt, step, claim)
    if (row.attempt_id !== attemptId) return { kind: 'wait', until }
    const action = isNew ? 'code.claimed' : 'code.read_again'
    const subject = `attempt:${attemptId}`
    await audit(context, { at: claim.now, actor: claim.actor, action, subject, detail: `totp:${row.id}` })
    return { kind: 'code', code: toCode(row, step), isNew }
  },
}

/** Decided by the row that is written, so that of two attempts one gets the step. */
async function take(
  { db }: Context,
  attempt: Row<'attempt'>,
  { endsAt }: TotpStep,
  { now }: TotpClaim,
): Promise<{ isNew: boolean; row: Row<'totp_step'> }> {
  const connectionId = attempt.connection_id
  await db
    .deleteFrom('totp_step')
    .where('connection_id', '=', connectionId)
    .where('ends_at', '<', now - REMEMBER_MS)
    .execute()
  const row = {
    id: newId(),
    connection_id: connectionId,
    ends_at: endsAt,
    attempt_id: attempt.id,
    claimed_at: now,
  }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('totp_step')
    .values(row)
    .onConflict((conflict) => conflict.columns(['connection_id', 'ends_at']).doNothing())
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows === 1n) return { isNew: true, row }
  const former = await db
    .selectFrom('totp_step')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('ends_at', '=', endsAt)
    .executeTakeFirstOrThrow()
  return { isNew: false, row: former }
}

async function endOf({ db }: Context, connectionId: string, id: string): Promise<number> {
  const row = await db
    .selectFrom('totp_step')
    .select('ends_at')
    .where('id', '=', id)
    .where('connection_id', '=', connectionId)
    .executeTakeFirst()
  if (!row) throw new Failure('invalid_request', 'after: this attempt knows no such code')
  return row.ends_at
}

const toCode = (row: Row<'totp_step'>, { code, startsAt, endsAt }: TotpStep): HandedCode => ({
  id: row.id,
  code,
  channel: 'totp',
  verdict: 'trusted',
  sentAt: startsAt,
  receivedAt: row.claimed_at,
  expiresAt: endsAt,
  sender: null,
  rule: 'totp',
  confidence: 1,
})
