import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { CONNECTION_STATUSES, type Connection } from '../domain/connection.ts'
import { Failure } from '../domain/failure.ts'
import { newId } from '../domain/id.ts'
import { type AppEnv, actorOf, forScopes } from '../http/auth.ts'
import { definedOnly } from '../http/body.ts'
import { errorResponse, invalidFields } from '../http/errors.ts'
import { pageQuery, pageSchema, presentPage } from '../http/page.ts'
import { newRouter } from '../http/router.ts'
import { companyParams, idParams, jsonBody, jsonResponse } from '../http/schemas.ts'
import { log } from '../log.ts'
import { findActiveCompany, findCompany, findConnection, noConnection, noteChange } from './access.ts'
import { emailAddress } from './contacts.ts'
import { giveBackNumbers } from './numbers.ts'
import type { ProvisioningDeps, UtilityBook } from './ports.ts'
import { connectionDetailsSchema, connectionSchema, presentConnection, presentSchedule } from './present.ts'

/** The utility id of connections whose portal has no definition; they name its address. */
const OTHER_UTILITY = 'other'

const words = z.array(z.string().trim().min(1).max(200)).max(500)
const changeable = {
  url: z
    .url({ protocol: /^https?$/, error: 'must be a URL with http or https' })
    .max(2000)
    .nullable(),
  country: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{2}$/, 'must be a country code of two letters, such as US')
    .nullable(),
  username: z.string().max(500).nullable(),
  password: z.string().max(2000).nullable(),
  connectionOwnerEmail: emailAddress.nullable(),
  externalId: z.string().trim().min(1).max(200).nullable(),
  initialSites: words,
  utilityTypes: words,
  dataCollectionStartDate: z.iso.date().nullable(),
}

const base = { tags: ['connections'], ...forScopes('company') }
const connection = jsonResponse(connectionSchema, 'the connection')
const notFound = errorResponse('no such thing, or another company’s')

const createConnection = createRoute({
  ...base,
  method: 'post',
  path: '/v2/connection/company/{companyId}',
  summary: 'Create a connection',
  description: 'One login at one utility. `other` with a `url` stands for a utility that has no definition.',
  request: {
    params: companyParams,
    ...jsonBody(
      z.strictObject({ utility: z.string().trim().min(1).max(100), ...z.object(changeable).partial().shape }),
    ),
  },
  responses: {
    201: jsonResponse(connectionSchema, 'the connection, status `PENDING`'),
    404: notFound,
    409: errorResponse('`company_inactive`'),
    422: errorResponse('`unknown_utility` with `details.nearest`'),
  },
})
const listConnections = createRoute({
  ...base,
  method: 'get',
  path: '/v2/connection/company/{companyId}',
  summary: 'The connections of a company',
  request: {
    params: companyParams,
    query: pageQuery.extend({
      status: z.enum(CONNECTION_STATUSES).optional(),
      needsAttention: z
        .enum(['true', 'false'])
        .optional()
        .openapi({ description: '`true`: only those where somebody has to act' }),
    }),
  },
  responses: { 200: jsonResponse(pageSchema(connectionSchema), 'connections'), 404: notFound },
})
const getConnection = createRoute({
  ...base,
  method: 'get',
  path: '/v2/connection/{id}/details',
  summary: 'A connection, and when its next login is due',
  request: { params: idParams },
  responses: {
    200: jsonResponse(connectionDetailsSchema, 'the connection with its `schedule`'),
    404: notFound,
  },
})
const updateConnection = createRoute({
  ...base,
  method: 'patch',
  path: '/v2/connection/{id}',
  summary: 'Change a connection',
  description: 'New credentials, for example. `null` clears a field; one left out stays.',
  request: { params: idParams, ...jsonBody(z.strictObject(changeable).partial()) },
  responses: { 200: connection, 404: notFound },
})
const deleteConnection = createRoute({
  ...base,
  method: 'delete',
  path: '/v2/connection/{id}',
  summary: 'Offboard a connection',
  description: 'Credentials and message bodies go; its addresses and numbers stay retired for good.',
  request: { params: idParams },
  responses: { 204: { description: 'gone' }, 404: notFound },
})

/** Connections: one customer's login at one utility. */
export function connectionRoutes(deps: ProvisioningDeps): OpenAPIHono<AppEnv> {
  const { store, utilities, now = Date.now } = deps
  const present = (one: Connection) => presentConnection(one, utilities.find(one.utility)?.name)
  const routes = newRouter()

  routes.openapi(createConnection, async (c) => {
    const company = await findActiveCompany(deps, c, c.req.valid('param').companyId)
    const { username = null, password = null, utility, ...given } = c.req.valid('json')
    requireUtility(utilities, utility, given.url ?? null)
    const fresh = newConnection(
      { ...definedOnly(given), utility, companyId: company.id, username },
      password,
      now(),
    )
    await store.createConnection(fresh, { username, password })
    log.connectionCreated({ connectionId: fresh.id, companyId: company.id, utility })
    return c.json(present(fresh), 201)
  })

  routes.openapi(listConnections, async (c) => {
    const company = await findCompany(deps, c, c.req.valid('param').companyId)
    const { status, needsAttention, ...request } = c.req.valid('query')
    const filter = {
      companyId: company.id,
      ...(status ? { status } : {}),
      ...(needsAttention === 'true' ? { needsAttention: true } : {}),
    }
    return c.json(presentPage(await store.listConnections(filter, request), request, present), 200)
  })

  routes.openapi(getConnection, async (c) => {
    const found = await findConnection(deps, c, c.req.valid('param').id)
    const at = now()
    const plan = await store.getLoginPlan(found.id, at)
    if (!plan) throw noConnection()
    return c.json({ ...present(found), schedule: presentSchedule(found, plan, at) }, 200)
  })

  routes.openapi(updateConnection, async (c) => {
    const before = await findConnection(deps, c, c.req.valid('param').id)
    const change = definedOnly(c.req.valid('json'))
    if (change.url === null) requireUtility(utilities, before.utility, null)
    const updated = await store.updateConnection(before.id, change, now())
    if (!updated) throw noConnection()
    const secrets = ['username', 'password'].filter((name) => name in change)
    if (secrets.length > 0) await noteChange(deps, c, 'credentials.changed', before.id, secrets.join(', '))
    return c.json(present(updated), 200)
  })

  routes.openapi(deleteConnection, async (c) => {
    const { id } = await findConnection(deps, c, c.req.valid('param').id)
    if (!(await store.deleteConnection(id, now()))) throw noConnection()
    log.connectionRemoved({ connectionId: id, actor: actorOf(c.get('caller')) })
    await noteChange(deps, c, 'connection.removed', id)
    await giveBackNumbers(deps)
    return c.body(null, 204)
  })

  return routes
}

function requireUtility(utilities: UtilityBook, id: string, url: string | null): void {
  if (id === OTHER_UTILITY) {
    if (url === null) throw invalidFields([{ path: 'url', problem: 'is needed where utility is "other"' }])
    return
  }
  if (utilities.find(id)) return
  const nearest = utilities.nearest(id)
  const hint = nearest.length > 0 ? ` Nearest: ${nearest.join(', ')}.` : ''
  const message = `There is no utility "${id}".${hint} "${OTHER_UTILITY}" with a url stands for one without a definition`
  throw new Failure('unknown_utility', message, { utility: id, nearest: [...nearest] })
}

type Given = Pick<Connection, 'companyId' | 'utility' | 'username'> & Partial<Connection>

const newConnection = (given: Given, password: string | null, at: number): Connection => ({
  id: newId(),
  url: null,
  country: null,
  externalId: null,
  connectionOwnerEmail: null,
  initialSites: [],
  utilityTypes: [],
  dataCollectionStartDate: null,
  ...given,
  hasPassword: password !== null,
  mfaMethod: null,
  inboxAddresses: [],
  status: 'PENDING',
  statusFirstSeenAt: at,
  statusLastUpdateAt: at,
  statusErrorDetail: null,
  statusCause: null,
  statusSuggestion: null,
  version: 1,
  createdAt: at,
  updatedAt: at,
})
