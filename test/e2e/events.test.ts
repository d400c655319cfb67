import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { provision, startRelay, type TestRelay } from '../support/relay.ts'
import { isGenuine, type Receiver, startReceiver } from '../support/webhook-receiver.ts'

/* A whole relay and a company's own server: what changes is told, signed, in order. */

let receiver: Receiver
let relay: TestRelay
const closers: (() => unknown)[] = []

// One for all: of two certificates for the same name that it trusts, a process finds now one, now the other.
beforeAll(async () => {
  receiver = await startReceiver({ tls: true })
})
afterAll(() => receiver.close())

beforeEach(async () => {
  receiver.events.length = 0
  receiver.answer = (_, response) => response.writeHead(204).end()
  relay = await startRelay({ WEBHOOK_NETWORKS: '127.0.0.0/8,::1', WEBHOOK_PORTS: String(receiver.port) })
  closers.push(
    () => relay.remove(),
    () => relay.close(),
  )
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const newCompany = async () =>
  (await relay.api<{ id: string }>('POST', '/v2/company', { name: 'Example Energy', externalId: 'E-7' })).body
    .id
const register = async (companyId: string) =>
  (
    await relay.api<{ id: string; secret: string }>('POST', `/v2/company/${companyId}/webhook`, {
      url: receiver.url,
    })
  ).body
const connect = async (companyId: string, change: object = {}) =>
  (
    await relay.api<{ id: string }>('POST', `/v2/connection/company/${companyId}`, {
      utility: 'sandbox-power',
      username: 'pat',
      password: 'not-a-real-one',
      initialSites: ['12 Example Street'],
      utilityTypes: ['electric'],
      ...change,
    })
  ).body.id
async function logIn(connectionId: string, outcome: object) {
  const attempt = await relay.api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})
  await relay.api('POST', `/v2/attempt/${attempt.body.id}/outcome`, outcome)
}
const of = (connectionId: string) => receiver.events.filter(({ body }) => body.data.id === connectionId)

describe('events', () => {
  it('tell a company of a connection from its creation to its first trouble', async () => {
    const companyId = await newCompany()
    const { secret } = await register(companyId)
    const connectionId = await connect(companyId)
    const created = await receiver.next(
      ({ body }) => body.type === 'connection.created.v2',
      'the first event',
    )
    expect(isGenuine(created, secret)).toBe(true)
    expect(isGenuine({ ...created, raw: created.raw.replace('PENDING', 'CONNECTED') }, secret)).toBe(false)
    expect(created.body).toEqual({
      type: 'connection.created.v2',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: {
        company: { id: companyId, externalId: 'E-7', name: 'Example Energy', publicId: expect.any(String) },
        created: created.body.timestamp,
        datasource: { name: 'Sandbox Power' },
        externalId: null,
        id: connectionId,
        sitesRelations: [
          { accountIds: [], datasourceTypes: ['electric'], site: { id: null, name: '12 Example Street' } },
        ],
        status: 'PENDING',
        statusCause: null,
        statusErrorDetail: null,
        statusSuggestion: null,
        updated: created.body.timestamp,
        url: null,
        utility: 'sandbox-power',
        version: 1,
      },
    })
    await logIn(connectionId, { status: 'CONNECTED' })
    await logIn(connectionId, { status: 'CONNECTED' })
    await logIn(connectionId, { status: 'MFA_TOKEN_EXPIRED', code: 'not_received' })
    await receiver.next(
      ({ body }) => body.data.statusCause !== null && body.data.id === connectionId,
      'the event about the diagnosis',
    )
    const told = of(connectionId)
    expect(told.every((event) => isGenuine(event, secret))).toBe(true)
    expect(told.map(({ body }) => [body.type, body.data.status, body.data.protectedChanges ?? null])).toEqual(
      [
        ['connection.created.v2', 'PENDING', null],
        ['connection.updated.v2', 'CONNECTED', ['status']],
        ['connection.validated.v2', 'CONNECTED', null],
        ['connection.updated.v2', 'MFA_TOKEN_EXPIRED', ['status']],
        ['connection.validated.v2', 'MFA_TOKEN_EXPIRED', null],
        [
          'connection.updated.v2',
          'MFA_TOKEN_EXPIRED',
          ['statusErrorDetail', 'statusCause', 'statusSuggestion'],
        ],
      ],
    )
    expect(told[3]!.body.data.old).toEqual({ status: 'CONNECTED' })
    const versions = told.map(({ body }) => body.data.version as number)
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b))
    const now = await relay.api<{ version: number }>('GET', `/v2/connection/${connectionId}/details`)
    expect(versions.at(-1)).toBe(now.body.version)
    expect(new Set(told.map(({ headers }) => headers['webhook-id'])).size).toBe(told.length)
    expect(JSON.stringify(told)).not.toContain('not-a-real-one')
  })

  it('go to every endpoint that wants them, and are tried again with the same id', async () => {
    const companyId = await newCompany()
    const { id } = await register(companyId)
    receiver.answer = (_, response) =>
      receiver.events.length === 1
        ? response.writeHead(503).end('not now')
        : response.writeHead(200).end('ok')
    const connectionId = await connect(companyId)
    await receiver.next(() => of(connectionId).length === 2, 'the second try', 60_000)
    const [first, second] = of(connectionId)
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id'])
    expect(second!.raw).toBe(first!.raw)
    const log = await relay.api<{ items: object[] }>('GET', `/v2/company/${companyId}/webhook/${id}/delivery`)
    expect(log.body.items).toMatchObject([{ tries: expect.any(Number), eventType: 'connection.created.v2' }])
    const metrics = await (await fetch(`${relay.url}/metrics`)).text()
    expect(metrics).toMatch(/mfa_relay_deliveries_total\{courier="webhook",result="temporary"\} 1/)
  }, 90_000)

  it('keep to the settings: no plain http, no port or network that is not allowed', async () => {
    const companyId = await newCompany()
    const refused = await Promise.all(
      [
        receiver.url.replace('https', 'http'),
        'https://localhost:1/events',
        'https://10.0.0.1/events',
        'https://[fd00::1]/events',
        'https://user:word@hooks.example.com/',
        'not a URL',
      ].map((url) => relay.api('POST', `/v2/company/${companyId}/webhook`, { url })),
    )
    expect(refused.map(({ status }) => status)).toEqual(Array(6).fill(400))
    await provision(relay)
    expect(receiver.events).toEqual([])
  })
})
