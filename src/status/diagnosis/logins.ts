import type { Attempt } from '../../domain/attempt.ts'
import { endOf, type LoginResult, loginResult } from '../../domain/login-result.ts'

/** A login whose end is known, with what it says about codes. */
export type ToldLogin = { readonly attempt: Attempt; readonly result: LoginResult }

/** The logins that a diagnosis is about. */
export type History = {
  /** Oldest first; those that nobody reported are left out, as nothing follows from them. */
  readonly told: readonly ToldLogin[]
  readonly last: ToldLogin | null
  /** The last login and those before it, back to one that worked; newest first. */
  readonly failing: readonly ToldLogin[]
  /** The newest that got in by a code. */
  readonly lastWorked: ToldLogin | null
}

const HAS_WORKED: readonly LoginResult[] = ['worked', 'worked_without_code']

/** Puts attempts in order and finds the one that matters: the newest whose end is known. */
export function historyOf(attempts: readonly Attempt[]): History {
  const told = attempts
    .map((attempt) => ({ attempt, result: loginResult(attempt) }))
    .filter(({ result }) => result !== 'untold')
    .sort((one, other) => one.attempt.openedAt - other.attempt.openedAt)
  const newestFirst = told.toReversed()
  const lastGood = newestFirst.findIndex(({ result }) => HAS_WORKED.includes(result))
  return {
    told,
    last: newestFirst[0] ?? null,
    failing: lastGood === -1 ? newestFirst : newestFirst.slice(0, lastGood),
    lastWorked: newestFirst.find(({ result }) => result === 'worked') ?? null,
  }
}

/** From when to when a code of this login may have been sent. */
export type Window = { readonly from: number; readonly to: number }

/** Clocks of portals are off; the same as the default of CLOCK_SKEW_SECONDS. */
export const SKEW_MS = 120_000

/** While the login was under way, give or take the portal's clock. */
export const windowOf = (attempt: Attempt): Window => ({
  from: attempt.openedAt - SKEW_MS,
  to: endOf(attempt) + SKEW_MS,
})

export const isWithin = (at: number, { from, to }: Window): boolean => at >= from && at <= to
