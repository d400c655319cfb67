import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import { type AppEnv, actorOf, forScopes } from '../http/auth.ts'
import { errorResponse, invalidFields } from '../http/errors.ts'
import { newRouter } from '../http/router.ts'
import { companyParams, instant, isoTime, isoTimeOrNull, jsonBody, jsonResponse } from '../http/schemas.ts'
import { log } from '../log.ts'
import type { Erasure } from '../store/store.ts'
import { findCompany, noCompany } from './access.ts'
import type { ProvisioningDeps } from './ports.ts'

const erasureSchema = z
  .object({
    companyId: z.string(),
    state: z.enum(['running', 'done']),
    startedAt: instant,
    finishedAt: instant.nullable(),
    connections: z.object({ total: z.number().int(), left: z.number().int() }),
  })
  .openapi('Erasure')

const base = { tags: ['companies'], ...forScopes() }
const notFound = errorResponse('no such company')

const eraseCompany = createRoute({
  ...base,
  method: 'delete',
  path: '/v2/company/{companyId}',
  summary: 'Erase a company and all that is known of its customers',
  description:
    'For good. Its keys end at once, its connections are offboarded, and all rows about them go; its addresses stay retired, and the audit log keeps that things happened. Asking again says how far it is.',
  request: {
    params: companyParams,
    ...jsonBody(
      z.strictObject({ name: z.string().openapi({ description: 'the company’s, to the letter' }) }),
    ),
  },
  responses: {
    202: jsonResponse(erasureSchema, 'begun'),
    400: errorResponse('`name` is not the company’s'),
    404: notFound,
  },
})
const getErasure = createRoute({
  ...base,
  method: 'get',
  path: '/v2/company/{companyId}/erasure',
  summary: 'How far the erasure of a company is',
  request: { params: companyParams },
  responses: { 200: jsonResponse(erasureSchema, 'the erasure'), 404: notFound },
})

/** The end of a company's data. Works in the background: see upkeep.ts. */
export function erasureRoutes(deps: ProvisioningDeps): OpenAPIHono<AppEnv> {
  const { store, now = Date.now } = deps
  const routes = newRouter()

  routes.openapi(eraseCompany, async (c) => {
    const company = await findCompany(deps, c, c.req.valid('param').companyId)
    const before = await store.getErasure(company.id)
    if (before) return c.json(present(before), 202)
    if (c.req.valid('json').name !== company.name) {
      throw invalidFields([{ path: 'name', problem: 'must be the name of the company that is to be erased' }])
    }
    const actor = actorOf(c.get('caller'))
    const begun = await store.beginErasure(company.id, { actor, now: now() })
    if (!begun) throw noCompany()
    log.erasureBegun({ companyId: company.id, actor })
    deps.forgetKeys()
    deps.upkeep?.notify()
    return c.json(present(begun), 202)
  })

  routes.openapi(getErasure, async (c) => {
    const company = await findCompany(deps, c, c.req.valid('param').companyId)
    const erasure = await store.getErasure(company.id)
    if (!erasure) throw new Failure('not_found', 'Nobody has asked for the erasure of this company')
    return c.json(present(erasure), 200)
  })

  return routes
}

const present = (erasure: Erasure): z.infer<typeof erasureSchema> => ({
  companyId: erasure.companyId,
  state: erasure.finishedAt === null ? 'running' : 'done',
  startedAt: isoTime(erasure.startedAt),
  finishedAt: isoTimeOrNull(erasure.finishedAt),
  connections: erasure.connections,
})
