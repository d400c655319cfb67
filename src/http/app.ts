import { OpenAPIHono } from '@hono/zod-openapi'
import type { Hono } from 'hono'
import { Failure } from '../domain/failure.ts'
import type { AppEnv } from './auth.ts'
import { docsPage } from './docs-page.ts'
import { handleError } from './errors.ts'
import { type FrameDeps, frame } from './frame.ts'

export type AppDeps = FrameDeps & {
  /** The rooms' routes, made by {@link newRouter}; their schemas make up the API description. */
  readonly routes: readonly OpenAPIHono<AppEnv>[]
  /** Hosted pages and what else is no part of the API. */
  readonly pages?: readonly Hono<AppEnv>[]
  readonly version?: string
}

/** Puts the routes of all rooms together behind what every request goes through. */
export function createApp(deps: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>()
  app.onError(handleError)
  app.use('*', frame(deps))
  for (const routes of deps.routes) app.route('/', routes)
  for (const pages of deps.pages ?? []) app.route('/', pages)
  describe(app, deps.version ?? '0')
  app.notFound(missing(app))
  return app
}

const INTRODUCTION = `Self-hosted inbound MFA relay: a portal's one-time code reaches the login runner that waits for it.
Errors are \`{"error":{"code","message","details?"}}\`. Lists take \`?page=1&limit=100\`.`

function describe(app: OpenAPIHono<AppEnv>, version: string): void {
  const { openAPIRegistry: registry } = app
  registry.registerComponent('securitySchemes', 'ApiKey', { type: 'apiKey', in: 'header', name: 'X-API-KEY' })
  registry.registerComponent('securitySchemes', 'Bearer', { type: 'http', scheme: 'bearer' })
  const info = { title: 'MFA relay', version, description: INTRODUCTION }
  let document: ReturnType<typeof app.getOpenAPI31Document> | undefined
  const read = () => {
    document ??= withoutMiddleware(app.getOpenAPI31Document({ openapi: '3.1.0', info }))
    return document
  }
  app.get('/openapi.json', (c) => c.json(read()))
  app.get('/docs', (c) => {
    const page = docsPage(read())
    c.header('Content-Security-Policy', page.contentSecurityPolicy)
    return c.html(page.html)
  })
}

/** Routes that were only registered, not added by `openapi`, bring their middleware along. */
function withoutMiddleware<T extends { paths?: object | undefined }>(document: T): T {
  for (const path of Object.values(document.paths ?? {}))
    for (const operation of Object.values(path)) delete (operation as { middleware?: unknown }).middleware
  return document
}

/** 405 with the methods that a path has, 404 where nothing is. */
function missing(app: OpenAPIHono<AppEnv>): Parameters<typeof app.notFound>[0] {
  let known: { pattern: RegExp; method: string }[] | undefined
  return (c) => {
    known ??= app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ path, method }) => ({ pattern: pathPattern(path), method }))
    const allowed = new Set(known.filter(({ pattern }) => pattern.test(c.req.path)).map((r) => r.method))
    if (allowed.size === 0) throw new Failure('not_found', 'There is nothing at this path; see /docs')
    const allow = [...allowed].sort().join(', ')
    c.header('Allow', allow)
    const message = `${c.req.method} is not possible here; ${allow} is`
    return c.json({ error: { code: 'method_not_allowed', message } }, 405)
  }
}

/** `/v2/attempt/:id` → a pattern for paths; parameters with a pattern of their own match any one segment. */
const pathPattern = (path: string): RegExp =>
  new RegExp(`^${path.replace(/[.+?()[\]^$|\\]/g, '\\$&').replace(/:[^/]+/g, '[^/]+')}$`)
