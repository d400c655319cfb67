import type { Attempt } from './attempt.ts'
import type { CodeState } from './code.ts'
import type { ExtractionKind } from './extraction.ts'
import { loginResult } from './login-result.ts'
import { STATUS_BOOK } from './status-book.ts'
import type { VerdictLevel } from './verdict.ts'

/*
 * A login that somebody asks for to see whether codes come through. It is followed step by step; where it stops is
 * where the way is broken. Pure: everything is read from what was stored anyway.
 */

/** How long a test waits for a runner. */
export const TEST_WAIT_MS = 15 * 60_000

/** The way of a code, in order. */
export const TEST_STEPS = [
  'asked',
  'taken',
  'sent',
  'arrived',
  'trusted',
  'read',
  'claimed',
  'accepted',
] as const
export type TestStepName = (typeof TEST_STEPS)[number]

/** `skipped`: it does not apply here, as to codes that nobody sends. */
export type TestStep = {
  readonly step: TestStepName
  readonly state: 'done' | 'waiting' | 'stopped' | 'skipped'
  readonly at: number | null
  /** A sentence for people. */
  readonly text: string
}

export const TEST_STATES = [
  'waiting',
  'running',
  'passed',
  'passed_without_code',
  'failed',
  'not_taken',
] as const
export type TestState = (typeof TEST_STATES)[number]

/** As it was asked for. Instants in ms UTC. */
export type TestLogin = {
  readonly id: string
  readonly connectionId: string
  readonly askedAt: number
  readonly askedBy: string
  /** Until then a runner may take it. */
  readonly expiresAt: number
  /** The login that it became. */
  readonly attemptId: string | null
}

/** A message that came while the test ran. */
export type TestArrival = {
  readonly messageId: string
  readonly sentAt: number
  readonly receivedAt: number
  readonly verdict: VerdictLevel
  readonly isReleased: boolean
  readonly extraction: ExtractionKind
  /** As support reads it; see `seen[]` of an attempt. */
  readonly text: string
  readonly code: {
    readonly state: CodeState
    readonly claimedAt: number | null
    readonly isOurs: boolean
  } | null
}

export type TestLoginFacts = {
  readonly test: TestLogin
  readonly attempt: Attempt | null
  /** Oldest first. */
  readonly arrivals: readonly TestArrival[]
  /** When a code of an authenticator was handed to it, or one that was typed in. */
  readonly handedAt: number | null
  /** Whether we hold what a login types first, so that a lease can hand it out. */
  readonly hasCredentials: boolean
}

export type TestReport = {
  readonly state: TestState
  readonly stoppedAt: TestStepName | null
  /** What the runner said of it, or what else is known; null while it runs, and where it passed. */
  readonly reason: string | null
  readonly steps: readonly TestStep[]
}

/** How far a test came, at `now`. */
export function testReport(facts: TestLoginFacts, now: number): TestReport {
  const state = stateOf(facts, now)
  const isOpen = state === 'waiting' || state === 'running'
  const reached = reachedSteps(facts)
  const first = TEST_STEPS.findIndex((name) => reached[name] === undefined)
  const steps = TEST_STEPS.map((step, index): TestStep => {
    const done = reached[step]
    if (done) return { step, ...done }
    if (state === 'passed_without_code') return { step, ...skipped('The portal asked for no code.') }
    if (state === 'passed') return { step, ...skipped('The login worked without it.') }
    if (index > first || isOpen) return { step, state: 'waiting', at: null, text: AHEAD[step] }
    return { step, state: 'stopped', at: null, text: stopText(step, facts) }
  })
  const stoppedAt = isOpen || state.startsWith('passed') ? null : (TEST_STEPS[first] ?? null)
  return { state, stoppedAt, reason: stoppedAt === null ? null : reasonOf(facts, stoppedAt), steps }
}

function stateOf({ test, attempt }: TestLoginFacts, now: number): TestState {
  if (!attempt) return test.expiresAt <= now ? 'not_taken' : 'waiting'
  if (attempt.closedAt === null && attempt.expiresAt > now) return 'running'
  const result = loginResult(attempt)
  if (result === 'worked') return 'passed'
  return result === 'worked_without_code' ? 'passed_without_code' : 'failed'
}

type Reached = { readonly state: 'done' | 'skipped'; readonly at: number | null; readonly text: string }
type ReachedSteps = Partial<Record<TestStepName, Reached>>

function reachedSteps(facts: TestLoginFacts): ReachedSteps {
  const { test, attempt, handedAt } = facts
  const asked: ReachedSteps = { asked: done(test.askedAt, 'A test login was asked for.') }
  if (!attempt) return asked
  const by = attempt.runner ? ` by ${attempt.runner}` : ''
  const taken: ReachedSteps = { ...asked, taken: done(attempt.openedAt, `The login was begun${by}.`) }
  const accepted = loginResult(attempt) === 'worked' ? ACCEPTED(attempt) : {}
  if (handedAt !== null) return { ...taken, ...NOT_SENT, claimed: done(handedAt, CLAIMED), ...accepted }
  const arrival = furthest(facts.arrivals)
  return { ...taken, ...(arrival ? stepsOf(arrival) : {}), ...accepted }
}

const done = (at: number, text: string): Reached => ({ state: 'done', at, text })
const skipped = (text: string): Reached => ({ state: 'skipped', at: null, text })
const CLAIMED = 'The code was handed to the login.'
const ACCEPTED = ({ closedAt }: Attempt): ReachedSteps =>
  closedAt === null ? {} : { accepted: done(closedAt, 'The portal took the code.') }
/** Codes that are computed, or typed in by hand, come no way that could be tested. */
const NOT_SENT: ReachedSteps = Object.fromEntries(
  (['sent', 'arrived', 'trusted', 'read'] as const).map((name) => [
    name,
    skipped('This code was not sent to the relay.'),
  ]),
)

/** The message that came furthest; of several, the last. */
const furthest = (arrivals: readonly TestArrival[]): TestArrival | undefined =>
  arrivals.toSorted((a, b) => rank(a) - rank(b)).at(-1)
const rank = (arrival: TestArrival): number => Object.keys(stepsOf(arrival)).length

function stepsOf(arrival: TestArrival): ReachedSteps {
  const { sentAt, receivedAt, verdict, isReleased, code } = arrival
  const steps: ReachedSteps = {
    sent: done(sentAt, 'The message bears this time.'),
    arrived: done(receivedAt, 'A message came to the relay.'),
  }
  if (verdict === 'untrusted' && !isReleased) return steps
  steps.trusted = done(
    receivedAt,
    verdict === 'candidate'
      ? 'Its sender is authenticated, but new to this connection.'
      : 'Its sender is believed.',
  )
  if (arrival.extraction !== 'code') return steps
  steps.read = done(receivedAt, 'A code was read in it.')
  if (code?.isOurs) steps.claimed = done(code.claimedAt ?? receivedAt, CLAIMED)
  return steps
}

const AHEAD: Readonly<Record<TestStepName, string>> = {
  asked: 'A test login is asked for.',
  taken: 'A login runner is to begin it.',
  sent: 'The portal is to send a code.',
  arrived: 'The code is to come to the relay.',
  trusted: 'Its sender is to be believed.',
  read: 'The code is to be read.',
  claimed: 'The code is to be handed to the login.',
  accepted: 'The portal is to take the code.',
}

function stopText(step: TestStepName, { arrivals, attempt, hasCredentials }: TestLoginFacts): string {
  switch (step) {
    case 'taken':
      return hasCredentials
        ? 'No login runner took it in time.'
        : 'No login runner took it in time; without user name and password here, one has to begin it by itself.'
    case 'sent':
      return attempt?.outcome?.code === 'not_requested'
        ? 'The portal was not asked for a code.'
        : 'No message came to the relay while the login ran.'
    case 'trusted':
    case 'read':
    case 'claimed':
      return furthest(arrivals)?.text ?? AHEAD[step]
    case 'accepted':
      return attempt?.outcome?.code === 'rejected'
        ? 'The portal refused the code.'
        : 'It was not told whether the portal took the code.'
    default:
      return AHEAD[step]
  }
}

/** The runner's own words go first: it saw the portal. */
function reasonOf(facts: TestLoginFacts, stoppedAt: TestStepName): string {
  const { attempt } = facts
  if (!attempt) return stopText(stoppedAt, facts)
  const { outcome } = attempt
  if (outcome === null) return `The runner did not say how the login ended. ${stopText(stoppedAt, facts)}`
  if (loginResult(attempt) !== 'other') return stopText(stoppedAt, facts)
  const status = outcome.status ? `The login ended as ${STATUS_BOOK[outcome.status].displayName}` : 'It ended'
  return `${status}${outcome.detail ? `: ${outcome.detail}` : ', for a reason that is not about codes.'}`
}
