import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { ATTEMPT_LIMIT_SECONDS, ATTEMPT_SECONDS, type Attempt } from '../domain/attempt.ts'
import type { Connection } from '../domain/connection.ts'
import { Failure } from '../domain/failure.ts'
import { newId } from '../domain/id.ts'
import { brokeOnCode } from '../domain/login-result.ts'
import { presentAttempt } from '../http/attempts.ts'
import { type AppEnv, actorOf, canSee } from '../http/auth.ts'
import { definedOnly } from '../http/body.ts'
import type { Answer } from '../http/errors.ts'
import { idempotencyOf } from '../http/idempotency.ts'
import { park } from '../http/park.ts'
import { addLeanRoute, newRouter, readRequest } from '../http/router.ts'
import { log } from '../log.ts'
import type { AttemptStore, FactorStore, ProvisioningStore, TotpResult } from '../store/store.ts'
import type { Wakeup } from '../wakeup/wakeup.ts'
import * as api from './definitions.ts'
import { attemptTopic, type WaitResult } from './desks.ts'
import { presentCode, presentOutcome, presentSeen } from './present.ts'
import type { TotpCodes } from './totp.ts'
import type { Waiters } from './waiters.ts'

export type RunnerDeps = {
  readonly store: AttemptStore &
    Pick<FactorStore, 'prefersTotp' | 'readAnswer'> &
    Pick<ProvisioningStore, 'getConnection' | 'getCompany'>
  readonly waiters: Pick<Waiters, 'wait'>
  readonly totp: Pick<TotpCodes, 'wait'>
  readonly wakeup: Pick<Wakeup, 'notify'>
  /** Finds out why a login broke; returns at once. */
  readonly diagnose?: (connectionId: string) => void
  readonly now?: () => number
}

/** More messages than this during one login say nothing new. */
const SEEN_LIMIT = 50

/** The login runner's API: open an attempt, wait for the code, say how it ended. */
export function runnerRoutes(deps: RunnerDeps): OpenAPIHono<AppEnv> {
  const routes = newRouter()
  addLifeOfAttempt(routes, deps)
  addFactors(routes, deps)
  return routes
}

function addLifeOfAttempt(routes: OpenAPIHono<AppEnv>, deps: RunnerDeps): void {
  const { store, wakeup, now = Date.now } = deps

  routes.openapi(api.openAttempt, async (c) => {
    const { id } = c.req.valid('param')
    const { runner = null, purpose = 'login' } = c.req.valid('json') ?? {}
    const connection = await findConnection(deps, c, id)
    await requireActiveCompany(deps, connection)
    const key = c.req.valid('header')['idempotency-key']
    const repeat = idempotencyOf(c.get('caller'), key, `attempt of ${id}`, { runner, purpose })
    const fresh = newAttempt(id, runner, purpose, now())
    const attempt = await store.openAttempt(fresh, repeat)
    if (attempt.id === fresh.id) log.attemptOpened({ attemptId: attempt.id, connectionId: id, purpose })
    return c.json(presentAttempt(attempt), 201)
  })

  routes.openapi(api.getAttempt, async (c) => {
    const { attempt } = await findAttempt(deps, c, c.req.valid('param').id)
    const seen = await store.listSeen(attempt.id, SEEN_LIMIT)
    return c.json({ ...presentAttempt(attempt), seen: seen.map(presentSeen) }, 200)
  })

  routes.openapi(api.extendAttempt, async (c) => {
    const { attempt } = await findAttempt(deps, c, c.req.valid('param').id)
    const at = now()
    const wanted = Math.max(attempt.expiresAt, at + c.req.valid('json').seconds * 1000)
    const expiresAt = Math.min(wanted, attempt.openedAt + ATTEMPT_LIMIT_SECONDS * 1000)
    const extended = await store.extendAttempt(attempt.id, { expiresAt, now: at })
    if (!extended) throw noAttempt()
    wakeup.notify(attemptTopic(attempt.id))
    return c.json(presentAttempt(extended), 200)
  })

  routes.openapi(api.reportOutcome, async (c) => {
    const { attempt } = await findAttempt(deps, c, c.req.valid('param').id)
    const outcome = definedOnly(c.req.valid('json'))
    const key = c.req.valid('header')['idempotency-key']
    const repeat = idempotencyOf(c.get('caller'), key, `outcome of ${attempt.id}`, outcome)
    const closed = await store.closeAttempt(attempt.id, outcome, now(), repeat)
    if (!closed) throw noAttempt()
    wakeup.notify(attemptTopic(attempt.id))
    const { status = null, code = null } = outcome
    log.attemptClosed({ attemptId: attempt.id, connectionId: attempt.connectionId, status, code })
    if (brokeOnCode(closed.attempt)) deps.diagnose?.(attempt.connectionId)
    return c.json(presentOutcome(closed.attempt, closed.connection), 200)
  })
}

function addFactors(routes: OpenAPIHono<AppEnv>, deps: RunnerDeps): void {
  const { store, waiters, totp, now = Date.now } = deps

  addLeanRoute(routes, api.waitForCode, async (c) => {
    const { attempt, sources } = await findAttempt(deps, c, c.req.param('id') ?? '')
    const { wait, after, factor } = readRequest(api.waitQuery, c.req.query())
    requireOpen(attempt, now())
    const isTotp = factor === undefined ? await store.prefersTotp(attempt.connectionId) : factor === 'totp'
    const request = {
      attemptId: attempt.id,
      ...(after === undefined ? {} : { after }),
      actor: actorOf(c.get('caller')),
      waitMs: wait * 1000,
    }
    const { expiresAt } = attempt
    const present = presenter(attempt)
    const channel = factor === undefined || factor === 'totp' ? {} : { channel: factor }
    return park<WaitResult | TotpResult>(c, {
      work: (onGone) =>
        isTotp
          ? totp.wait({ ...request, onGone })
          : waiters.wait({ ...request, ...channel, sources, expiresAt, onGone }),
      present,
    })
  })

  routes.openapi(api.answerQuestion, async (c) => {
    const { attempt } = await findAttempt(deps, c, c.req.valid('param').id)
    const { question } = c.req.valid('json')
    const result = await store.readAnswer(attempt.id, question, {
      actor: actorOf(c.get('caller')),
      now: now(),
    })
    if (!result) throw noAttempt()
    if (result.kind === 'over') throw attemptOver(attempt)
    if (result.kind === 'answer') return c.json({ question, answer: result.answer }, 200)
    const { questions } = result
    throw new Failure('not_found', 'No answer is known to this question', { questions })
  })
}

/** Made here, so that a request that waits holds on to this little and not to all that its handler knew. */
function presenter({ id, expiresAt, closedAt }: Attempt): (result: WaitResult | TotpResult) => Answer {
  return (result) => {
    if (result.kind === 'over') throw attemptOver({ id, expiresAt, closedAt })
    return result.kind === 'code'
      ? { status: 200, body: presentCode(result.code) }
      : { status: 204, body: null }
  }
}

const newAttempt = (
  connectionId: string,
  runner: string | null,
  purpose: Attempt['purpose'],
  openedAt: number,
): Attempt => ({
  id: newId(),
  connectionId,
  runner,
  purpose,
  openedAt,
  expiresAt: openedAt + ATTEMPT_SECONDS * 1000,
  closedAt: null,
  outcome: null,
})

async function findConnection(deps: RunnerDeps, c: Context<AppEnv>, id: string): Promise<Connection> {
  const connection = await deps.store.getConnection(id)
  if (!connection || !canSee(c.get('caller'), connection.companyId))
    throw new Failure('not_found', 'There is no such connection')
  return connection
}

async function requireActiveCompany({ store }: RunnerDeps, { companyId }: Connection): Promise<void> {
  const company = await store.getCompany(companyId)
  if (!company?.isActive) throw new Failure('company_inactive', 'The company is deactivated: no logins')
}

async function findAttempt(deps: RunnerDeps, c: Context<AppEnv>, id: string) {
  const found = await deps.store.getAttempt(id)
  if (!found) throw noAttempt()
  // Most runner keys are bound to no company; those need no second read.
  if (c.get('caller').companyId !== null) {
    const connection = await deps.store.getConnection(found.attempt.connectionId)
    if (!connection || !canSee(c.get('caller'), connection.companyId)) throw noAttempt()
  }
  return found
}

const noAttempt = (): Failure => new Failure('not_found', 'There is no such attempt')

const attemptOver = ({ id, expiresAt, closedAt }: Pick<Attempt, 'id' | 'expiresAt' | 'closedAt'>): Failure =>
  new Failure('attempt_over', 'The attempt is over; open another', {
    attemptId: id,
    expiresAt,
    ...(closedAt === null ? {} : { closedAt }),
  })

function requireOpen(attempt: Attempt, now: number): void {
  if (attempt.closedAt !== null || attempt.expiresAt <= now) throw attemptOver(attempt)
}
