import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { arrive, claim } from '../store/event-samples.ts'
import { type Reply, startApi, type TestApi } from '../support/api.ts'

type Hook = {
  id: string
  secret: string
  url: string
  isEnabled: boolean
  formerSecretUntil: string | null
  eventTypes: string[]
}
type Delivery = { id: string; eventId: string; status: string; isReplay: boolean; eventType: string }
type List = { total: number; items: Delivery[] }

let api: TestApi
let companyId: string
let path: string

beforeAll(async () => {
  api = await startApi()
  companyId = await api.newCompany()
  path = `/v2/company/${companyId}/webhook`
})
afterAll(() => api.close())

const register = async (change: object = {}): Promise<Hook> =>
  (await api.call<Hook>('POST', path, { url: 'https://hooks.customer.test/relay', ...change })).body
const deliveries = async (id: string): Promise<List> =>
  (await api.call<List>('GET', `${path}/${id}/delivery`)).body
const remove = (id: string) => api.call('DELETE', `${path}/${id}`)

describe('endpoints', () => {
  it('are registered, shown without their secret, changed and removed', async () => {
    const made = await register({ description: 'ours', eventTypes: ['connection.updated.v2'] })
    expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const shown = await api.call<Hook>('GET', `${path}/${made.id}`)
    expect(shown.body).toMatchObject({
      url: 'https://hooks.customer.test/relay',
      description: 'ours',
      eventTypes: ['connection.updated.v2'],
      isEnabled: true,
      disabledWhy: null,
      failingSince: null,
    })
    expect(JSON.stringify([shown.body, (await api.call('GET', path)).body])).not.toContain(made.secret)
    const changed = await api.call<Hook>('PATCH', `${path}/${made.id}`, { eventTypes: [], isEnabled: false })
    expect(changed.body).toMatchObject({ eventTypes: [], isEnabled: false, disabledWhy: 'asked' })
    const again = await api.call('PATCH', `${path}/${made.id}`, { isEnabled: true })
    expect(again.body).toMatchObject({ isEnabled: true, disabledWhy: null, disabledTime: null })
    expect((await remove(made.id)).status).toBe(204)
    expect((await remove(made.id)).status).toBe(404)
    expect((await api.call('GET', `${path}/${made.id}`)).status).toBe(404)
  })

  it('are refused where they could lead into somebody’s own network', async () => {
    const asked = async (url: string): Promise<Reply> => api.call('POST', path, { url })
    for (const url of [
      'http://hooks.customer.test/',
      'https://127.0.0.1/',
      'https://[::1]/',
      'https://169.254.169.254/latest',
      'https://0x7f000001/',
      'https://hooks.customer.test:22/',
      'https://a:b@hooks.customer.test/',
      'ftp://hooks.customer.test/',
      'x',
    ]) {
      const { status, body } = await asked(url)
      expect([url, status], JSON.stringify(body)).toEqual([url, 400])
      expect(JSON.stringify(body)).toContain('"path":"url"')
    }
    const allowed = await asked('https://hooks.customer.test:8443/')
    expect(allowed.status).toBe(201)
    const moved = await api.call('PATCH', `${path}/${allowed.body.id}`, { url: 'https://10.0.0.1/' })
    expect(moved.status).toBe(400)
    await remove(String(allowed.body.id))
  })

  it('belong to their company, and runners have no business with them', async () => {
    const { id } = await register()
    const other = await api.newCompany()
    const [own, foreign, runner] = await Promise.all([
      api.newKey('company', companyId),
      api.newKey('company', other),
      api.newKey('runner'),
    ])
    const ask = async (key: string, at = path) =>
      (await api.call('GET', `${at}/${id}`, undefined, { key })).status
    expect([await ask(own), await ask(foreign), await ask(runner)]).toEqual([200, 404, 403])
    expect(await ask(foreign, `/v2/company/${other}/webhook`)).toBe(404)
    for (const [method, end] of [
      ['POST', '/secret'],
      ['POST', '/test'],
      ['GET', '/delivery'],
      ['POST', '/replay'],
      ['PATCH', ''],
      ['DELETE', ''],
    ] as const) {
      const body = end === '/replay' ? { since: '2026-01-01T00:00:00Z' } : {}
      const reply = await api.call(method, `${path}/${id}${end}`, method === 'GET' ? undefined : body, {
        key: foreign,
      })
      expect([end, reply.status]).toEqual([end, 404])
    }
    await remove(id)
  })

  it('get a new secret while the former one holds for a while, and what was done is on record', async () => {
    const made = await register()
    const rotated = await api.call<Hook>('POST', `${path}/${made.id}/secret`, { overlapSeconds: 3600 })
    expect(rotated.status).toBe(200)
    expect(rotated.body.secret).not.toBe(made.secret)
    const left = Date.parse(rotated.body.formerSecretUntil!) - api.clock.now()
    expect(left).toBeGreaterThan(3_500_000)
    expect(left).toBeLessThanOrEqual(3_600_000)
    const audit = await api.call<{ items: { action: string }[] }>(
      'GET',
      `/v2/audit?subject=webhook:${made.id}`,
    )
    expect(audit.body.items.map(({ action }) => action)).toEqual([
      'webhook.secret_rotated',
      'webhook.created',
    ])
    expect(JSON.stringify(audit.body)).not.toMatch(/whsec|hooks\.customer/)
    await remove(made.id)
  })
})

describe('deliveries', () => {
  it('are logged, tried out with a test event, and sent again on request', async () => {
    const { id } = await register({ eventTypes: ['connection.created.v2'] })
    const test = await api.call<Delivery>('POST', `${path}/${id}/test`, {})
    expect(test).toMatchObject({ status: 202, body: { eventType: 'webhook.test', status: 'pending' } })
    const connectionId = await api.newConnection(companyId)
    await api.call('PATCH', `/v2/connection/${connectionId}`, { externalId: 'A-1' })
    const now = api.clock.now()
    for (const one of await claim(api.store, now)) await arrive(api.store, one.id, now)
    const log = await deliveries(id)
    expect(log.items.map(({ eventType, status }) => [eventType, status])).toEqual([
      ['connection.created.v2', 'delivered'],
      ['webhook.test', 'delivered'],
    ])
    const [created] = log.items
    const one = await api.call('GET', `${path}/${id}/delivery/${created!.id}`)
    expect(one.body).toMatchObject({ tries: 1, statusCode: 204, durationMs: 12, error: null, connectionId })
    const again = await api.call<Delivery>('POST', `${path}/${id}/delivery/${created!.id}/replay`)
    expect(again).toMatchObject({ status: 202, body: { isReplay: true, eventId: created!.eventId } })
    const since = new Date(now - 3_600_000).toISOString()
    // It is on its way already.
    expect((await api.call('POST', `${path}/${id}/replay`, { since })).body).toEqual({ deliveries: 0 })
    for (const due of await claim(api.store, api.clock.now())) await arrive(api.store, due.id, now)
    const missed = await api.call('POST', `${path}/${id}/replay`, { since, missedOnly: true })
    expect(missed.body).toEqual({ deliveries: 0 })
    expect(await api.call('POST', `${path}/${id}/replay`, { since })).toMatchObject({
      status: 202,
      body: { deliveries: 1 },
    })
    await api.call('PATCH', `${path}/${id}`, { isEnabled: false })
    for (const end of ['/test', `/delivery/${created!.id}/replay`]) {
      expect((await api.call('POST', `${path}/${id}${end}`, {})).status).toBe(409)
    }
    expect((await api.call('POST', `${path}/${id}/replay`, { since })).status).toBe(409)
    await remove(id)
  })

  it('are replayed in steps, however many there are', async () => {
    const quiet = await register()
    const owner = companyId
    for (let n = 0; n < 60; n += 1) await api.newConnection(owner)
    await remove(quiet.id)
    const { id } = await register()
    const all = await api.call('POST', `${path}/${id}/replay`, { since: '2000-01-01T00:00:00Z' })
    expect((all.body as { deliveries: number }).deliveries).toBeGreaterThanOrEqual(60)
    expect((await deliveries(id)).total).toBe((all.body as { deliveries: number }).deliveries)
  })
})
