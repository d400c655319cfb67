import { createRoute, z } from '@hono/zod-openapi'
import { Hono } from 'hono'
import { beforeAll, describe, expect, it } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import { createApp } from '../../src/http/app.ts'
import { type AppEnv, createAuth, forScopes } from '../../src/http/auth.ts'
import { newRouter } from '../../src/http/router.ts'
import { jsonBody, jsonResponse } from '../../src/http/schemas.ts'
import { createByteBudget } from '../../src/inbound/byte-budget.ts'

const shape = z.strictObject({ name: z.string().min(2), tags: z.array(z.string()).optional() })
const echo = createRoute({
  ...forScopes('inbound'),
  method: 'post',
  path: '/v2/echo/{id}',
  tags: ['test'],
  summary: 'Say it again',
  request: { params: z.object({ id: z.string() }), ...jsonBody(shape) },
  responses: { 200: jsonResponse(shape.openapi('Echo'), 'the same') },
})

const ADMIN_HASH = 'a'.repeat(64)

function startApp() {
  const found: string[] = []
  const key = { id: 'k1', companyId: null, label: null, createdAt: 0, revokedAt: null }
  const store = {
    async findApiKey(hash: string) {
      found.push(hash)
      return { ...key, scope: 'inbound' as const }
    },
  }
  const clock = { now: 0 }
  const auth = createAuth({ store, adminKeyHash: ADMIN_HASH, now: () => clock.now })
  const routes = newRouter()
  routes.openapi(echo, (c) => c.json(c.req.valid('json'), 200))
  routes.get('/throws/:what', (c) => {
    if (c.req.param('what') === 'failure') throw new Failure('unavailable', 'Not now', { sinceAt: 0 })
    throw new Error('SELECT secret FROM vault')
  })
  routes.post('/inbound/mime', async (c) => c.text(String((await c.req.arrayBuffer()).byteLength)))
  const uploads = Promise.withResolvers<void>()
  routes.on(['POST', 'PUT'], '/files/:name', async (c) => {
    const text = await c.req.text()
    if (text.startsWith('wait')) await uploads.promise
    return c.text(text.slice(0, 4))
  })
  const pages = new Hono<AppEnv>()
  pages.get('/page/:name{[a-z]+}', (c) => {
    c.header('Cache-Control', 'public')
    return c.html('<p>hello</p>')
  })
  const app = createApp({
    auth,
    routes: [routes],
    pages: [pages],
    maxBodyBytes: 100,
    messages: { paths: ['/inbound/mime'], maxBytes: 1_000 },
    uploads: { path: /^\/files\/[^/]+$/, maxBytes: 500, room: createByteBudget(700) },
    version: '1.2.3',
  })
  return { app, found, clock, auth, endUploads: uploads.resolve }
}

const headers = { 'x-api-key': 'some-key', 'content-type': 'application/json' }

describe('the app', () => {
  const { app } = startApp()
  const post = (body: string | ReadableStream, more: Record<string, string> = {}, path = '/v2/echo/1') =>
    app.request(path, {
      method: 'POST',
      body,
      headers: { ...headers, ...more },
      duplex: 'half',
    } as RequestInit)
  const errorOf = async (response: Response) =>
    ((await response.json()) as { error: Record<string, unknown> }).error

  it('answers what its routes answer, with a request id and safe headers', async () => {
    const response = await post('{"name":"me"}')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ name: 'me' })
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  it('lets a page say otherwise', async () => {
    const response = await app.request('/page/hello')
    expect(response.headers.get('cache-control')).toBe('public')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('refuses malformed JSON, and what is no JSON', async () => {
    const malformed = await post('{"name":')
    expect(malformed.status).toBe(400)
    expect(await errorOf(malformed)).toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(/JSON/),
    })
    const form = await post('name=me', { 'content-type': 'application/x-www-form-urlencoded' })
    expect(form.status).toBe(415)
    expect(await errorOf(form)).toMatchObject({
      code: 'unsupported_media_type',
      message: expect.stringMatching(/as JSON/),
    })
  })

  it('names every bad field by its path', async () => {
    const response = await post('{"name":"x","tags":["a",7],"colour":"red"}')
    expect(response.status).toBe(400)
    const { details } = (await errorOf(response)) as {
      details: { fields: { path: string; problem: string }[] }
    }
    expect(details.fields.map(({ path }) => path).sort()).toEqual(['colour', 'name', 'tags[1]'])
    for (const { problem } of details.fields) expect(problem).not.toBe('')
  })

  it('refuses bodies that say they are too large, and those that turn out to be', async () => {
    const declared = await post('x'.repeat(101), { 'content-length': '101' })
    expect(declared.status).toBe(413)
    expect(await errorOf(declared)).toMatchObject({ code: 'too_large', details: { maxBytes: 100 } })
    const stream = new Blob(['{"name":"', 'x'.repeat(200), '"}']).stream()
    const streamed = await post(stream)
    expect(streamed.status).toBe(413)
    expect(await errorOf(streamed)).toMatchObject({ code: 'too_large' })
  })

  it('takes whole messages where messages come in', async () => {
    expect(await (await post('x'.repeat(1_000), { 'content-length': '1000' }, '/inbound/mime')).text()).toBe(
      '1000',
    )
    expect((await post('x'.repeat(1_001), { 'content-length': '1001' }, '/inbound/mime')).status).toBe(413)
    const stream = new Blob(['x'.repeat(1_001)]).stream()
    expect((await post(stream, {}, '/inbound/mime')).status).toBe(413)
  })

  it.each([
    ['POST', '/files/a', 500, 200],
    ['POST', '/files/a', 501, 413],
    ['PUT', '/files/a', 101, 413],
    ['POST', '/files/a/b', 101, 413],
  ])('takes files only where they are uploaded: %s %s of %i bytes', async (method, path, size, status) => {
    const more = { 'content-length': String(size), 'content-type': 'text/plain' }
    const body = 'x'.repeat(size)
    expect((await app.request(path, { method, body, headers: { ...headers, ...more } })).status).toBe(status)
  })

  it('has only so much room for files that are being uploaded', async () => {
    const { app, endUploads } = startApp()
    const upload = (text: string, more: Record<string, string> = {}) => {
      const own = { ...headers, 'content-length': '400', 'content-type': 'text/plain', ...more }
      return app.request('/files/a', { method: 'POST', body: text.padEnd(400), headers: own })
    }
    const waiting = upload('wait')
    expect((await upload('more')).status).toBe(503)
    endUploads()
    expect((await waiting).status).toBe(200)
    expect((await upload('more')).status).toBe(200)
  })

  it('says 404 for paths that are not there, and 405 for methods', async () => {
    const missing = await app.request('/v2/nothing')
    expect(missing.status).toBe(404)
    expect(await errorOf(missing)).toMatchObject({ code: 'not_found' })
    const wrong = await app.request('/v2/echo/1', { method: 'DELETE' })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
    expect(await errorOf(wrong)).toMatchObject({ code: 'method_not_allowed' })
    expect((await app.request('/page/hello', { method: 'POST' })).status).toBe(405)
  })

  it('shows instants in details as ISO text, and when to come back', async () => {
    const response = await app.request('/throws/failure')
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await errorOf(response)).toEqual({
      code: 'unavailable',
      message: 'Not now',
      details: { sinceAt: '1970-01-01T00:00:00.000Z' },
    })
  })

  it('shows nothing of a fault but the id to look for', async () => {
    const response = await app.request('/throws/fault')
    expect(response.status).toBe(500)
    const { code, details } = (await errorOf(response)) as { code: string; details: object }
    expect(code).toBe('internal')
    expect(details).toEqual({ requestId: response.headers.get('x-request-id') })
  })
})

describe('keys', () => {
  const ask = (app: ReturnType<typeof startApp>['app']) =>
    app.request('/v2/echo/1', { method: 'POST', body: '{"name":"me"}', headers })

  it('are remembered for a few seconds, by hash, until told otherwise', async () => {
    const { app, found, clock, auth } = startApp()
    await ask(app)
    await ask(app)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^[0-9a-f]{64}$/)
    clock.now = 5_001
    await ask(app)
    expect(found).toHaveLength(2)
    auth.forget()
    await ask(app)
    expect(found).toHaveLength(3)
  })

  it('are not looked up where none is given', async () => {
    const { app, found } = startApp()
    expect((await app.request('/page/hello')).status).toBe(200)
    expect(found).toEqual([])
  })
})

describe('the description', () => {
  const { app } = startApp()
  let document: Record<string, never>
  beforeAll(async () => {
    document = (await (await app.request('/openapi.json')).json()) as Record<string, never>
  })

  it('comes from the schemas that validate', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'MFA relay', version: '1.2.3' },
      components: {
        schemas: { Echo: { required: ['name'], additionalProperties: false } },
        securitySchemes: { ApiKey: { name: 'X-API-KEY' } },
      },
      paths: { '/v2/echo/{id}': { post: { 'x-scopes': ['admin', 'inbound'], summary: 'Say it again' } } },
    })
  })

  it('is a page without scripts and without anything from elsewhere', async () => {
    const response = await app.request('/docs')
    const page = await response.text()
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/)
    expect(page).toContain('<code>/v2/echo/{id}</code> Say it again')
    expect(page).toContain('tags?: string[]')
    expect(page).not.toMatch(/<script|https?:\/\//)
  })
})
