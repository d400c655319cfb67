import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, Hono, MiddlewareHandler, Next } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { routePath } from 'hono/route'
import { Failure } from '../domain/failure.ts'
import { newId } from '../domain/id.ts'
import { log } from '../log.ts'
import type { AppEnv, Auth, Caller } from './auth.ts'
import { docsPage } from './docs-page.ts'
import { handleError } from './errors.ts'

export type AppDeps = {
  /** The rooms' routes, made by {@link newRouter}; their schemas make up the API description. */
  readonly routes: readonly OpenAPIHono<AppEnv>[]
  /** Hosted pages and what else is no part of the API. */
  readonly pages?: readonly Hono<AppEnv>[]
  readonly auth: Pick<Auth, 'identify'>
  /** Paths whose bodies are whole messages, and how large those may be. */
  readonly messages?: { readonly paths: readonly string[]; readonly maxBytes: number }
  readonly maxBodyBytes?: number
  readonly version?: string
  readonly metrics?: { requestServed(method: string, route: string, status: number, ms: number): void }
}

/** JSON bodies of the API are small; documents have routes of their own. */
const MAX_BODY_BYTES = 256 * 1024

/** What every answer carries unless its route says otherwise. Pages that need more relax the policy themselves. */
const DEFAULT_HEADERS = Object.entries({
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
})

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

/**
 * What every request goes through: it is named, its body limited, its caller found, and how it went noted. In one
 * step, as each layer costs every waiting request about a kilobyte.
 */
function frame({ auth, metrics, ...limits }: AppDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const startedAt = performance.now()
    c.set('requestId', newId())
    try {
      const caller = await auth.identify(c.req)
      if (caller) c.set('caller', caller)
      await limitBody(c, next, limits)
    } catch (error) {
      // Only what went wrong before any route; routes' own errors were answered on the way here.
      c.res = await handleError(error as Error, c)
    }
    finish(c)
    const ms = performance.now() - startedAt
    const { method } = c.req
    const { status } = c.res
    const route = routePath(c, -1)
    const keyId = (c.get('caller') as Caller | undefined)?.keyId ?? null
    metrics?.requestServed(method, route, status, ms)
    log.requestServed({ method, route, status, ms: Math.round(ms), keyId })
  }
}

function finish(c: Context<AppEnv>): void {
  const { headers } = c.res
  for (const [name, value] of DEFAULT_HEADERS) if (!headers.has(name)) headers.set(name, value)
  headers.set('X-Request-Id', c.get('requestId'))
}

/** Refuses bodies that are too large, by what they say of themselves or else while they are read. */
function limitBody(
  c: Context<AppEnv>,
  next: Next,
  { messages, maxBodyBytes = MAX_BODY_BYTES }: Pick<AppDeps, 'messages' | 'maxBodyBytes'>,
): Promise<unknown> {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
  const maxSize = messages?.paths.includes(c.req.path) ? messages.maxBytes : maxBodyBytes
  const refuse = (): never => {
    throw new Failure('too_large', `The body may have at most ${maxSize} bytes`, { maxBytes: maxSize })
  }
  const declared = c.req.header('content-length')
  if (declared === undefined) return bodyLimit({ maxSize, onError: refuse })(c, next)
  return Number(declared) > maxSize ? refuse() : next()
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
    document ??= app.getOpenAPI31Document({ openapi: '3.1.0', info })
    return document
  }
  app.get('/openapi.json', (c) => c.json(read()))
  app.get('/docs', (c) => {
    const page = docsPage(read())
    c.header('Content-Security-Policy', page.contentSecurityPolicy)
    return c.html(page.html)
  })
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
