import { z } from '@hono/zod-openapi'
import type { Context, ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { Failure, type FailureCode } from '../domain/failure.ts'
import { log } from '../log.ts'
import type { AppEnv } from './auth.ts'

/** The HTTP status of each failure. */
export const STATUS_OF: Readonly<Record<FailureCode, ContentfulStatusCode>> = {
  invalid_request: 400,
  unauthorized: 401,
  forbidden: 403,
  sms_relay_not_enabled: 403,
  signature_invalid: 403,
  not_found: 404,
  attempt_open: 409,
  company_inactive: 409,
  conflict: 409,
  attempt_over: 410,
  too_large: 413,
  unknown_utility: 422,
  idempotency_key_reused: 422,
  too_many_requests: 429,
  upstream_failed: 502,
  unavailable: 503,
  no_number_available: 503,
}

/** Failures that may pass by themselves: a client may try again after this many seconds. */
const RETRY_AFTER_SECONDS: Partial<Record<FailureCode, string>> = { too_many_requests: '5', unavailable: '2' }

/** The body of every error. */
export const errorSchema = z
  .object({
    error: z.object({
      code: z.string().openapi({ description: 'for programs', example: 'not_found' }),
      message: z.string().openapi({ description: 'for people' }),
      details: z.record(z.string(), z.unknown()).optional(),
    }),
  })
  .openapi('Error')

/** The response of an OpenAPI route that answers with an error. */
export const errorResponse = (description: string) => ({
  description,
  content: { 'application/json': { schema: errorSchema } },
})

/** One thing that is wrong with a request. */
export type FieldProblem = { readonly path: string; readonly problem: string }

/** A failure that names every bad field. */
export const invalidFields = (fields: readonly FieldProblem[]): Failure =>
  new Failure('invalid_request', fields.map(({ path, problem }) => `${path}: ${problem}`).join('; '), {
    fields,
  })

/** Names what zod found wrong, e.g. `recipients.emails[0]`. */
export const fieldProblems = (error: z.core.$ZodError): FieldProblem[] =>
  error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: pathText([...issue.path, key]),
        problem: 'is not a known field',
      }))
    return [{ path: pathText(issue.path), problem: issue.message }]
  })

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? String(key) : `${text}.${String(key)}`
  }, '') || 'body'

/** The one place where what went wrong becomes an HTTP answer. */
export const handleError: ErrorHandler<AppEnv> = (error, c) => {
  if (error instanceof Failure) return failureAnswer(c, error)
  if (error instanceof HTTPException) return frameworkAnswer(c, error)
  const requestId = c.get('requestId')
  log.requestFailed({ method: c.req.method, route: c.req.path, requestId, error })
  const message = 'Something went wrong here; the log says what, under this request id'
  return c.json({ error: { code: 'internal', message, details: { requestId } } }, 500)
}

function failureAnswer(c: Context<AppEnv>, failure: Failure): Response {
  const { code, message } = failure
  const retryAfter = RETRY_AFTER_SECONDS[code]
  if (retryAfter) c.header('Retry-After', retryAfter)
  if (code === 'unauthorized') c.header('WWW-Authenticate', 'Bearer')
  const details = failure.details && { details: presentDetails(failure.details) }
  return c.json({ error: { code, message, ...details } }, STATUS_OF[code])
}

/** Instants are ms inside and ISO 8601 outside. */
const presentDetails = (details: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(details).map(([name, value]) =>
      name.endsWith('At') && typeof value === 'number'
        ? [name, new Date(value).toISOString()]
        : [name, value],
    ),
  )

/** What the framework found wrong before our schemas had a look. */
function frameworkAnswer(c: Context<AppEnv>, { status, message }: HTTPException): Response {
  if (status === 413) return failureAnswer(c, new Failure('too_large', 'The body is too large'))
  if (status === 415) {
    const advice = 'Send the body as JSON, with Content-Type: application/json'
    return c.json({ error: { code: 'unsupported_media_type', message: advice } }, 415)
  }
  return failureAnswer(c, new Failure('invalid_request', message || 'The request is malformed'))
}
