import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { connectionSource } from '../domain/code.ts'
import { Failure } from '../domain/failure.ts'
import { newId } from '../domain/id.ts'
import { type AppEnv, actorOf, forScopes } from '../http/auth.ts'
import { errorResponse, invalidFields } from '../http/errors.ts'
import { newRouter } from '../http/router.ts'
import { idParams, instant, isoTime, jsonBody, jsonResponse } from '../http/schemas.ts'
import { log } from '../log.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'
import { findActiveCompany, findConnection } from './access.ts'
import type { ProvisioningDeps } from './ports.ts'

const DEFAULT_VALID_SECONDS = 600

const typedCodeSchema = z
  .object({
    id: z.string(),
    attemptId: z.string().openapi({ description: 'the login that may claim it' }),
    channel: z.literal('manual'),
    expiresAt: instant,
  })
  .openapi('TypedCode')

const typeCode = createRoute({
  tags: ['mfa'],
  ...forScopes('company'),
  method: 'post',
  path: '/v2/connection/{id}/mfa/code',
  summary: 'Type a code in by hand, as the last resort',
  description:
    'For the login of this connection that is open now; it gets the code as `channel` `manual`. Another code replaces one that was typed in and not claimed yet. Never shown again; audited.',
  request: {
    params: idParams,
    ...jsonBody(
      z.strictObject({
        code: z.string().max(40).openapi({ description: 'blanks and hyphens are left out' }),
      }),
    ),
  },
  responses: {
    200: jsonResponse(typedCodeSchema, 'known already: it came before'),
    201: jsonResponse(typedCodeSchema, 'there to be claimed'),
    400: errorResponse('no code of this utility looks like that'),
    404: errorResponse('no such connection, or another company’s'),
    409: errorResponse('`conflict`: no login is waiting, or its codes are computed here; `company_inactive`'),
  },
})

/** `POST /v2/connection/{id}/mfa/code`. See docs/decisions/081-codes-typed-in.md. */
export function typedCodeRoutes(deps: ProvisioningDeps): OpenAPIHono<AppEnv> {
  const { store, wakeup, utilities, now = Date.now } = deps
  const routes = newRouter()

  routes.openapi(typeCode, async (c) => {
    const connection = await findConnection(deps, c, c.req.valid('param').id)
    await findActiveCompany(deps, c, connection.companyId)
    const utility = utilities.find(connection.utility)
    const code = readCode(c.req.valid('json').code, utility?.code)
    if (await store.prefersTotp(connection.id)) {
      throw new Failure('conflict', 'The codes of this connection are computed from its authenticator secret')
    }
    const at = now()
    const validSeconds = utility?.validForSeconds ?? DEFAULT_VALID_SECONDS
    const typed = await store.typeCode({
      messageId: newId(),
      codeId: newId(),
      connectionId: connection.id,
      code,
      actor: actorOf(c.get('caller')),
      now: at,
      expiresAt: at + validSeconds * 1000,
    })
    const { codeId: id, attemptId, expiresAt, isNew } = typed
    if (isNew) {
      wakeup.notify(connectionSource(connection.id))
      log.codeTyped({ codeId: id, attemptId, connectionId: connection.id, actor: actorOf(c.get('caller')) })
    }
    const shown = { id, attemptId, channel: 'manual' as const, expiresAt: isoTime(expiresAt) }
    return isNew ? c.json(shown, 201) : c.json(shown, 200)
  })

  return routes
}

const ALPHABETS = { digits: /^[0-9]+$/, letters: /^[a-z]+$/i, alphanumeric: /^[a-z0-9]+$/i }
const ANY_CODE = /^[a-z0-9]{3,12}$/i

/**
 * The code without what only groups it.
 *
 * @throws Failure `invalid_request`, which does not repeat what was typed
 */
function readCode(typed: string, shape: UtilityDefinition['code']): string {
  const code = typed.replace(/[\s-]/g, '')
  const { lengths, alphabet } = shape ?? {}
  const isCode =
    ANY_CODE.test(code) &&
    (alphabet === undefined || ALPHABETS[alphabet].test(code)) &&
    (lengths === undefined || lengths.includes(code.length))
  if (isCode) return code
  const kind = alphabet === undefined ? 'letters or digits' : alphabet
  const length = lengths === undefined ? '3 to 12' : lengths.join(' or ')
  throw invalidFields([{ path: 'code', problem: `codes here are ${length} ${kind}` }])
}
