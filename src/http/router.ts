import { OpenAPIHono, type RouteConfig, type z } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
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

type LeanRoute = RouteConfig & { readonly middleware: MiddlewareHandler<AppEnv>[] }

/**
 * A route whose handler reads its request itself, by {@link readRequest}. Described like all others, but without
 * the layers of validation, each of which costs a kilobyte while the request waits.
 */
export function addLeanRoute(
  routes: OpenAPIHono<AppEnv>,
  { middleware, ...route }: LeanRoute,
  handler: (c: Context<AppEnv>) => Promise<Response>,
): void {
  routes.openAPIRegistry.registerPath(route)
  const path = route.path.replace(/\{(\w+)\}/g, ':$1')
  routes.on([route.method.toUpperCase()], [path], ...middleware, handler)
}

/** What a schema makes of a part of a request. @throws Failure naming every bad field */
export function readRequest<T extends z.ZodType>(schema: T, part: unknown): z.output<T> {
  const result = schema.safeParse(part)
  if (result.success) return result.data
  throw invalidFields(fieldProblems(result.error))
}
