import { OpenAPIHono } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import type { AppEnv } from './auth.ts'
import { fieldProblems, invalidFields } from './errors.ts'

/** A set of routes whose validation errors look like all our errors. Every feature's routes start from one. */
export function newRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    defaultHook(result, c) {
      if (result.success) return
      if (result.target === 'json' && !isJson(c.req.header('content-type')))
        throw new Failure('invalid_request', 'Send the body as JSON, with Content-Type: application/json')
      throw invalidFields(fieldProblems(result.error))
    },
  })
}

const isJson = (contentType = ''): boolean => /^application\/([a-z0-9.-]+\+)?json\b/i.test(contentType)
