import { OpenAPIHono } from '@hono/zod-openapi'
import type { AppEnv } from './auth.ts'
import { fieldProblems, invalidFields } from './errors.ts'

/** A set of routes whose validation errors look like all our errors. Every feature's routes start from one. */
export function newRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    defaultHook(result) {
      if (!result.success) throw invalidFields(fieldProblems(result.error))
    },
  })
}
