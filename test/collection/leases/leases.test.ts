import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../../support/api.ts'

type Lease = {
  attempt: { id: string; connectionId: string; runner: string; openedAt: string; expiresAt: string }
  connection: { id: string; companyId: string; utility: string; status: string }
  credentials: { username: string; password: string; securityQuestions: string[] }
}
type ErrorBody = { error: { code: string } }

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

describe('leases', () => {
  let api: TestApi
  let companyId: string
  let runner: string
  beforeEach(async () => {
    api = await startApi()
    companyId = await api.newCompany()
    runner = await api.newKey('runner')
  })
  afterEach(() => api.close())

  /** Connections whose first login is due now. */
  async function due(count = 1, owner = companyId, change: object = {}): Promise<string[]> {
    const ids: string[] = []
    for (let n = 0; n < count; n += 1) ids.push(await api.newConnection(owner, change))
    api.clock.skipMs += MINUTE
    return ids
  }
  const lease = (body: object = {}, options: { key?: string; headers?: Record<string, string> } = {}) =>
    api.call<Lease>(
      'POST',
      '/v2/collection/lease',
      { runner: 'worker-7', ...body },
      { key: runner, ...options },
    )
  const leasedIds = async (count: number, body: object = {}) => {
    const ids: string[] = []
    for (let n = 0; n < count; n += 1) ids.push((await lease(body)).body.connection?.id ?? 'none')
    return ids
  }
  const report = (attemptId: string, outcome: object) =>
    api.call('POST', `/v2/attempt/${attemptId}/outcome`, outcome, { key: runner })

  it('hand a login that is due to one runner, with what it types', async () => {
    const [connectionId] = await due()
    const { status, body, headers } = await lease({ leaseSeconds: 900 })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      attempt: { connectionId, runner: 'worker-7', purpose: 'login', closedAt: null },
      connection: { id: connectionId, companyId, utility: 'sandbox-power', status: 'PENDING' },
      credentials: { username: 'pat', password: 'not-a-real-one', securityQuestions: [] },
    })
    expect(Date.parse(body.attempt.expiresAt) - Date.parse(body.attempt.openedAt)).toBe(900_000)
    expect(headers.get('cache-control')).toBe('no-store')
    expect((await lease()).status).toBe(204)
    const audit = await api.call<{ items: object[] }>('GET', `/v2/audit?subject=connection:${connectionId}`)
    expect(audit.body.items).toMatchObject([
      { action: 'credentials.leased', detail: `attempt:${body.attempt.id}` },
    ])
    expect(JSON.stringify(audit.body)).not.toContain('not-a-real-one')
  })

  it('wait with a new connection until its second factor had a moment to be set up', async () => {
    const connectionId = await api.newConnection(companyId)
    expect((await lease()).status).toBe(204)
    await api.call('PUT', `/v2/connection/${connectionId}/mfa`, {
      method: 'security_questions',
      securityQuestions: [{ question: 'First pet?', answer: 'Rex' }],
    })
    const { body } = await lease()
    expect(body.credentials).toEqual({
      username: 'pat',
      password: 'not-a-real-one',
      securityQuestions: ['First pet?'],
    })
  })

  it('are one for each of many runners that ask at once', async () => {
    const ids = await due(20)
    const replies = await Promise.all(Array.from({ length: 30 }, (_, n) => lease({ runner: `worker-${n}` })))
    const leased = replies.filter(({ status }) => status === 200).map(({ body }) => body.connection.id)
    expect(leased.sort()).toEqual(ids.sort())
    expect(replies.filter(({ status }) => status === 204)).toHaveLength(10)
  })

  it('are the same for a repeated key, with the credentials unsealed anew', async () => {
    await due(2)
    const headers = { 'idempotency-key': 'lease-1' }
    const first = await lease({}, { headers })
    await api.call('PATCH', `/v2/connection/${first.body.connection.id}`, { password: 'a-newer-one' })
    const again = await lease({}, { headers })
    expect(again.body.attempt).toEqual(first.body.attempt)
    expect(again.body.credentials.password).toBe('a-newer-one')
    expect((await lease({ runner: 'other' }, { headers })).status).toBe(422)
    const audit = await api.call<{ items: { action: string }[] }>(
      'GET',
      `/v2/audit?subject=connection:${first.body.connection.id}`,
    )
    const leases = audit.body.items.filter(({ action }) => action === 'credentials.leased')
    expect(leases).toHaveLength(2)
    await report(first.body.attempt.id, { status: 'CONNECTED' })
    const over = await api.call<ErrorBody>(
      'POST',
      '/v2/collection/lease',
      { runner: 'worker-7' },
      { key: runner, headers },
    )
    expect(over).toMatchObject({ status: 410, body: { error: { code: 'attempt_over' } } })
  })

  it('go round between companies, however many logins each has', async () => {
    const large = companyId
    const [one, two] = [await api.newCompany(), await api.newCompany()]
    await due(6, large)
    await due(1, one)
    await due(2, two, { utility: 'pge' })
    const owners: string[] = []
    for (let n = 0; n < 9; n += 1) owners.push((await lease()).body.connection.companyId)
    expect(new Set(owners.slice(0, 3))).toEqual(new Set([large, one, two]))
    expect(new Set(owners.slice(3, 5))).toEqual(new Set([large, two]))
    expect(owners.slice(5)).toEqual([large, large, large, large])
    expect((await lease()).status).toBe(204)
  })

  it('give a company with two utilities no second turn', async () => {
    const other = await api.newCompany()
    await due(3)
    await due(3, companyId, { utility: 'pge' })
    await due(3, other)
    const owners: string[] = []
    for (let n = 0; n < 6; n += 1) owners.push((await lease()).body.connection.companyId)
    expect(owners.filter((owner) => owner === other)).toHaveLength(3)
  })

  it('come only from the utilities asked for', async () => {
    const [pge] = await due(1, companyId, { utility: 'pge' })
    const [peco] = await due(1, companyId, { utility: 'peco' })
    await due(1)
    expect((await lease({ utilities: ['bge'] })).status).toBe(204)
    expect((await leasedIds(3, { utilities: ['pge', 'peco', 'bge'] })).sort()).toEqual(
      [pge, peco, 'none'].sort(),
    )
    expect((await lease()).status).toBe(200)
  })

  it('come only from the company that the key is bound to', async () => {
    await due(2)
    const own = await api.newCompany()
    const [mine] = await due(1, own)
    const key = await api.newKey('runner', own)
    expect((await lease({ utilities: ['pge'] }, { key })).status).toBe(204)
    expect((await lease({}, { key })).body.connection.id).toBe(mine)
    expect((await lease({}, { key })).status).toBe(204)
  })

  it('never come from an inactive company, and again when it is active', async () => {
    await due()
    await api.call('PATCH', `/v2/company/${companyId}`, { isActive: false })
    expect((await lease()).status).toBe(204)
    await api.call('PATCH', `/v2/company/${companyId}`, { isActive: true })
    expect((await lease()).status).toBe(200)
  })

  it('never come from a removed connection', async () => {
    const [gone] = await due()
    await api.call('DELETE', `/v2/connection/${gone}`)
    expect((await lease()).status).toBe(204)
  })

  it('pass by a login that is under way, and one whose inbox is in use', async () => {
    const setup = { method: 'inbox_forwarding', inboxAddresses: ['shared@customer.example'] }
    const [one = '', two = ''] = await due(2)
    for (const id of [one, two]) await api.call('PUT', `/v2/connection/${id}/mfa`, setup)
    const attemptId = await api.openAttempt(one)
    expect((await lease()).status).toBe(204)
    await report(attemptId, { status: 'CONNECTED' })
    api.clock.skipMs += 10 * MINUTE
    expect((await lease()).body.connection.id).toBe(two)
  })

  it('are given to another runner after a crash, not at once and not for ever', async () => {
    await due()
    const first = await lease()
    api.clock.skipMs += 11 * MINUTE
    expect((await lease()).status).toBe(204)
    api.clock.skipMs += 4 * MINUTE
    const second = await lease({ runner: 'another' })
    expect(second.body.connection.id).toBe(first.body.connection.id)
    expect(second.body.attempt.id).not.toBe(first.body.attempt.id)
    let leases = 2
    for (let left = DAY - 15 * MINUTE; left > 0; left -= 30 * MINUTE) {
      api.clock.skipMs += 30 * MINUTE
      if ((await lease()).status === 200) leases += 1
    }
    expect(leases).toBeLessThanOrEqual(7)
    expect(leases).toBeGreaterThan(3)
  })

  it('last longer when their attempt is extended', async () => {
    await due()
    const { body } = await lease({ leaseSeconds: 60 })
    await api.call('POST', `/v2/attempt/${body.attempt.id}/extend`, { seconds: 1800 }, { key: runner })
    api.clock.skipMs += 20 * MINUTE
    expect((await lease()).status).toBe(204)
    await report(body.attempt.id, { status: 'CONNECTED' })
  })

  it('come again after a week when the login worked, and after hours when the site was down', async () => {
    const [connectionId] = await due()
    const first = await lease()
    await report(first.body.attempt.id, { status: 'WEBSITE_DOWN' })
    api.clock.skipMs += 60 * MINUTE
    expect((await lease()).status).toBe(204)
    api.clock.skipMs += 80 * MINUTE
    const second = await lease()
    expect(second.body.connection.id).toBe(connectionId)
    await report(second.body.attempt.id, { status: 'CONNECTED' })
    api.clock.skipMs += 3 * DAY
    expect((await lease()).status).toBe(204)
    api.clock.skipMs += 8 * DAY
    expect((await lease()).status).toBe(200)
  })

  it.each([
    [{ status: 'PASSWORD_INCORRECT' }, 'PATCH', '', { password: 'a-better-one' }],
    [{ status: 'MFA_TOKEN_EXPIRED', code: 'not_received' }, 'PUT', '/mfa', { method: 'managed_forwarding' }],
    [{ code: 'rejected' }, 'PATCH', '', { password: 'the-same-perhaps' }],
  ])('do not come again after %j until the customer has reconnected, then at once', async (...row) => {
    const [outcome, method, path, change] = row
    const [connectionId] = await due()
    await report((await lease()).body.attempt.id, outcome)
    api.clock.skipMs += 30 * DAY
    expect((await lease()).status).toBe(204)
    await api.call(method, `/v2/connection/${connectionId}${path}`, change)
    expect((await lease()).status).toBe(200)
  })

  it('refuse what makes no sense', async () => {
    const bodies = [{}, { runner: '' }, { runner: 'r', utilities: [] }, { runner: 'r', leaseSeconds: 3601 }]
    for (const body of bodies) {
      expect((await api.call('POST', '/v2/collection/lease', body, { key: runner })).status).toBe(400)
    }
  })
})
