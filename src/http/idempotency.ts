import { createHash } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { Idempotency } from '../store/store.ts'
import type { Caller } from './auth.ts'

/** The header with which a call may be repeated safely: the same key gets the same answer. */
export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 visible ASCII characters')
    .optional()
    .openapi({ description: 'the same key gets the same answer; kept for a day' }),
})

/**
 * What the store needs to recognise a repeated call.
 *
 * @param caller whose key space it is: two callers never meet in one
 * @param subject what is called on what, e.g. `POST /v2/attempt/…/outcome`
 * @param body the parsed body, so that another request under the same key is noticed
 */
export function idempotencyOf(
  caller: Caller,
  key: string | undefined,
  subject: string,
  body: unknown,
): Idempotency | undefined {
  if (key === undefined) return undefined
  const fingerprint = createHash('sha256')
    .update(`${subject}\n${JSON.stringify(body)}`)
    .digest('hex')
  return { scope: `key:${caller.keyId}`, key, fingerprint }
}
