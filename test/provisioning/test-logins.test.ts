import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../src/domain/id.ts'
import { startApi, type TestApi } from '../support/api.ts'

type Step = { step: string; state: string; at: string | null; text: string }
type Test = {
  id: string
  state: string
  stoppedAt: string | null
  reason: string | null
  cause: string | null
  customer: string | null
  attemptId: string | null
  steps: Step[]
}
type Lease = { attempt: { id: string; purpose: string }; connection: { id: string } }

describe('a test login', () => {
  let api: TestApi
  let companyId: string
  let connectionId: string
  let runner: string
  let own: string
  beforeAll(async () => {
    api = await startApi()
  })
  beforeEach(async () => {
    companyId = await api.newCompany()
    own = await api.newKey('company', companyId)
    runner = await api.newKey('runner', companyId)
    connectionId = await api.newConnection(companyId)
    await api.call('PUT', `/v2/connection/${connectionId}/mfa`, { method: 'managed_forwarding' })
    // The first login, which is due at once, is out of the way.
    const first = await api.openAttempt(connectionId)
    await report(first, { status: 'CONNECTED', code: 'not_requested' })
  })
  afterAll(() => api.close())

  const ask = (headers = {}) =>
    api.call<Test>('POST', `/v2/connection/${connectionId}/mfa/test`, undefined, { key: own, headers })
  const history = async (): Promise<Test[]> => {
    const path = `/v2/connection/${connectionId}/mfa/test`
    return (await api.call<{ items: Test[] }>('GET', path, undefined, { key: own })).body.items
  }
  const newest = async (): Promise<Test> => (await history())[0]!
  const lease = (body = {}) =>
    api.call<Lease>('POST', '/v2/collection/lease', { runner: 'r', ...body }, { key: runner })
  const report = (attemptId: string, outcome: object) =>
    api.call('POST', `/v2/attempt/${attemptId}/outcome`, outcome)
  const claim = (attemptId: string) => api.call('GET', `/v2/attempt/${attemptId}/code`)
  const begin = async (): Promise<string> => {
    await ask()
    return (await lease()).body.attempt.id
  }
  const stepsBy = ({ steps }: Test, state: string) =>
    steps.filter((step) => step.state === state).map(({ step }) => step)

  it('goes to the next runner, whatever the schedule says, and is followed to its end', async () => {
    expect((await lease()).status).toBe(204)
    expect(await ask()).toMatchObject({ status: 201, body: { state: 'waiting', stoppedAt: null } })
    const leased = await lease()
    expect(leased.body).toMatchObject({
      attempt: { purpose: 'test_login' },
      connection: { id: connectionId },
    })
    const { id } = leased.body.attempt
    expect(stepsBy(await newest(), 'done')).toEqual(['asked', 'taken'])
    await api.deliver(connectionId, '482913')
    expect(stepsBy(await newest(), 'done')).toEqual(['asked', 'taken', 'sent', 'arrived', 'trusted', 'read'])
    await claim(id)
    await report(id, { status: 'CONNECTED', code: 'accepted' })
    const test = await newest()
    expect(test).toMatchObject({ state: 'passed', stoppedAt: null, reason: null, attemptId: id })
    expect(stepsBy(test, 'done')).toHaveLength(8)
    expect(test.steps.every(({ at }) => at !== null)).toBe(true)
    expect(JSON.stringify(test)).not.toContain('482913')
    expect((await lease()).status).toBe(204)
  })

  it('leaves the schedule as it is', async () => {
    const before = await api.store.getConnection(connectionId)
    await ask()
    api.clock.skipMs += 16 * 60_000
    expect(await newest()).toMatchObject({ state: 'not_taken', stoppedAt: 'taken' })
    expect((await lease()).status).toBe(204)
    expect(await api.store.getConnection(connectionId)).toEqual(before)
    // What was not taken is in nobody's way.
    expect((await ask()).status).toBe(201)
    expect((await history()).map(({ state }) => state)).toEqual(['waiting', 'not_taken'])
  })

  it.each([
    ['sent', null, { status: 'MFA_TOKEN_EXPIRED', code: 'not_received' }],
    ['trusted', { verdict: 'untrusted', code: null }, { status: 'MFA_TOKEN_EXPIRED', code: 'not_received' }],
    ['read', { extraction: 'none', code: null }, { status: 'MFA_TOKEN_EXPIRED', code: 'not_received' }],
    ['accepted', {}, { status: 'MFA_TOKEN_EXPIRED', code: 'rejected' }],
  ] as const)(
    'says that it stopped at "%s", why, and what to tell the customer',
    async (stoppedAt, came, outcome) => {
      const id = await begin()
      if (came) await api.deliver(connectionId, '482913', change(came))
      await claim(id)
      await report(id, outcome)
      const test = await newest()
      expect(test).toMatchObject({ state: 'failed', stoppedAt })
      expect(test.steps.find(({ step }) => step === stoppedAt)?.state).toBe('stopped')
      expect(test.reason).not.toBeNull()
      expect(test.cause).not.toBeNull()
      expect(test.customer).not.toBeNull()
    },
  )

  const change = ({ verdict, extraction, code }: { verdict?: string; extraction?: string; code?: null }) => ({
    ...(verdict
      ? {
          verdict: {
            level: 'untrusted' as const,
            reasons: [{ code: 'x', text: 'Nobody signed it.' }],
            senderDomain: 'portal.test',
            forwardedBy: null,
          },
        }
      : {}),
    ...(extraction
      ? { extraction: { kind: 'none' as const, reason: 'unmatched' as const, candidates: [] } }
      : {}),
    ...(code === null ? { code } : {}),
  })

  it('tells a refused password and a portal that asked for no code from a code that did not come', async () => {
    const without = await begin()
    await report(without, { status: 'CONNECTED', code: 'not_requested' })
    expect(await newest()).toMatchObject({ state: 'passed_without_code', stoppedAt: null })
    const refused = await begin()
    await report(refused, { status: 'PASSWORD_INCORRECT', detail: 'The portal says no.' })
    expect(await newest()).toMatchObject({ state: 'failed', stoppedAt: 'sent' })
    expect((await newest()).reason).toContain('The portal says no.')
    // Another try may lock the account.
    expect((await ask()).status).toBe(409)
    await api.call('PATCH', `/v2/connection/${connectionId}`, { password: 'another-one' })
    expect((await ask()).status).toBe(201)
  })

  it('that waits is not begun once the portal has refused the password', async () => {
    const login = await api.openAttempt(connectionId)
    await ask()
    await report(login, { status: 'PASSWORD_INCORRECT' })
    expect((await lease()).status).toBe(204)
    await api.call('PATCH', `/v2/connection/${connectionId}`, { password: 'another-one' })
    expect((await lease()).body.attempt.purpose).toBe('test_login')
  })

  it('is one at a time, and the same key asks once', async () => {
    const headers = { 'idempotency-key': newId() }
    const first = await ask(headers)
    expect((await ask(headers)).body.id).toBe(first.body.id)
    expect(await ask()).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict', details: { testId: first.body.id } } },
    })
    const id = (await lease()).body.attempt.id
    expect((await ask()).status).toBe(409)
    await report(id, {})
    expect(await newest()).toMatchObject({ state: 'failed', stoppedAt: 'sent' })
    expect((await ask()).status).toBe(201)
  })

  it('may be begun by a runner that opens the attempt itself; another login is none', async () => {
    await ask()
    const login = await api.openAttempt(connectionId)
    expect((await newest()).state).toBe('waiting')
    expect((await lease()).status).toBe(204)
    await report(login, { status: 'CONNECTED', code: 'not_requested' })
    const opened = await api.call<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {
      purpose: 'test_login',
    })
    expect(await newest()).toMatchObject({ state: 'running', attemptId: opened.body.id })
    await report(opened.body.id, {})
  })

  it('does not make a login that waits for a repair due again when its runner dies', async () => {
    const id = await begin()
    await report(id, { status: 'MFA_TOKEN_EXPIRED', code: 'not_received' })
    const again = await begin()
    await report(again, {})
    api.clock.skipMs += 8 * 86_400_000
    expect((await lease()).status).toBe(204)
  })

  it('is kept from inactive companies, from runners of others, and from other companies', async () => {
    await ask()
    const bound = await api.newKey('runner', await api.newCompany())
    const foreign = await api.call('POST', '/v2/collection/lease', { runner: 'r' }, { key: bound })
    expect(foreign.status).toBe(204)
    expect((await lease({ utilities: ['pge'] })).status).toBe(204)
    const stranger = await api.newKey('company', await api.newCompany())
    for (const method of ['POST', 'GET']) {
      const path = `/v2/connection/${connectionId}/mfa/test`
      expect((await api.call(method, path, undefined, { key: stranger })).status).toBe(404)
    }
    await api.call('PATCH', `/v2/company/${companyId}`, { isActive: false })
    expect((await lease()).status).toBe(204)
    expect((await ask()).status).toBe(409)
  })

  it('of one company do not fill the queue', async () => {
    const statuses: number[] = []
    for (let n = 0; n <= 50; n += 1) {
      const id = await api.newConnection(companyId)
      statuses.push((await api.call('POST', `/v2/connection/${id}/mfa/test`)).status)
    }
    expect(statuses).toEqual([...Array(50).fill(201), 429])
    await api.call('PATCH', `/v2/company/${companyId}`, { isActive: false })
  })
})
