import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KeyScope } from '../../src/domain/api-key.ts'
import { startApi, type TestApi } from '../support/api.ts'

type Document = {
  paths: Record<string, Record<string, { 'x-scopes'?: KeyScope[]; responses: Record<string, unknown> }>>
}

/** Who may do what: the matrix of docs/api.md. */
/** Documents are for companies and for runners. */
const DOCUMENTS: readonly string[] = [
  'POST /v2/job/company/{companyId}',
  'POST /v2/job/company/{companyId}/bulk',
  'GET /v2/job/company/{companyId}',
  'GET /v2/job/{jobId}',
  'GET /v2/document/company/{companyId}',
  'GET /v2/document/{documentId}',
]
/** Endpoints for events are the company's own. */
const WEBHOOK = '/v2/company/{companyId}/webhook'
const EVENTS: readonly string[] = [
  `POST ${WEBHOOK}`,
  `GET ${WEBHOOK}`,
  `GET ${WEBHOOK}/{webhookId}`,
  `PATCH ${WEBHOOK}/{webhookId}`,
  `DELETE ${WEBHOOK}/{webhookId}`,
  `POST ${WEBHOOK}/{webhookId}/secret`,
  `POST ${WEBHOOK}/{webhookId}/test`,
  `POST ${WEBHOOK}/{webhookId}/replay`,
  `GET ${WEBHOOK}/{webhookId}/delivery`,
  `GET ${WEBHOOK}/{webhookId}/delivery/{deliveryId}`,
  `POST ${WEBHOOK}/{webhookId}/delivery/{deliveryId}/replay`,
]
const COMPANY: readonly string[] = [
  ...DOCUMENTS,
  ...EVENTS,
  'GET /v2/document/{documentId}/file',
  'GET /v2/company/{companyId}',
  'GET /v2/company/{companyId}/export',
  'POST /v2/company/{companyId}/bill-address',
  'GET /v2/company/{companyId}/bill-address',
  'DELETE /v2/company/{companyId}/bill-address/{address}',
  'GET /v2/company/{companyId}/bill-mail',
  'POST /v2/connection/company/{companyId}',
  'GET /v2/connection/company/{companyId}',
  'GET /v2/connection/{id}/details',
  'PATCH /v2/connection/{id}',
  'DELETE /v2/connection/{id}',
  'PUT /v2/connection/{id}/mfa',
  'GET /v2/connection/{id}/mfa',
  'DELETE /v2/connection/{id}/mfa/mailbox/{address}',
  'POST /v2/connection/{id}/mfa/proof',
  'POST /v2/connection/{id}/mfa/test',
  'GET /v2/connection/{id}/mfa/test',
  'POST /v2/connection/{id}/mfa/code',
  'POST /v2/connection/{id}/mfa/mailbox/{address}/check',
  'GET /v2/connection/{id}/mfa/mailbox/{address}/check',
  'POST /v2/connection/{id}/mfa/recipient/{recipientId}/ask',
  'GET /v2/connection/{id}/deliveries',
  'GET /v2/connection/{id}/messages',
  'GET /v2/message/{id}',
  'GET /v2/connection/{id}/triage',
  'GET /v2/connection/{id}/history',
  'GET /v2/company/{companyId}/status',
]
const RUNNER: readonly string[] = [
  ...DOCUMENTS,
  'POST /v2/collection/lease',
  'POST /v2/connection/{id}/attempt',
  'GET /v2/attempt/{id}',
  'POST /v2/attempt/{id}/extend',
  'POST /v2/attempt/{id}/outcome',
  'GET /v2/attempt/{id}/code',
  'POST /v2/attempt/{id}/answer',
]

describe('key scopes', () => {
  let api: TestApi
  let routes: string[]
  let companyId: string
  let connectionId: string
  const keys: Record<KeyScope, string> = { admin: '', company: '', runner: '', inbound: '' }
  beforeAll(async () => {
    api = await startApi()
    companyId = await api.newCompany()
    connectionId = await api.newConnection(companyId)
    keys.company = await api.newKey('company', companyId)
    keys.runner = await api.newKey('runner')
    keys.inbound = await api.newKey('inbound')
    keys.admin = await api.newKey('admin')
    const { body } = await api.call<Document>('GET', '/openapi.json', undefined, { key: null })
    routes = Object.entries(body.paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter(() => path.startsWith('/v2/'))
        .map((method) => `${method.toUpperCase()} ${path}`),
    )
  })
  afterAll(() => api.close())

  const statuses = async (key: string | null) => {
    const found = new Map<string, number>()
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ')
      const target = path.replace(/\{\w+\}/g, 'nothing')
      const body = ['POST', 'PUT', 'PATCH'].includes(method) ? {} : undefined
      found.set(route, (await api.call(method, target, body, { key })).status)
    }
    return found
  }

  it('are told for every route', () => {
    expect(routes.length).toBeGreaterThan(20)
    for (const route of [...COMPANY, ...RUNNER]) expect(routes).toContain(route)
  })

  it.each(['company', 'runner', 'inbound', 'admin'] as const)('hold for %s keys', async (scope) => {
    const allowed = { company: COMPANY, runner: RUNNER, inbound: [] as string[], admin: routes }[scope]
    const refused = [...(await statuses(keys[scope]))]
      .filter(([, status]) => status === 403)
      .map(([route]) => route)
    expect(refused.sort()).toEqual(routes.filter((route) => !allowed.includes(route)).sort())
  })

  it.each([
    ['no key', null],
    ['a wrong key', 'mr_wrong'],
    ['an endless key', 'x'.repeat(5_000)],
  ])('let nothing pass with %s', async (_, key) => {
    expect(new Set((await statuses(key)).values())).toEqual(new Set([401]))
  })

  it('say 401 before they say what else is wrong', async () => {
    const reply = await api.call('POST', '/v2/company', undefined, { key: null, raw: '{' })
    expect(reply).toMatchObject({ status: 401, body: { error: { code: 'unauthorized' } } })
    expect(reply.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('take the key as a bearer token too', async () => {
    const headers = { authorization: `Bearer ${keys.admin}` }
    expect((await api.call('GET', '/v2/company', undefined, { key: null, headers })).status).toBe(200)
  })

  it('hide what belongs to another company', async () => {
    const stranger = await api.newKey('company', await api.newCompany())
    const messageId = await api.deliver(connectionId, '123456')
    const paths: [string, string, object?][] = [
      ['GET', `/v2/company/${companyId}`],
      ['POST', `/v2/connection/company/${companyId}`, { utility: 'pge' }],
      ['GET', `/v2/connection/company/${companyId}`],
      ['GET', `/v2/connection/${connectionId}/details`],
      ['PATCH', `/v2/connection/${connectionId}`, {}],
      ['DELETE', `/v2/connection/${connectionId}`],
      ['PUT', `/v2/connection/${connectionId}/mfa`, { method: 'disabled' }],
      ['GET', `/v2/connection/${connectionId}/mfa`],
      ['DELETE', `/v2/connection/${connectionId}/mfa/mailbox/x@relay.test`],
      ['GET', `/v2/connection/${connectionId}/deliveries`],
      ['GET', `/v2/connection/${connectionId}/messages`],
      ['GET', `/v2/connection/${connectionId}/triage`],
      ['GET', `/v2/connection/${connectionId}/history`],
      ['GET', `/v2/company/${companyId}/status`],
      ['GET', `/v2/message/${messageId}`],
      ['GET', `/v2/job/company/${companyId}`],
      ['GET', `/v2/document/company/${companyId}`],
      ['POST', `/v2/job/company/${companyId}/bulk`, { documents: ['https://files.example.com/a.pdf'] }],
    ]
    for (const [method, path, body] of paths) {
      const foreign = await api.call(method, path, body, { key: stranger })
      expect([path, foreign.status, foreign.body]).toMatchObject([
        path,
        404,
        { error: { code: 'not_found' } },
      ])
    }
    const own = await api.call('GET', `/v2/connection/${connectionId}/details`, undefined, {
      key: keys.company,
    })
    expect(own.status).toBe(200)
  })

  it('end at once when a key is revoked', async () => {
    const made = await api.call<{ id: string; key: string }>('POST', '/v2/key', {
      scope: 'runner',
      label: 'r1',
    })
    expect(made.body).toMatchObject({ scope: 'runner', label: 'r1', companyId: null, revokedAt: null })
    const asked = () => api.call('GET', '/v2/attempt/nothing', undefined, { key: made.body.key })
    expect((await asked()).status).toBe(404)
    expect((await api.call('DELETE', `/v2/key/${made.body.id}`)).status).toBe(204)
    expect((await asked()).status).toBe(401)
    expect((await api.call('DELETE', `/v2/key/${made.body.id}`)).status).toBe(404)
    const { body } = await api.call<{ items: { id: string; revokedAt: string | null }[] }>('GET', '/v2/key')
    expect(body.items.find(({ id }) => id === made.body.id)?.revokedAt).not.toBeNull()
    expect(JSON.stringify(body)).not.toContain(made.body.key)
    const audit = await api.call<{ items: { action: string }[] }>(
      'GET',
      `/v2/audit?subject=key:${made.body.id}`,
    )
    expect(audit.body.items.map(({ action }) => action).sort()).toEqual(['key.created', 'key.revoked'])
  })

  it.each([
    [{ scope: 'company' }],
    [{ scope: 'company', companyId: 'nothing' }],
    [{ scope: 'inbound', companyId: 'any' }],
    [{ scope: 'root' }],
  ])('refuse a key like %j', async (body) => {
    expect((await api.call('POST', '/v2/key', body)).status).toBe(400)
  })
})
