import { z } from '@hono/zod-openapi'
import type { ErrorHandler } from 'hono'
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

/** Failures that may pass by themselves say when to come back. */
const HEADERS_OF: Partial<Record<FailureCode, Record<string, string>>> = {
  too_many_requests: { 'Retry-After': '5' },
  unavailable: { 'Retry-After': '2' },
  unauthorized: { 'WWW-Authenticate': 'Bearer' },
}

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

/** An answer before it is written. */
export type Answer = {
  readonly status: ContentfulStatusCode | 204
  /** Sent as JSON; null: nothing. */
  readonly body: object | null
  readonly headers?: Readonly<Record<string, string>>
}

/** The one place where what went wrong becomes an HTTP answer. */
export function answerTo(
  error: unknown,
  request: { readonly method: string; readonly path: string; readonly requestId: string },
): Answer {
  if (error instanceof Failure) return failureAnswer(error)
  if (error instanceof HTTPException) return frameworkAnswer(error)
  const { method, path, requestId } = request
  log.requestFailed({ method, route: path, requestId, error })
  const message = 'Something went wrong here; the log says what, under this request id'
  return { status: 500, body: { error: { code: 'internal', message, details: { requestId } } } }
}

/** {@link answerTo} for requests that the framework answers. */
export const handleError: ErrorHandler<AppEnv> = (error, c) => {
  const { method, path } = c.req
  const { status, body, headers } = answerTo(error, { method, path, requestId: c.get('requestId') })
  return status === 204 ? c.body(null, 204) : c.json(body, status, headers)
}

function failureAnswer({ code, message, details: given }: Failure): Answer {
  const details = given && { details: presentDetails(given) }
  const headers = HEADERS_OF[code]
  return {
    status: STATUS_OF[code],
    body: { error: { code, message, ...details } },
    ...(headers ? { headers } : {}),
  }
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
function frameworkAnswer({ status, message }: HTTPException): Answer {
  if (status === 413) return failureAnswer(new Failure('too_large', 'The body is too large'))
  if (status === 415) {
    const advice = 'Send the body as JSON, with Content-Type: application/json'
    return { status: 415, body: { error: { code: 'unsupported_media_type', message: advice } } }
  }
  return failureAnswer(new Failure('invalid_request', message || 'The request is malformed'))
}
