import type { Outcome } from '../../src/domain/attempt.ts'
import type { Connection } from '../../src/domain/connection.ts'
import { newId } from '../../src/domain/id.ts'
import type { Customer } from './customer.ts'
import { newCode, type Post, sendCode } from './portal.ts'
import type { Random } from './random.ts'
import type { Weather } from './troubles.ts'
import type { World } from './world.ts'

const SECOND = 1_000
const MINUTE = 60_000
/** So long runners wait for a code; one that gives up early waits a minute. */
const WAIT_MS = 5 * MINUTE
const CODE_LIVES_MS = 10 * MINUTE
const ATTEMPT_MS = 10 * MINUTE

type Told = { readonly outcome: Outcome; readonly at: number }

/** One login at `at`: the portal behaves as the weather has it, the runner tells how it ended. */
export async function logIn(
  world: World,
  random: Random,
  customer: Customer,
  weather: Weather,
  at: number,
): Promise<Connection> {
  const attemptId = newId()
  await world.store.openAttempt({
    id: attemptId,
    connectionId: customer.connectionId,
    runner: 'year',
    purpose: 'login',
    openedAt: at,
    expiresAt: at + ATTEMPT_MS,
    closedAt: null,
    outcome: null,
  })
  const posts = postsOf(random, weather, at)
  const told =
    withoutCode(customer, weather, at) ??
    (await withCode(world, random, customer, weather, { attemptId, at, posts }))
  const closed = await world.store.closeAttempt(attemptId, told.outcome, told.at)
  // What was on its way then still comes.
  for (const post of posts.filter(({ receivedAt }) => receivedAt > at + waitOf(weather))) {
    if (weather.asks === 'code' && weather.outage === 'none')
      await sendCode(world, random, customer, weather, post)
  }
  if (!closed) throw new Error('the attempt is gone')
  return closed.connection
}

const waitOf = ({ runner }: Weather): number => (runner === 'gives_up' ? MINUTE : WAIT_MS)

/** What the portal sends for this login, oldest first. */
function postsOf(random: Random, weather: Weather, at: number): Post[] {
  const post = (sentAt: number, delayMs: number): Post => ({
    code: newCode(random),
    sentAt,
    receivedAt: sentAt + delayMs,
  })
  const asked = at + 10 * SECOND
  return [
    ...(weather.strayBeforeMs > 0
      ? [post(at - weather.strayBeforeMs, weather.strayBeforeMs + 5 * SECOND)]
      : []),
    post(asked, weather.delayMs),
    ...(weather.resendAfterMs > 0 ? [post(asked + weather.resendAfterMs, weather.delayMs)] : []),
  ]
}

/** Logins that end before a code matters, or where it does not come by message. */
function withoutCode({ way }: Customer, weather: Weather, at: number): Told | null {
  const told = (outcome: Outcome): Told => ({ outcome, at: at + 30 * SECOND })
  switch (weather.outage) {
    case 'website_down':
      return told({ status: 'WEBSITE_DOWN' })
    case 'password_changed':
      return told({ status: 'PASSWORD_INCORRECT' })
    case 'locked':
      return told({ status: 'OTHER_ERROR', detail: 'This account is locked' })
  }
  if (weather.asks === 'nothing') return told({ status: 'CONNECTED', code: 'not_requested' })
  if (weather.asks === 'captcha')
    return told({ status: 'MFA_TOKEN_EXPIRED', code: 'not_requested', detail: 'CAPTCHA' })
  if (way === 'automatic' && weather.sends) return told({ status: 'CONNECTED', code: 'not_requested' })
  if (way === 'questions' || way === 'app' || way === 'automatic') {
    if (!weather.sends) return told({ status: 'MFA_TOKEN_EXPIRED', code: 'not_received' })
    return told(
      weather.refuses
        ? { status: 'MFA_TOKEN_EXPIRED', code: 'rejected' }
        : { status: 'CONNECTED', code: 'accepted' },
    )
  }
  return null
}

type Run = { readonly attemptId: string; readonly at: number; readonly posts: readonly Post[] }

async function withCode(
  world: World,
  random: Random,
  customer: Customer,
  weather: Weather,
  { attemptId, at, posts }: Run,
): Promise<Told> {
  const end = at + waitOf(weather)
  let typed: { code: string; at: number } | null = null
  for (const post of posts.filter(({ receivedAt }) => receivedAt <= end)) {
    await sendCode(world, random, customer, weather, post)
    typed ??= await claim(world, weather, attemptId, post.receivedAt + SECOND)
  }
  if (!typed) return { outcome: { status: 'MFA_TOKEN_EXPIRED', code: 'not_received' }, at: end }
  // Long enough that a portal that resends has done so.
  const typedAt = typed.at + (weather.runner === 'types_late' ? 12 * MINUTE : 30 * SECOND)
  const newest = posts.filter(({ sentAt }) => sentAt <= typedAt).at(-1)
  const isRight = newest?.code === typed.code && typedAt <= newest.sentAt + CODE_LIVES_MS && !weather.refuses
  const outcome: Outcome = isRight
    ? { status: 'CONNECTED', code: 'accepted' }
    : { status: 'MFA_TOKEN_EXPIRED', code: 'rejected' }
  return { outcome, at: typedAt }
}

async function claim(
  { store }: World,
  { runner }: Weather,
  attemptId: string,
  now: number,
): Promise<{ code: string; at: number } | null> {
  if (runner === 'ignores') return null
  const offerCandidates = runner !== 'refuses_candidates'
  const claimed = await store.claimCode(attemptId, { now, clockSkewMs: 120_000, offerCandidates }, 'year')
  return claimed.kind === 'code' ? { code: claimed.code.code, at: now } : null
}
