import { randomBytes } from 'node:crypto'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { getDomain } from 'tldts'
import { parseEmailAddress } from '../domain/address.ts'
import type { Company } from '../domain/connection.ts'
import { Failure } from '../domain/failure.ts'
import { newId } from '../domain/id.ts'
import { type AppEnv, forScopes } from '../http/auth.ts'
import { definedOnly } from '../http/body.ts'
import { errorResponse } from '../http/errors.ts'
import { pageQuery, pageSchema, presentPage } from '../http/page.ts'
import { newRouter } from '../http/router.ts'
import { companyParams, jsonBody, jsonResponse } from '../http/schemas.ts'
import { log } from '../log.ts'
import { findCompany, noCompany } from './access.ts'
import { emailAddress } from './contacts.ts'
import type { ProvisioningDeps } from './ports.ts'
import { companySchema, presentCompany } from './present.ts'

const name = z.string().trim().min(1).max(200)
const externalId = z.string().trim().min(1).max(200).nullable()
const contactEmail = emailAddress
  .nullable()
  .openapi({ description: 'who is told by mail what needs somebody: logins that break, copies that fail' })
const notices = z.boolean().openapi({ description: '`false`: nobody is told by mail' })
const features = z.strictObject({ smsRelay: z.boolean().optional() })
const vouchedDomains = z
  .array(
    z
      .string()
      .trim()
      .toLowerCase()
      .refine((value) => isOwnDomain(value), 'must be a domain name that one company can own'),
  )
  .max(50)
  .openapi({ description: 'address domains of its own: recipients there start confirmed' })
/** A name under which others cannot register: vouching for `com` would vouch for everybody. */
const isOwnDomain = (value: string): boolean =>
  parseEmailAddress(`x@${value}`) === `x@${value}` && getDomain(value, { allowPrivateDomains: true }) !== null
const company = jsonResponse(companySchema, 'the company')
const notFound = errorResponse('no such company')
const base = { tags: ['companies'] }

const createCompany = createRoute({
  ...base,
  ...forScopes(),
  method: 'post',
  path: '/v2/company',
  summary: 'Create a company',
  request: jsonBody(
    z.strictObject({
      name,
      externalId: externalId.optional(),
      contactEmail: contactEmail.optional(),
      features: features.optional(),
    }),
  ),
  responses: { 201: company },
})
const listCompanies = createRoute({
  ...base,
  ...forScopes(),
  method: 'get',
  path: '/v2/company',
  summary: 'All companies',
  request: { query: pageQuery },
  responses: { 200: jsonResponse(pageSchema(companySchema), 'companies') },
})
const getCompany = createRoute({
  ...base,
  ...forScopes('company'),
  method: 'get',
  path: '/v2/company/{companyId}',
  summary: 'A company',
  request: { params: companyParams },
  responses: { 200: company, 404: notFound },
})
const updateCompany = createRoute({
  ...base,
  ...forScopes(),
  method: 'patch',
  path: '/v2/company/{companyId}',
  summary: 'Change a company',
  description:
    'A deactivated company keeps its addresses and mail; its connections are `COMPANY_INACTIVE` and open no attempts. Reactivated, they are what they were. `vouchedDomains`: the whole list.',
  request: {
    params: companyParams,
    ...jsonBody(
      z
        .strictObject({
          name,
          externalId,
          contactEmail,
          notices,
          features,
          isActive: z.boolean(),
          vouchedDomains,
        })
        .partial(),
    ),
  },
  responses: { 200: company, 404: notFound },
})

/** What one write moves: a few milliseconds of work, so that a claim hardly waits for it. */
const SETTLE_STEP = 50

/**
 * Moves the company's connections, a few at a time: a large company must not keep the writer from others. Asked for
 * the same again it goes on where a crash left off.
 */
async function settle({ store, now = Date.now }: ProvisioningDeps, { id, isActive }: Company): Promise<void> {
  let connections = 0
  let moved: number
  do {
    moved = await store.settleCompany(id, now(), SETTLE_STEP)
    connections += moved
  } while (moved > 0)
  if (connections > 0) log.companySettled({ companyId: id, isActive, connections })
}

/** Companies: who owns connections. */
export function companyRoutes(deps: ProvisioningDeps): OpenAPIHono<AppEnv> {
  const { store, now = Date.now } = deps
  const routes = newRouter()

  routes.openapi(createCompany, async (c) => {
    const body = c.req.valid('json')
    const at = now()
    const fresh = {
      id: newId(),
      name: body.name,
      externalId: body.externalId ?? null,
      publicId: randomBytes(12).toString('base64url'),
      features: { smsRelay: body.features?.smsRelay ?? false },
      vouchedDomains: [],
      contactEmail: body.contactEmail ?? null,
      notices: true,
      isActive: true,
      createdAt: at,
      updatedAt: at,
    }
    await store.createCompany(fresh)
    return c.json(presentCompany(fresh), 201)
  })

  routes.openapi(listCompanies, async (c) => {
    const request = c.req.valid('query')
    return c.json(presentPage(await store.listCompanies(request), request, presentCompany), 200)
  })

  routes.openapi(getCompany, async (c) =>
    c.json(presentCompany(await findCompany(deps, c, c.req.valid('param').companyId)), 200),
  )

  routes.openapi(updateCompany, async (c) => {
    const before = await findCompany(deps, c, c.req.valid('param').companyId)
    if (await store.getErasure(before.id)) throw new Failure('conflict', 'This company is being erased')
    const { features: wanted, ...change } = c.req.valid('json')
    const merged = wanted && { features: { smsRelay: wanted.smsRelay ?? before.features.smsRelay } }
    const updated = await store.updateCompany(before.id, { ...definedOnly(change), ...merged }, now())
    if (!updated) throw noCompany()
    if (change.isActive !== undefined) await settle(deps, updated)
    return c.json(presentCompany(updated), 200)
  })

  return routes
}
