import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { Failure } from '../domain/failure.ts'
import { type AppEnv, actorOf, canSee } from '../http/auth.ts'
import { presentPage } from '../http/page.ts'
import { newRouter } from '../http/router.ts'
import { log } from '../log.ts'
import type { Investigation, ProvisioningStore, StatusStore } from '../store/store.ts'
import * as api from './status-api.ts'

export type StatusDeps = {
  readonly store: Pick<ProvisioningStore, 'getConnection' | 'getCompany'> &
    Pick<StatusStore, 'listStatusHistory' | 'countStatuses' | 'investigate' | 'listRules'>
  /** Looks again at why a login broke; returns at once. */
  readonly diagnose?: (connectionId: string) => void
  readonly now?: () => number
}

/** What connections were and are, what the team looks into, and how each rule fares. */
export function statusRoutes(deps: StatusDeps): OpenAPIHono<AppEnv> {
  const { store, now = Date.now } = deps
  const routes = newRouter()

  routes.openapi(api.listHistory, async (c) => {
    const { id } = c.req.valid('param')
    await requireConnection(deps, c, id)
    const request = c.req.valid('query')
    const page = await store.listStatusHistory(id, request)
    return c.json(presentPage(page, request, api.presentEntry), 200)
  })

  routes.openapi(api.getCompanyStatus, async (c) => {
    const { companyId } = c.req.valid('param')
    const company = canSee(c.get('caller'), companyId) ? await store.getCompany(companyId) : null
    if (!company) throw new Failure('not_found', 'There is no such company')
    return c.json(api.presentCounts(companyId, await store.countStatuses(companyId)), 200)
  })

  routes.openapi(api.investigate, async (c) => {
    const { id } = c.req.valid('param')
    const { open, note = null, status } = c.req.valid('json')
    const change: Investigation = open ? { open, note } : { open, note, ...(status ? { status } : {}) }
    const actor = actorOf(c.get('caller'))
    const connection = await store.investigate(id, change, { actor, now: now() })
    if (!connection) throw noConnection()
    log.investigated({ connectionId: id, open, actor })
    // What was known before it began was cleared with it.
    if (!open) deps.diagnose?.(id)
    return c.json(api.presentStatus(connection), 200)
  })

  routes.openapi(api.listRules, async (c) => {
    const request = c.req.valid('query')
    return c.json(presentPage(await store.listRules(request), request, api.presentRule), 200)
  })

  return routes
}

const noConnection = (): Failure => new Failure('not_found', 'There is no such connection')

async function requireConnection({ store }: StatusDeps, c: Context<AppEnv>, id: string): Promise<void> {
  const connection = await store.getConnection(id)
  if (!connection || !canSee(c.get('caller'), connection.companyId)) throw noConnection()
}
