import { sql } from 'kysely'
import type { Attempt } from '../../domain/attempt.ts'
import { Failure } from '../../domain/failure.ts'
import { newId } from '../../domain/id.ts'
import type { Context } from '../context.ts'
import { audit } from '../operations/audit.ts'
import { toAttempt, toCode } from '../rows.ts'
import type { Row } from '../schema.ts'
import { holding } from '../shared.ts'
import type { ClaimResult, ClaimRules } from '../store.ts'
import { BusyError } from './failures.ts'

/*
 * Which code an attempt gets. Codes have one order: when they were sent, then when they arrived, then when they
 * were written. An attempt only ever moves forward in it.
 */

type CodeRow = Row<'code'>
type Position = Pick<CodeRow, 'sent_at' | 'received_at' | 'seq'>
type Choice = { readonly kind: 'none' } | { readonly kind: 'held' | 'fresh'; readonly row: CodeRow }
type Found = CodeRow & { readonly what: 'claimed' | 'newest'; readonly had_trusted: boolean }

const START: Position = { sent_at: 0, received_at: 0, seq: 0 }
/** Each further one means that another attempt took what this one was about to take. */
const MOST_CHOICES = 20

const isLater = (a: Position, b: Position): boolean =>
  a.sent_at !== b.sent_at
    ? a.sent_at > b.sent_at
    : a.received_at !== b.received_at
      ? a.received_at > b.received_at
      : a.seq > b.seq

/** What there is for an open attempt: a code that it has already, or one that it may take. */
async function choose(context: Context, attempt: Row<'attempt'>, rules: ClaimRules): Promise<Choice> {
  const after = rules.after === undefined ? START : await positionOf(context, attempt.id, rules.after)
  const found = await look(context, attempt, rules, after)
  const claimed = found.find(({ what }) => what === 'claimed')
  const newest = found.find(({ what }) => what === 'newest')
  if (newest && mayHave(newest, rules)) return { kind: 'fresh', row: newest }
  const isReadable = claimed && isLater(claimed, after) && claimed.expires_at > rules.now
  return isReadable ? { kind: 'held', row: claimed } : { kind: 'none' }
}

/** A candidate is a second choice: none once this attempt has had a code that is trusted. */
const mayHave = (row: Found, rules: ClaimRules): boolean =>
  row.verdict === 'trusted' || (rules.offerCandidates && !row.had_trusted)

/** What the attempt claimed last, and the newest that it may claim after that; both verdicts, trusted ones first. */
async function look(
  { db }: Context,
  { id, opened_at: openedAt }: Row<'attempt'>,
  { now, clockSkewMs, channel }: ClaimRules,
  after: Position,
): Promise<Found[]> {
  // Of two channels that a portal uses one after the other, each has an order of its own. What was typed in is for any.
  const byChannel = channel === undefined ? sql`` : sql`and code.channel in (${channel}, 'manual')`
  const position = sql`(code.sent_at, code.received_at, code.seq)`
  const newestFirst = sql`code.sent_at desc, code.received_at desc, code.seq desc`
  const { rows } = await sql<Found>`
    with claimed as (
      select code.* from code where attempt_id = ${id} ${byChannel} order by ${newestFirst} limit 1
    ), newest as (
      select code.* from attempt_source join code on code.source = attempt_source.source
      where attempt_source.attempt_id = ${id} and state = 'available'
        and sent_at >= ${openedAt - clockSkewMs} and received_at >= ${openedAt} and expires_at > ${now}
        and ${position} > (${after.sent_at}::bigint, ${after.received_at}::bigint, ${after.seq}::bigint)
        and not exists (select 1 from claimed where ${position} <= (claimed.sent_at, claimed.received_at, claimed.seq))
        ${byChannel}
      order by (code.verdict = 'trusted') desc, ${newestFirst} limit 1
    )
    select 'claimed' as what, false as had_trusted, claimed.* from claimed
    union all select 'newest',
      exists (select 1 from code where attempt_id = ${id} and verdict = 'trusted'), newest.* from newest`.execute(
    db,
  )
  return rows
}

async function positionOf({ db }: Context, attemptId: string, codeId: string): Promise<Position> {
  const sources = db.selectFrom('attempt_source').select('source').where('attempt_id', '=', attemptId)
  const row = await db
    .selectFrom('code')
    .select(['sent_at', 'received_at', 'seq'])
    .where('id', '=', codeId)
    .where('source', 'in', sources)
    .executeTakeFirst()
  if (!row) throw new Failure('invalid_request', 'after: this attempt knows no such code')
  return row
}

const findAttempt = ({ db }: Context, id: string) => db.selectFrom('attempt').selectAll().where('id', '=', id)

const isOver = (attempt: Row<'attempt'>, now: number): boolean =>
  attempt.closed_at !== null || attempt.expires_at <= now

/** As `getAttempt` of the port. */
export async function getAttempt(
  { db }: Context,
  id: string,
): Promise<{ attempt: Attempt; sources: readonly string[] } | null> {
  const { rows } = await sql<Row<'attempt'> & { sources: string[] }>`
    select attempt.*, array(select source from attempt_source where attempt_id = attempt.id order by source) as sources
    from attempt where id = ${id}`.execute(db)
  const row = rows[0]
  return row ? { attempt: toAttempt(row), sources: row.sources } : null
}

/** As `hasCode` of the port. */
export async function hasCode(context: Context, attemptId: string, rules: ClaimRules): Promise<boolean> {
  const attempt = await findAttempt(context, attemptId).executeTakeFirst()
  if (!attempt || isOver(attempt, rules.now)) return false
  return (await choose(context, attempt, rules)).kind !== 'none'
}

/**
 * Binds a code to an attempt, in the caller's transaction. The attempt's row is held, so that one attempt claims one
 * code after the other; of two attempts that want the same code, one changes its row first and the other looks again.
 */
export async function claimCode(
  context: Context,
  attemptId: string,
  rules: ClaimRules,
  actor: string,
): Promise<ClaimResult> {
  const attempt = await holding(context, findAttempt(context, attemptId)).executeTakeFirst()
  if (!attempt || isOver(attempt, rules.now)) return { kind: 'over' }
  for (let looks = 0; looks < MOST_CHOICES; looks += 1) {
    const choice = await choose(context, attempt, rules)
    if (choice.kind === 'none') return choice
    const { kind, row } = choice
    if (kind === 'fresh') {
      const taken = await take(context, attemptId, row, rules, actor)
      if (taken) return { kind: 'code', code: toCode(taken, context.sealer), isNew: true }
      continue
    }
    const subject = `attempt:${attemptId}`
    await audit(context, {
      at: rules.now,
      actor,
      action: 'code.read_again',
      subject,
      detail: `code:${row.id}`,
    })
    return { kind: 'code', code: toCode(row, context.sealer), isNew: false }
  }
  throw new BusyError('other attempts took one code after the other')
}

/** Null when another attempt was faster, or retention was. */
async function take(
  { db }: Context,
  attemptId: string,
  row: CodeRow,
  { now, channel }: ClaimRules,
  actor: string,
): Promise<CodeRow | null> {
  const { sent_at, received_at, seq } = row
  const byChannel = channel === undefined ? sql`` : sql`and channel in (${channel}, 'manual')`
  const { rows } = await sql<{ seq: number }>`
    with bound as (
      update code set state = 'claimed', attempt_id = ${attemptId}, claimed_at = ${now}
      where seq = ${seq} and state = 'available' returning seq
    ), superseded as (
      update code set state = 'superseded'
      where exists (select 1 from bound) and state = 'available'
        and source in (select source from attempt_source where attempt_id = ${attemptId})
        and (sent_at, received_at, seq) < (${sent_at}::bigint, ${received_at}::bigint, ${seq}::bigint) ${byChannel}
    ), noted as (
      insert into audit (id, at, actor, action, subject, detail)
      select ${newId()}, ${now}::bigint, ${actor}, 'code.claimed', ${`attempt:${attemptId}`}, ${`code:${row.id}`} from bound
    )
    select seq from bound`.execute(db)
  return rows.length === 0 ? null : { ...row, state: 'claimed', attempt_id: attemptId, claimed_at: now }
}
