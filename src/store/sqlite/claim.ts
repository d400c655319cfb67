import type Database from 'better-sqlite3'
import type { Attempt } from '../../domain/attempt.ts'
import type { Code } from '../../domain/code.ts'
import { Failure } from '../../domain/failure.ts'
import { newId } from '../../domain/id.ts'
import { toAttempt, toCode } from '../rows.ts'
import type { Row } from '../schema.ts'
import type { Sealer } from '../seal.ts'
import type { ClaimResult, ClaimRules } from '../store.ts'

/*
 * Which code an attempt gets. Codes have one order: when they were sent, then when they arrived, then when they
 * were written. An attempt only ever moves forward in it. Statements stay prepared only without joins and orders
 * (docs/decisions/022-statements-that-stay-prepared.md), so a few rows are compared here.
 */

type CodeRow = Row<'code'>
type Position = Pick<CodeRow, 'sent_at' | 'received_at' | 'seq'>

/** Of two channels that a portal uses one after the other, each has an order of its own. What was typed in is meant for any. */
const BY_CHANNEL = "(:channel is null or channel in (:channel, 'manual'))"
type Asked = { readonly attemptId: string; readonly channel: string | null }
const START: Position = { sent_at: 0, received_at: 0, seq: 0 }

const isLater = (a: Position, b: Position): boolean =>
  a.sent_at !== b.sent_at
    ? a.sent_at > b.sent_at
    : a.received_at !== b.received_at
      ? a.received_at > b.received_at
      : a.seq > b.seq

const newestOf = <T extends Position>(rows: readonly T[]): T | undefined =>
  rows.reduce<T | undefined>((newest, row) => (newest && !isLater(row, newest) ? newest : row), undefined)

/** What there is for an attempt: a code that it has already, or one that it may take. */
type Choice = { readonly kind: 'over' | 'none' } | { readonly kind: 'held' | 'fresh'; readonly seq: number }

/**
 * The reading half: what an attempt would get, without taking it. Each poll of each runner asks, so no more is read of a
 * code than the choice needs.
 */
export function prepareChoice(database: Database.Database) {
  const findAttempt = database.prepare<[string], Row<'attempt'>>('select * from attempt where id = ?')
  const findOwn = database.prepare<[string, string], Position>(`
    select sent_at, received_at, seq from code
    where id = ? and source in (select source from attempt_source where attempt_id = ?)`)
  const listClaimed = database.prepare<[Asked], Position & Pick<CodeRow, 'expires_at'>>(`
    select seq, sent_at, received_at, expires_at from code where attempt_id = :attemptId and ${BY_CHANNEL}`)
  const trustedClaimed = database.prepare<[string]>(
    "select 1 from code where attempt_id = ? and verdict = 'trusted' limit 1",
  )
  // Both verdicts at once. Hardly ever is more than one code of a source available, which the planner cannot know.
  const listAvailable = database.prepare<
    [Asked & Record<string, string | number | null>],
    Position & Pick<CodeRow, 'verdict'>
  >(`
    select seq, sent_at, received_at, verdict from code indexed by code_claim
    where source in (select source from attempt_source where attempt_id = :attemptId) and state = 'available'
      and sent_at >= :sentFrom and received_at >= :openedAt and expires_at > :now
      and (sent_at, received_at, seq) > (:sentAt, :receivedAt, :seq) and ${BY_CHANNEL}`)

  const choose = (attemptId: string, rules: ClaimRules): Choice => {
    const attempt = findAttempt.get(attemptId)
    if (!attempt || attempt.closed_at !== null || attempt.expires_at <= rules.now) return { kind: 'over' }
    const after = rules.after === undefined ? START : findOwn.get(rules.after, attemptId)
    if (!after) throw new Failure('invalid_request', 'after: this attempt knows no such code')
    const asked = { attemptId, channel: rules.channel ?? null }
    const claimed = newestOf(listClaimed.all(asked))
    const floor = claimed && isLater(claimed, after) ? claimed : after
    const available = listAvailable.all({
      ...asked,
      sentFrom: attempt.opened_at - rules.clockSkewMs,
      openedAt: attempt.opened_at,
      now: rules.now,
      sentAt: floor.sent_at,
      receivedAt: floor.received_at,
      seq: floor.seq,
    })
    const row = newestOf(available.filter(({ verdict }) => verdict === 'trusted')) ?? newestOf(available)
    if (row && (row.verdict === 'trusted' || mayOffer(attemptId, rules)))
      return { kind: 'fresh', seq: row.seq }
    const isReadable = claimed && isLater(claimed, after) && claimed.expires_at > rules.now
    return isReadable ? { kind: 'held', seq: claimed.seq } : { kind: 'none' }
  }
  /** A candidate is a second choice: none once this attempt has had a code that is trusted. */
  const mayOffer = (attemptId: string, rules: ClaimRules): boolean =>
    rules.offerCandidates && trustedClaimed.get(attemptId) === undefined
  return { choose, findAttempt }
}

/** Reads of the waiting runner's path. */
export function prepareAttemptReads(database: Database.Database): {
  getAttempt: (id: string) => { attempt: Attempt; sources: readonly string[] } | null
  hasCode: (attemptId: string, rules: ClaimRules) => boolean
  prefersTotp: (connectionId: string) => boolean
} {
  const { choose, findAttempt } = prepareChoice(database)
  const listSources = database
    .prepare<[string], string>('select source from attempt_source where attempt_id = ?')
    .pluck()
  const findSecret = database.prepare<[string]>(
    "select 1 from connection where id = ? and mfa_method = 'authenticator' and totp_secret is not null",
  )
  return {
    prefersTotp: (connectionId) => findSecret.get(connectionId) !== undefined,
    getAttempt(id) {
      const row = findAttempt.get(id)
      return row ? { attempt: toAttempt(row), sources: listSources.all(id).sort() } : null
    },
    hasCode(attemptId, rules) {
      const { kind } = choose(attemptId, rules)
      return kind === 'held' || kind === 'fresh'
    },
  }
}

/** The writing half: binds the code to the attempt, in the caller's transaction. */
export function prepareClaim(
  database: Database.Database,
  sealer: Sealer,
): { claimCode: (attemptId: string, rules: ClaimRules, actor: string) => ClaimResult } {
  const { choose } = prepareChoice(database)
  const findCode = database.prepare<[number], CodeRow>('select * from code where seq = ?')
  const bind = database.prepare<[string, number, number]>(
    "update code set state = 'claimed', attempt_id = ?, claimed_at = ? where seq = ?",
  )
  const supersede = database.prepare<[Position & Asked]>(`
    update code set state = 'superseded'
    where state = 'available' and source in (select source from attempt_source where attempt_id = :attemptId)
      and (sent_at, received_at, seq) < (:sent_at, :received_at, :seq) and ${BY_CHANNEL}`)
  const audit = database.prepare(
    'insert into audit (id, at, actor, action, subject, detail) values (?, ?, ?, ?, ?, ?)',
  )
  const take = (attemptId: string, row: CodeRow, { now, channel }: ClaimRules): Code => {
    bind.run(attemptId, now, row.seq)
    const { sent_at, received_at, seq } = row
    supersede.run({ attemptId, channel: channel ?? null, sent_at, received_at, seq })
    return toCode({ ...row, state: 'claimed', attempt_id: attemptId, claimed_at: now }, sealer)
  }
  return {
    claimCode(attemptId, rules, actor) {
      const choice = choose(attemptId, rules)
      if (!('seq' in choice)) return { kind: choice.kind }
      const { kind } = choice
      const row = findCode.get(choice.seq)!
      const code = kind === 'fresh' ? take(attemptId, row, rules) : toCode(row, sealer)
      const action = kind === 'fresh' ? 'code.claimed' : 'code.read_again'
      audit.run(newId(), rules.now, actor, action, `attempt:${attemptId}`, `code:${row.id}`)
      return { kind: 'code', code, isNew: kind === 'fresh' }
    },
  }
}
