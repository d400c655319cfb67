import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import { type AppEnv, canSee, forScopes } from '../http/auth.ts'
import { errorResponse } from '../http/errors.ts'
import { newRouter } from '../http/router.ts'
import { idParams, jsonResponse } from '../http/schemas.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'
import type { Setting } from './diagnosis/diagnosis.ts'
import { type DiagnosisStore, HISTORY_MS } from './facts.ts'
import { triage } from './triage.ts'
import { presentTriage, triageSchema } from './triage-schema.ts'

/** What the triage is handed by assemble.ts. */
export type TriageDeps = {
  readonly store: DiagnosisStore
  /** Definitions may be reloaded while we run. */
  readonly findUtility: (id: string) => UtilityDefinition | undefined
  readonly providerOf: Setting['providerOf']
  readonly now?: () => number
}

const getTriage = createRoute({
  tags: ['support'],
  ...forScopes('company'),
  method: 'get',
  path: '/v2/connection/{id}/triage',
  summary: 'Why the login broke, and what to do',
  description:
    'The diagnosis of the last login, the questions for the customer with those filled in that we can answer, and the ladder. Reads only: the status stays as it is.',
  request: { params: idParams },
  responses: {
    200: jsonResponse(triageSchema, 'the triage'),
    404: errorResponse('no such connection, or another company’s'),
  },
})

/** `GET /v2/connection/{id}/triage`. */
export function triageRoutes({
  store,
  findUtility,
  providerOf,
  now = Date.now,
}: TriageDeps): OpenAPIHono<AppEnv> {
  const routes = newRouter()
  routes.openapi(getTriage, async (c) => {
    const { id } = c.req.valid('param')
    const at = now()
    const facts = await store.loadFacts(id, at - HISTORY_MS)
    if (!facts || !canSee(c.get('caller'), facts.connection.companyId)) {
      throw new Failure('not_found', 'There is no such connection')
    }
    const utility = findUtility(facts.connection.utility)
    return c.json(presentTriage(facts, triage(facts, { now: at, utility, providerOf })), 200)
  })
  return routes
}
