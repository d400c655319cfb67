import type { OpenAPIHono, z } from '@hono/zod-openapi'
import { newId } from '../../domain/id.ts'
import { presentAttempt } from '../../http/attempts.ts'
import { type AppEnv, actorOf } from '../../http/auth.ts'
import { idempotencyOf } from '../../http/idempotency.ts'
import { newRouter } from '../../http/router.ts'
import { log } from '../../log.ts'
import type { Lease, LeaseStore } from '../../store/store.ts'
import * as api from './definitions.ts'

export type LeaseDeps = { readonly store: LeaseStore; readonly now?: () => number }

/** Logins that are due, handed to runners one at a time. */
export function leaseRoutes({ store, now = Date.now }: LeaseDeps): OpenAPIHono<AppEnv> {
  const routes = newRouter()

  routes.openapi(api.lease, async (c) => {
    const caller = c.get('caller')
    const { runner, utilities, leaseSeconds } = c.req.valid('json')
    const key = c.req.valid('header')['idempotency-key']
    const repeat = idempotencyOf(caller, key, 'lease', { runner, utilities, leaseSeconds })
    const at = now()
    const request = {
      attemptId: newId(),
      runner,
      now: at,
      expiresAt: at + leaseSeconds * 1000,
      actor: actorOf(caller),
      ...(utilities ? { utilities } : {}),
      ...(caller.companyId === null ? {} : { companyId: caller.companyId }),
    }
    const leased = await store.leaseLogin(request, repeat)
    if (!leased) return c.body(null, 204)
    const { id: attemptId, connectionId, purpose } = leased.attempt
    if (attemptId === request.attemptId) log.attemptOpened({ attemptId, connectionId, purpose })
    return c.json(presentLease(leased), 200)
  })

  return routes
}

const presentLease = ({ attempt, connection, credentials }: Lease): z.infer<typeof api.leaseSchema> => ({
  attempt: presentAttempt(attempt),
  connection: {
    id: connection.id,
    companyId: connection.companyId,
    utility: connection.utility,
    url: connection.url,
    country: connection.country,
    externalId: connection.externalId,
    initialSites: [...connection.initialSites],
    utilityTypes: [...connection.utilityTypes],
    dataCollectionStartDate: connection.dataCollectionStartDate,
    mfaMethod: connection.mfaMethod,
    status: connection.status,
  },
  credentials: { ...credentials, securityQuestions: [...credentials.securityQuestions] },
})
