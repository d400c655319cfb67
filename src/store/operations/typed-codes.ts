import { connectionSource } from '../../domain/code.ts'
import { Failure } from '../../domain/failure.ts'
import type { Context, Operations } from '../context.ts'
import type { Row } from '../schema.ts'
import type { TypedCode, TypedCodeResult } from '../typed-code-store.ts'
import { audit } from './audit.ts'

const RULE = 'typed'
const REASONS = [{ code: 'typed_in', text: 'A person typed the code in; no message brought it.' }]

/** Codes that a person types in: written as a message of their own kind, so that they are seen, sealed and forgotten as all are. */
export const typedCodeWrites: Operations<'typeCode'> = {
  async typeCode(context, typed) {
    const attempt = await openAttempt(context, typed)
    const known = await findKnown(context, attempt, typed.code)
    if (known) return known
    await supersedeTyped(context, typed.connectionId)
    await write(context, attempt, typed)
    const { connectionId, actor, now, codeId, expiresAt } = typed
    const subject = `connection:${connectionId}`
    const detail = `attempt:${attempt.id} code:${codeId}`
    await audit(context, { at: now, actor, action: 'code.typed', subject, detail })
    return { codeId, attemptId: attempt.id, expiresAt, isNew: true }
  },
}

async function openAttempt(
  { db }: Context,
  { connectionId, now }: Pick<TypedCode, 'connectionId' | 'now'>,
): Promise<Row<'attempt'>> {
  const row = await db
    .selectFrom('source_hold')
    .innerJoin('attempt', 'attempt.id', 'source_hold.attempt_id')
    .selectAll('attempt')
    .where('source_hold.source', '=', connectionSource(connectionId))
    .where('source_hold.held_until', '>', now)
    .where('attempt.closed_at', 'is', null)
    .executeTakeFirst()
  if (row) return row
  throw new Failure(
    'conflict',
    'No login of this connection is waiting for a code: a code typed in now would be stale',
  )
}

/** The same characters again are the same code, whichever way they came first. */
async function findKnown(
  { db, sealer }: Context,
  attempt: Row<'attempt'>,
  code: string,
): Promise<TypedCodeResult | null> {
  const sources = db.selectFrom('attempt_source').select('source').where('attempt_id', '=', attempt.id)
  const rows = await db
    .selectFrom('code')
    .select(['id', 'code', 'state', 'expires_at'])
    .where('source', 'in', sources)
    .where((eb) => eb.or([eb('received_at', '>=', attempt.opened_at), eb('state', '=', 'rejected')]))
    .execute()
  const same = rows.filter(({ id, code: sealed }) => sealer.openText(`code.code.${id}`, sealed) === code)
  if (same.some(({ state }) => state === 'rejected')) {
    throw new Failure('conflict', 'The portal has refused this code already')
  }
  const alive = same.find(({ state }) => state === 'available' || state === 'claimed')
  return alive ? { codeId: alive.id, attemptId: attempt.id, expiresAt: alive.expires_at, isNew: false } : null
}

/** Who types another code corrects the first; once it was claimed, it is the login's. */
async function supersedeTyped({ db }: Context, connectionId: string): Promise<void> {
  await db
    .updateTable('code')
    .set({ state: 'superseded' })
    .where('source', '=', connectionSource(connectionId))
    .where('state', '=', 'available')
    .where('channel', '=', 'manual')
    .execute()
}

async function write({ db, sealer }: Context, attempt: Row<'attempt'>, typed: TypedCode): Promise<void> {
  const { messageId, codeId, connectionId, code, actor } = typed
  // A clock that was set back must not make it older than the login that waits for it.
  const at = Math.max(typed.now, attempt.opened_at)
  const extraction = { kind: 'code', code, rule: RULE, confidence: 1, candidates: [] }
  const common = {
    connection_id: connectionId,
    channel: 'manual',
    verdict: 'trusted',
    sent_at: at,
    received_at: at,
    sender: actor,
    rule: RULE,
    confidence: 1,
  } as const
  await db
    .insertInto('message')
    .values({
      ...common,
      id: messageId,
      mailbox: `typed:${connectionId}`,
      dedupe_key: messageId,
      envelope_sender: '',
      size: 0,
      verdict_reasons: JSON.stringify(REASONS),
      extraction_kind: 'code',
      extraction: sealer.seal(`message.extraction.${messageId}`, JSON.stringify(extraction)),
    })
    .execute()
  await db
    .insertInto('code')
    .values({
      ...common,
      id: codeId,
      message_id: messageId,
      source: connectionSource(connectionId),
      code: sealer.seal(`code.code.${codeId}`, code),
      expires_at: typed.expiresAt,
      state: 'available',
    })
    .execute()
}
