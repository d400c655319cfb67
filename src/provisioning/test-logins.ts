import type { OpenAPIHono, z } from '@hono/zod-openapi'
import type { Connection } from '../domain/connection.ts'
import { Failure } from '../domain/failure.ts'
import { newId } from '../domain/id.ts'
import { AWAITING_LOGIN } from '../domain/status.ts'
import { TEST_WAIT_MS, type TestLogin, type TestLoginFacts, testReport } from '../domain/test-login.ts'
import { type AppEnv, actorOf } from '../http/auth.ts'
import { idempotencyOf } from '../http/idempotency.ts'
import { presentPage } from '../http/page.ts'
import { newRouter } from '../http/router.ts'
import { isoTime, isoTimeOrNull } from '../http/schemas.ts'
import { log } from '../log.ts'
import { findActiveCompany, findConnection } from './access.ts'
import type { LoginExplanation, ProvisioningDeps } from './ports.ts'
import * as api from './test-login-api.ts'

/** Test logins: asked for by a person, followed step by step. */
export function testLoginRoutes(deps: ProvisioningDeps): OpenAPIHono<AppEnv> {
  const { store, now = Date.now } = deps
  const routes = newRouter()

  routes.openapi(api.askTest, async (c) => {
    const connection = await findConnection(deps, c, c.req.valid('param').id)
    await findActiveCompany(deps, c, connection.companyId)
    requireUntriedPassword(connection)
    const caller = c.get('caller')
    const key = c.req.valid('header')['idempotency-key']
    const repeat = idempotencyOf(caller, key, `test of ${connection.id}`, null)
    const at = now()
    const fresh = {
      id: newId(),
      connectionId: connection.id,
      askedAt: at,
      askedBy: actorOf(caller),
      expiresAt: at + TEST_WAIT_MS,
      attemptId: null,
    }
    const test = await store.askTestLogin(fresh, repeat)
    if (test.id === fresh.id) log.testLoginAsked({ testId: test.id, connectionId: connection.id })
    return c.json(present(justAsked(test, connection), null, at), 201)
  })

  routes.openapi(api.listTests, async (c) => {
    const { id } = await findConnection(deps, c, c.req.valid('param').id)
    const request = c.req.valid('query')
    const page = await store.listTestLogins(id, request)
    // The diagnosis looks at the last login only; what became of earlier tests their steps tell.
    const why = page.items.length > 0 ? ((await deps.explainLogin?.(id)) ?? null) : null
    const at = now()
    return c.json(
      presentPage(page, request, (facts) => present(facts, why, at)),
      200,
    )
  })

  return routes
}

/** As it is when it is asked for, and as a repeated request is answered. */
const justAsked = (test: TestLogin, { username, hasPassword }: Connection): TestLoginFacts => ({
  test,
  attempt: null,
  arrivals: [],
  handedAt: null,
  hasCredentials: username !== null || hasPassword,
})

/** Another try with a password that the portal refused may lock the customer out. */
function requireUntriedPassword({ status, statusCause }: Connection): void {
  const isRefused = status === 'PASSWORD_INCORRECT' || status === 'NEW_PASSWORD_NEEDED'
  if (!isRefused || statusCause === AWAITING_LOGIN) return
  const message =
    'The portal refused the password: give the connection new credentials first, as portals lock accounts'
  throw new Failure('conflict', message, { status })
}

function present(
  facts: TestLoginFacts,
  why: LoginExplanation | null,
  now: number,
): z.infer<typeof api.testLoginSchema> {
  const { test } = facts
  const report = testReport(facts, now)
  const isFailed = report.state === 'failed'
  const found = isFailed && why !== null && why.attemptId === test.attemptId ? why : null
  return {
    id: test.id,
    connectionId: test.connectionId,
    state: report.state,
    askedAt: isoTime(test.askedAt),
    expiresAt: isoTime(test.expiresAt),
    attemptId: test.attemptId,
    stoppedAt: report.stoppedAt,
    reason: found?.summary ?? report.reason,
    cause: found?.cause ?? null,
    customer: found?.customer ?? null,
    steps: report.steps.map((step) => ({ ...step, at: isoTimeOrNull(step.at) })),
  }
}
