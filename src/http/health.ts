import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { log } from '../log.ts'
import type { AppEnv } from './auth.ts'
import type { Metrics } from './metrics.ts'
import { newRouter } from './router.ts'
import { jsonResponse } from './schemas.ts'

/** Something that readiness depends on. */
export type Check = {
  /** Resolves (or answers other than false) when all is well. */
  readonly run: () => Promise<unknown> | unknown
  /** Without it no mail can be accepted; otherwise its failing is only said. */
  readonly required: boolean
  /** What follows while it fails, for whoever reads `/readyz`. */
  readonly problem: string
}

export type HealthDeps = {
  /** By name, e.g. `store`, `wakeup`. */
  readonly checks: Readonly<Record<string, Check>>
  readonly metrics: Pick<Metrics, 'text' | 'contentType' | 'watchEach'>
  readonly isStopping?: () => boolean
  /** ms of a clock that is never set: a probe must not wait for the time of day to come round again. */
  readonly now?: () => number
}

/** Probes come from several sides; one answer serves them all for this long. */
const REMEMBER_MS = 2_000

const partSchema = z.object({ ok: z.boolean(), problem: z.string().optional() })
const readySchema = z
  .object({ ready: z.boolean(), parts: z.record(z.string(), partSchema) })
  .openapi('Readiness')
type Readiness = z.infer<typeof readySchema>

const alive = createRoute({
  method: 'get',
  path: '/healthz',
  tags: ['health'],
  summary: 'Alive',
  responses: { 200: jsonResponse(z.object({ alive: z.literal(true) }), 'the process answers') },
})
const ready = createRoute({
  method: 'get',
  path: '/readyz',
  tags: ['health'],
  summary: 'Able to accept mail',
  responses: {
    200: jsonResponse(readySchema, 'ready; a part that is not required may still have a problem'),
    503: jsonResponse(readySchema, 'not ready, or stopping'),
  },
})

/** `/healthz`, `/readyz` and `/metrics`, open to whoever reaches the port. */
export function healthRoutes(deps: HealthDeps): OpenAPIHono<AppEnv> {
  const check = readinessCheck(deps)
  const part = { name: 'part_ok', help: 'Whether a part that readiness looks at is well.', label: 'part' }
  deps.metrics.watchEach(part, async () =>
    Object.fromEntries(Object.entries((await check()).parts).map(([name, { ok }]) => [name, ok ? 1 : 0])),
  )
  const routes = newRouter()
  routes.openapi(alive, (c) => c.json({ alive: true as const }, 200))
  routes.openapi(ready, async (c) => {
    const state = await check()
    return state.ready ? c.json(state, 200) : c.json(state, 503)
  })
  routes.get('/metrics', async (c) => {
    c.header('Content-Type', deps.metrics.contentType)
    return c.body(await deps.metrics.text())
  })
  return routes
}

/** What takes longer is not well, and whoever asks must not hang with it: probes and scrapes have deadlines, too. */
const PATIENCE_MS = 1_500

async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function readinessCheck({ checks, isStopping = () => false, now = () => performance.now() }: HealthDeps) {
  let last: { readonly at: number; readonly state: Promise<Readiness> } | undefined
  const failing = new Set<string>()

  async function look(): Promise<Readiness> {
    const parts: Readiness['parts'] = {}
    let isReady = true
    for (const [name, check] of Object.entries(checks)) {
      const ok = await passes(name, check)
      parts[name] = ok ? { ok } : { ok, problem: check.problem }
      if (!ok && check.required) isReady = false
    }
    return { ready: isReady, parts }
  }

  async function passes(name: string, check: Check): Promise<boolean> {
    try {
      if ((await inTime(Promise.resolve(check.run()))) === false) throw new Error('check failed')
      failing.delete(name)
      return true
    } catch (error) {
      // Probes come every few seconds: the log hears of a failure once, not each time.
      if (!failing.has(name)) log.fault({ where: `readiness: ${name}`, error })
      failing.add(name)
      return false
    }
  }

  return async (): Promise<Readiness> => {
    if (!last || now() - last.at >= REMEMBER_MS) last = { at: now(), state: look() }
    const state = await last.state
    if (!isStopping()) return state
    return { ready: false, parts: { ...state.parts, process: { ok: false, problem: 'stopping' } } }
  }
}
