import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import { newId } from '../domain/id.ts'
import {
  CHECK_STATES,
  checkState,
  checkText,
  type NumberCheck,
  newCheckToken,
} from '../domain/number-check.ts'
import { type AppEnv, actorOf, forScopes } from '../http/auth.ts'
import { errorResponse } from '../http/errors.ts'
import { newRouter } from '../http/router.ts'
import { idParams, instant, isoTime, isoTimeOrNull, jsonResponse } from '../http/schemas.ts'
import { findActiveCompany, findConnection } from './access.ts'
import type { ProvisioningDeps } from './ports.ts'

const NOT_PROVEN =
  'The test came from an ordinary number. Most portals send from short codes of five or six digits, which carriers may block for numbers like ours: a test login shows that.'

const checkSchema = z
  .object({
    number: z.string(),
    state: z.enum(CHECK_STATES).openapi({
      description: '`late`: after a minute; `never`: not within ten; `not_sent`: `error` says why',
    }),
    askedAt: instant,
    arrivedAt: instant.nullable(),
    secondsTaken: z.number().int().nullable(),
    error: z.string().nullable(),
    notProven: z.string().openapi({ description: 'what this check cannot show' }),
  })
  .openapi('NumberCheck')

const base = {
  tags: ['mfa'],
  ...forScopes('company'),
  path: '/v2/connection/{id}/mfa/mailbox/{address}/check',
}
const params = idParams.extend({ address: z.string().min(1).max(254) })
const notFound = errorResponse('no such number of this connection, or never checked')

const askCheck = createRoute({
  ...base,
  method: 'post',
  summary: 'Send a text message to our number, to see that it arrives',
  description:
    'Before the customer changes anything at the portal. Sent from SMS_FROM; once a minute for a number. That short codes arrive is not proven by it.',
  request: { params },
  responses: {
    202: jsonResponse(checkSchema, 'on its way; ask for it again'),
    404: notFound,
    409: errorResponse('checked less than a minute ago, or nothing can be sent here; `company_inactive`'),
  },
})
const getCheck = createRoute({
  ...base,
  method: 'get',
  summary: 'How the last delivery check of a number went',
  request: { params },
  responses: { 200: jsonResponse(checkSchema, 'the check'), 404: notFound },
})

/** Each costs money. */
const PAUSE_MS = 60_000

/** Delivery checks of the numbers that connections have. */
export function numberCheckRoutes(deps: ProvisioningDeps): OpenAPIHono<AppEnv> {
  const { store, now = Date.now } = deps
  const routes = newRouter()

  routes.openapi(askCheck, async (c) => {
    const { id, address } = c.req.valid('param')
    const connection = await findConnection(deps, c, id)
    await findActiveCompany(deps, c, connection.companyId)
    if (!deps.sendText) {
      throw new Failure('conflict', 'Nothing can be sent here: TWILIO_ACCOUNT_SID and SMS_FROM are needed')
    }
    const actor = actorOf(c.get('caller'))
    const check: NumberCheck = {
      id: newId(),
      connectionId: connection.id,
      address,
      token: newCheckToken(),
      askedAt: now(),
      arrivedAt: null,
      error: null,
    }
    // Written first: the message may come before the sender has its answer.
    await store.openNumberCheck(check, { actor, pauseMs: PAUSE_MS })
    const error = await deps.sendText(address, checkText(check.token))
    if (error !== null) await store.failNumberCheck(check.id, error)
    const current = await store.getNumberCheck(connection.id, address)
    return c.json(present(current ?? { ...check, error }, now()), 202)
  })

  routes.openapi(getCheck, async (c) => {
    const { id, address } = c.req.valid('param')
    const connection = await findConnection(deps, c, id)
    const check = await store.getNumberCheck(connection.id, address)
    if (!check) throw new Failure('not_found', 'This number of this connection was never checked')
    return c.json(present(check, now()), 200)
  })

  return routes
}

const present = (check: NumberCheck, now: number): z.infer<typeof checkSchema> => ({
  number: check.address,
  state: checkState(check, now),
  askedAt: isoTime(check.askedAt),
  arrivedAt: isoTimeOrNull(check.arrivedAt),
  secondsTaken:
    check.arrivedAt === null ? null : Math.max(0, Math.round((check.arrivedAt - check.askedAt) / 1000)),
  error: check.error,
  notProven: NOT_PROVEN,
})
