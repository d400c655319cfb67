import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { type ApiKey, hashApiKey, KEY_SCOPES, newApiKey } from '../domain/api-key.ts'
import { Failure } from '../domain/failure.ts'
import { newId } from '../domain/id.ts'
import { type AppEnv, actorOf, forScopes } from '../http/auth.ts'
import { errorResponse, invalidFields } from '../http/errors.ts'
import { pageQuery, pageSchema, presentPage } from '../http/page.ts'
import { newRouter } from '../http/router.ts'
import { idParams, instant, isoTime, isoTimeOrNull, jsonBody, jsonResponse } from '../http/schemas.ts'
import type { ProvisioningDeps } from './ports.ts'

const keySchema = z
  .object({
    id: z.string(),
    scope: z.enum(KEY_SCOPES),
    companyId: z.string().nullable(),
    label: z.string().nullable(),
    createdAt: instant,
    revokedAt: instant.nullable(),
  })
  .openapi('ApiKey')
const auditSchema = z
  .object({
    id: z.string(),
    at: instant,
    actor: z.string(),
    action: z.string(),
    subject: z.string(),
    detail: z.string().nullable(),
  })
  .openapi('AuditEntry')

const base = { tags: ['administration'], ...forScopes() }

const createKey = createRoute({
  ...base,
  method: 'post',
  path: '/v2/key',
  summary: 'Make an API key',
  description: 'The key itself is shown this once; only its hash is kept.',
  request: jsonBody(
    z.strictObject({
      scope: z.enum(KEY_SCOPES),
      companyId: z.string().min(1).max(100).optional().openapi({ description: 'needed for scope `company`' }),
      label: z.string().trim().min(1).max(200).optional(),
    }),
  ),
  responses: { 201: jsonResponse(keySchema.extend({ key: z.string() }).openapi('NewApiKey'), 'the key') },
})
const listKeys = createRoute({
  ...base,
  method: 'get',
  path: '/v2/key',
  summary: 'All API keys, never the keys themselves',
  request: { query: pageQuery },
  responses: { 200: jsonResponse(pageSchema(keySchema), 'keys') },
})
const revokeKey = createRoute({
  ...base,
  method: 'delete',
  path: '/v2/key/{id}',
  summary: 'Make a key useless',
  description: 'At once on this node, within seconds on others.',
  request: { params: idParams },
  responses: { 204: { description: 'revoked' }, 404: errorResponse('no such key, or revoked before') },
})
const listAudit = createRoute({
  ...base,
  method: 'get',
  path: '/v2/audit',
  summary: 'Who saw or changed what, newest first',
  request: { query: pageQuery.extend({ subject: z.string().min(1).max(200).optional() }) },
  responses: { 200: jsonResponse(pageSchema(auditSchema), 'entries') },
})

/** API keys and the audit log, for administrators. */
export function keyRoutes(deps: ProvisioningDeps): OpenAPIHono<AppEnv> {
  const { store, now = Date.now } = deps
  const note = (actor: string, action: string, subject: string, detail: string | null) =>
    store.writeAudit({ id: newId(), at: now(), actor, action, subject, detail })
  const routes = newRouter()

  routes.openapi(createKey, async (c) => {
    const { scope, companyId = null, label = null } = c.req.valid('json')
    await checkBinding(deps, scope, companyId)
    const key = newApiKey()
    const fresh: ApiKey = { id: newId(), scope, companyId, label, createdAt: now(), revokedAt: null }
    await store.createApiKey(fresh, hashApiKey(key))
    await note(actorOf(c.get('caller')), 'key.created', `key:${fresh.id}`, scope)
    return c.json({ ...presentKey(fresh), key }, 201)
  })

  routes.openapi(listKeys, async (c) => {
    const request = c.req.valid('query')
    const keys = await store.listApiKeys()
    const items = keys.slice((request.page - 1) * request.limit, request.page * request.limit)
    return c.json(presentPage({ total: keys.length, items }, request, presentKey), 200)
  })

  routes.openapi(revokeKey, async (c) => {
    const { id } = c.req.valid('param')
    if (!(await store.revokeApiKey(id, now()))) throw new Failure('not_found', 'There is no such key in use')
    deps.forgetKeys()
    await note(actorOf(c.get('caller')), 'key.revoked', `key:${id}`, null)
    return c.body(null, 204)
  })

  routes.openapi(listAudit, async (c) => {
    const { subject, ...request } = c.req.valid('query')
    const page = await store.listAudit(subject === undefined ? {} : { subject }, request)
    return c.json(
      presentPage(page, request, (entry) => ({ ...entry, at: isoTime(entry.at) })),
      200,
    )
  })

  return routes
}

/** Company keys see one company, runner keys may be narrowed to one; the others stand above companies. */
async function checkBinding(
  { store }: ProvisioningDeps,
  scope: ApiKey['scope'],
  companyId: string | null,
): Promise<void> {
  const complain = (problem: string) => invalidFields([{ path: 'companyId', problem }])
  if (companyId === null) {
    if (scope === 'company') throw complain('is needed for a key of scope "company"')
    return
  }
  if (scope === 'admin' || scope === 'inbound') throw complain(`is not possible for scope "${scope}"`)
  if (!(await store.getCompany(companyId))) throw complain('names no company')
}

const presentKey = (key: ApiKey): z.infer<typeof keySchema> => ({
  id: key.id,
  scope: key.scope,
  companyId: key.companyId,
  label: key.label,
  createdAt: isoTime(key.createdAt),
  revokedAt: isoTimeOrNull(key.revokedAt),
})
