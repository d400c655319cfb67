import { sql } from 'kysely'
import type { Attempt } from '../../domain/attempt.ts'
import { Failure } from '../../domain/failure.ts'
import { newId } from '../../domain/id.ts'
import type { Context } from '../context.ts'
import { audit } from '../operations/audit.ts'
import { toAttempt, toCode } from '../rows.ts'
import type { Row } from '../schema.ts'
import type { ClaimResult, ClaimRules } from '../store.ts'
import { BusyError } from './failures.ts'

/*
 * Which code an attempt gets. Codes have one order: when they were sent, then when they arrived, then when they
 * were written. An attempt only ever moves forward in it.
 */

type CodeRow = Row<'code'>
type Choice = { readonly kind: 'over' | 'none' } | { readonly kind: 'held' | 'fresh'; readonly row: CodeRow }

/** What an attempt claimed last, and the newest that it may claim after that; a row for each that there is. */
type Found = CodeRow & {
  readonly what: 'claimed' | 'newest' | null
  readonly is_open: boolean
  /** The code behind which it asks is one of its sources' (or it asks behind none). */
  readonly is_known: boolean
  /** It stands behind that one. */
  readonly is_later: boolean
  readonly had_trusted: boolean
}

/** Each further one means that another attempt took what this one was about to take. */
const MOST_CHOICES = 20

/** What there is for an attempt: a code that it has already, or one that it may take. */
async function choose(context: Context, attemptId: string, rules: ClaimRules): Promise<Choice> {
  const found = await look(context, attemptId, rules)
  if (!found[0]?.is_open) return { kind: 'over' }
  if (!found[0].is_known) throw new Failure('invalid_request', 'after: this attempt knows no such code')
  const claimed = found.find(({ what }) => what === 'claimed')
  const newest = found.find(({ what }) => what === 'newest')
  if (newest && mayHave(newest, rules)) return { kind: 'fresh', row: newest }
  const isReadable = claimed?.is_later && claimed.expires_at > rules.now
  return isReadable ? { kind: 'held', row: claimed } : { kind: 'none' }
}

/** A candidate is a second choice: none once this attempt has had a code that is trusted. */
const mayHave = (row: Found, rules: ClaimRules): boolean =>
  row.verdict === 'trusted' || (rules.offerCandidates && !row.had_trusted)

/** Of two channels that a portal uses one after the other, each has an order of its own. What was typed in is meant for any. */
const byChannel = ({ channel }: ClaimRules) =>
  channel === undefined ? sql`` : sql`and code.channel in (${channel}, 'manual')`

/** All in one statement. Both verdicts, trusted ones first. */
async function look({ db }: Context, attemptId: string, rules: ClaimRules): Promise<Found[]> {
  const { now, clockSkewMs, after } = rules
  const position = (table: string) => sql.raw(`(${table}.sent_at, ${table}.received_at, ${table}.seq)`)
  const newestFirst = sql`code.sent_at desc, code.received_at desc, code.seq desc`
  const { rows } = await sql<Found>`
    with login as (
      select * from attempt where id = ${attemptId}
    ), own as (
      select source from attempt_source where attempt_id = ${attemptId}
    ), after as (
      select sent_at, received_at, seq from code where id = ${after ?? ''} and source in (select source from own)
    ), claimed as (
      select code.* from code where attempt_id = ${attemptId} ${byChannel(rules)} order by ${newestFirst} limit 1
    ), newest as (
      select code.* from login, own join code on code.source = own.source
      where state = 'available' and code.expires_at > ${now}
        and sent_at >= login.opened_at - ${clockSkewMs}::bigint and received_at >= login.opened_at
        and not exists (select 1 from after where ${position('code')} <= ${position('after')})
        and not exists (select 1 from claimed where ${position('code')} <= ${position('claimed')})
        ${byChannel(rules)}
      order by (code.verdict = 'trusted') desc, ${newestFirst} limit 1
    ), found as (
      select 'claimed' as what, * from claimed union all select 'newest', * from newest
    )
    select found.*, login.closed_at is null and login.expires_at > ${now} as is_open,
      ${after === undefined}::boolean or exists (select 1 from after) as is_known,
      not exists (select 1 from after where ${position('found')} <= ${position('after')}) as is_later,
      exists (select 1 from code where attempt_id = ${attemptId} and verdict = 'trusted') as had_trusted
    from login left join found on true`.execute(db)
  return rows
}

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
  const { kind } = await choose(context, attemptId, rules)
  return kind === 'held' || kind === 'fresh'
}

/**
 * Binds a code to an attempt: a look, then a step that holds good only if it is still as it was seen. Each is one
 * statement, and a transaction of its own. Asked again after a lost answer, it finds the code that it took.
 */
export async function claimCode(
  context: Context,
  attemptId: string,
  rules: ClaimRules,
  actor: string,
): Promise<ClaimResult> {
  for (let looks = 0; looks < MOST_CHOICES; looks += 1) {
    const choice = await choose(context, attemptId, rules)
    if (!('row' in choice)) return { kind: choice.kind }
    const { kind, row } = choice
    if (kind === 'held') {
      const entry = { at: rules.now, actor, subject: `attempt:${attemptId}`, detail: `code:${row.id}` }
      await audit(context, { ...entry, action: 'code.read_again' })
      return { kind: 'code', code: toCode(row, context.sealer), isNew: false }
    }
    const taken = await take(context, attemptId, row, rules, actor)
    if (taken) return { kind: 'code', code: toCode(taken, context.sealer), isNew: true }
  }
  throw new BusyError('other attempts took one code after the other')
}

/**
 * Null when another attempt was faster, or retention was, or this one is over. The attempt's row is held, so that it
 * ends before this step or after it.
 */
async function take(
  { db }: Context,
  attemptId: string,
  row: CodeRow,
  rules: ClaimRules,
  actor: string,
): Promise<CodeRow | null> {
  const { now } = rules
  const { sent_at, received_at, seq } = row
  const { rows } = await sql<{ seq: number }>`
    with login as (
      select id from attempt where id = ${attemptId} and closed_at is null and expires_at > ${now}
      for no key update
    ), bound as (
      update code set state = 'claimed', attempt_id = ${attemptId}, claimed_at = ${now}
      where seq = ${seq} and state = 'available' and exists (select 1 from login) returning seq
    ), superseded as (
      update code set state = 'superseded'
      where exists (select 1 from bound) and state = 'available'
        and source in (select source from attempt_source where attempt_id = ${attemptId})
        and (sent_at, received_at, seq) < (${sent_at}::bigint, ${received_at}::bigint, ${seq}::bigint)
        ${byChannel(rules)}
    ), noted as (
      insert into audit (id, at, actor, action, subject, detail)
      select ${newId()}, ${now}::bigint, ${actor}, 'code.claimed', ${`attempt:${attemptId}`}, ${`code:${row.id}`}
      from bound
    )
    select seq from bound`.execute(db)
  return rows.length === 0 ? null : { ...row, state: 'claimed', attempt_id: attemptId, claimed_at: now }
}
