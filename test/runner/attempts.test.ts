import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../support/api.ts'
import { waitFor } from '../support/wait-for.ts'

type Attempt = { id: string; openedAt: string; expiresAt: string; closedAt: string | null; outcome: unknown }
type ErrorBody = { error: { code: string; message: string; details?: Record<string, unknown> } }

describe('the login runner API', () => {
  let api: TestApi
  let companyId: string
  let runner: string
  beforeAll(async () => {
    api = await startApi()
    companyId = await api.newCompany()
    runner = await api.newKey('runner')
  })
  afterAll(() => api.close())

  const newConnection = () => api.newConnection(companyId)

  it('opens an attempt of ten minutes', async () => {
    const connectionId = await newConnection()
    const { status, body } = await api.call<Attempt>(
      'POST',
      `/v2/connection/${connectionId}/attempt`,
      { runner: 'worker-7', purpose: 'test_login' },
      { key: runner },
    )
    expect(status).toBe(201)
    expect(body).toMatchObject({ connectionId, runner: 'worker-7', purpose: 'test_login', closedAt: null })
    expect(Date.parse(body.expiresAt) - Date.parse(body.openedAt)).toBe(600_000)
  })

  it('opens one without a body too', async () => {
    const connectionId = await newConnection()
    expect((await api.call('POST', `/v2/connection/${connectionId}/attempt`)).status).toBe(201)
  })

  it('refuses a second one while the first is open, and says which', async () => {
    const connectionId = await newConnection()
    const attemptId = await api.openAttempt(connectionId)
    const { status, body } = await api.call<ErrorBody>('POST', `/v2/connection/${connectionId}/attempt`, {})
    expect(status).toBe(409)
    expect(body.error).toMatchObject({ code: 'attempt_open', details: { attemptId } })
    expect(body.error.details?.expiresAt).toMatch(/^\d{4}-\d\d-\d\dT/)
    await api.call('POST', `/v2/attempt/${attemptId}/outcome`, {})
    expect((await api.call('POST', `/v2/connection/${connectionId}/attempt`, {})).status).toBe(201)
  })

  it('gives the same attempt to the same Idempotency-Key, and refuses it for another request', async () => {
    const connectionId = await newConnection()
    const open = (body: object) =>
      api.call<Attempt>('POST', `/v2/connection/${connectionId}/attempt`, body, {
        headers: { 'idempotency-key': 'open-1' },
      })
    const first = await open({ runner: 'a' })
    const again = await open({ runner: 'a' })
    expect(again).toMatchObject({ status: 201, body: first.body })
    expect(await open({ runner: 'b' })).toMatchObject({
      status: 422,
      body: { error: { code: 'idempotency_key_reused' } },
    })
  })

  it('keeps the Idempotency-Keys of two callers apart', async () => {
    const headers = { 'idempotency-key': 'shared-by-chance' }
    const one = await api.call<Attempt>(
      'POST',
      `/v2/connection/${await newConnection()}/attempt`,
      {},
      { headers },
    )
    const path = `/v2/connection/${await newConnection()}/attempt`
    const other = await api.call<Attempt>('POST', path, {}, { headers, key: runner })
    expect(other.status).toBe(201)
    expect(other.body.id).not.toBe(one.body.id)
  })

  it('waits for the code, hands it out, and hands the same one out again', async () => {
    const connectionId = await newConnection()
    const attemptId = await api.openAttempt(connectionId)
    const path = `/v2/attempt/${attemptId}/code?wait=60`
    const waiting = api.call('GET', path, undefined, { key: runner })
    await waitFor(() => api.waiters.count() === 1, 'the waiter')
    await api.deliver(connectionId, '482913')
    const { status, body } = await waiting
    expect(status).toBe(200)
    expect(Object.keys(body).sort()).toEqual(
      'channel code confidence expiresAt id receivedAt rule sender sentAt verdict'.split(' '),
    )
    expect(body).toMatchObject({
      code: '482913',
      channel: 'email',
      verdict: 'trusted',
      sender: 'codes@portal.test',
    })
    expect((await api.call('GET', path)).body).toEqual(body)
    const audit = await api.call<{ items: { action: string }[] }>(
      'GET',
      `/v2/audit?subject=attempt:${attemptId}`,
    )
    expect(audit.body.items.map(({ action }) => action).sort()).toEqual(['code.claimed', 'code.read_again'])
  })

  it('answers 204 when there is none yet', async () => {
    const attemptId = await api.openAttempt(await newConnection())
    expect(await api.call('GET', `/v2/attempt/${attemptId}/code`)).toMatchObject({ status: 204 })
  })

  it('gives a newer code after the first, and with `after` only that', async () => {
    const connectionId = await newConnection()
    const attemptId = await api.openAttempt(connectionId)
    const now = Date.now()
    await api.deliver(connectionId, '111111', { sentAt: now, receivedAt: now })
    const first = await api.call<{ id: string }>('GET', `/v2/attempt/${attemptId}/code`)
    const onlyNewer = `/v2/attempt/${attemptId}/code?after=${first.body.id}`
    expect((await api.call('GET', onlyNewer)).status).toBe(204)
    await api.deliver(connectionId, '222222', { sentAt: now + 5, receivedAt: now + 5 })
    expect((await api.call('GET', onlyNewer)).body).toMatchObject({ code: '222222' })
  })

  it('never gives one attempt’s code to the next', async () => {
    const connectionId = await newConnection()
    const first = await api.openAttempt(connectionId)
    await api.deliver(connectionId, '333333')
    expect((await api.call('GET', `/v2/attempt/${first}/code`)).status).toBe(200)
    await api.call('POST', `/v2/attempt/${first}/outcome`, { code: 'accepted', status: 'CONNECTED' })
    const second = await api.openAttempt(connectionId)
    expect((await api.call('GET', `/v2/attempt/${second}/code`)).status).toBe(204)
  })

  it('says what arrived meanwhile and why it was no code', async () => {
    const connectionId = await newConnection()
    const attemptId = await api.openAttempt(connectionId)
    await api.deliver(connectionId, '000000', {
      code: null,
      verdict: { level: 'untrusted', reasons: [], senderDomain: 'evil.test', forwardedBy: null },
    })
    const { body } = await api.call<{ seen: unknown[] }>('GET', `/v2/attempt/${attemptId}`)
    expect(body).toMatchObject({ id: attemptId, seen: [{ verdict: 'untrusted', result: 'quarantined' }] })
    expect(JSON.stringify(body)).not.toContain('000000')
  })

  it('extends an attempt, never shortens it, and never beyond an hour', async () => {
    const attemptId = await api.openAttempt(await newConnection())
    const extend = async (seconds: number) =>
      (await api.call<Attempt>('POST', `/v2/attempt/${attemptId}/extend`, { seconds })).body
    const shortened = await extend(1)
    expect(Date.parse(shortened.expiresAt) - Date.parse(shortened.openedAt)).toBe(600_000)
    const extended = await extend(3600)
    expect(Date.parse(extended.expiresAt) - Date.parse(extended.openedAt)).toBe(3_600_000)
  })

  it('closes with an outcome that moves the status, once per Idempotency-Key', async () => {
    const connectionId = await newConnection()
    const attemptId = await api.openAttempt(connectionId)
    const report = (body: object) =>
      api.call('POST', `/v2/attempt/${attemptId}/outcome`, body, { headers: { 'idempotency-key': 'o1' } })
    const outcome = { status: 'PASSWORD_INCORRECT', detail: 'the portal said so', code: 'not_requested' }
    const first = await report(outcome)
    expect(first).toMatchObject({
      status: 200,
      body: {
        outcome,
        connection: {
          id: connectionId,
          status: 'PASSWORD_INCORRECT',
          statusErrorDetail: 'the portal said so',
        },
      },
    })
    expect((await report(outcome)).body).toEqual(first.body)
    expect((await report({ ...outcome, detail: 'other' })).status).toBe(422)
  })

  it('moves nothing without a status', async () => {
    const connectionId = await newConnection()
    const attemptId = await api.openAttempt(connectionId)
    const { body } = await api.call('POST', `/v2/attempt/${attemptId}/outcome`, {})
    expect(body).toMatchObject({ connection: { status: 'PENDING' } })
  })

  it('refuses statuses that are not a runner’s to report, and names the bad fields', async () => {
    const attemptId = await api.openAttempt(await newConnection())
    const body = { status: 'COMPANY_INACTIVE', code: 'maybe', surprise: 1 }
    const reply = await api.call<ErrorBody>('POST', `/v2/attempt/${attemptId}/outcome`, body)
    expect(reply.status).toBe(400)
    const fields = reply.body.error.details?.fields as { path: string }[]
    expect(fields.map(({ path }) => path).sort()).toEqual(['code', 'status', 'surprise'])
  })

  it('answers 410 for a closed attempt', async () => {
    const attemptId = await api.openAttempt(await newConnection())
    await api.call('POST', `/v2/attempt/${attemptId}/outcome`, {})
    const over = { status: 410, body: { error: { code: 'attempt_over' } } }
    expect(await api.call('GET', `/v2/attempt/${attemptId}/code`)).toMatchObject(over)
    expect(await api.call('POST', `/v2/attempt/${attemptId}/extend`, { seconds: 5 })).toMatchObject(over)
    expect(await api.call('POST', `/v2/attempt/${attemptId}/answer`, { question: '?' })).toMatchObject(over)
    expect(await api.call('POST', `/v2/attempt/${attemptId}/outcome`, {})).toMatchObject(over)
  })

  it('answers 410 for an expired attempt, also to who waits, and frees the code source', async () => {
    const connectionId = await newConnection()
    const attemptId = await api.openAttempt(connectionId)
    api.clock.skipMs = 600_001
    try {
      const { body, status } = await api.call<ErrorBody>('GET', `/v2/attempt/${attemptId}/code?wait=60`)
      expect(status).toBe(410)
      expect(body.error.code).toBe('attempt_over')
      expect((await api.call('POST', `/v2/connection/${connectionId}/attempt`, {})).status).toBe(201)
    } finally {
      api.clock.skipMs = 0
    }
  })

  it('ends a poll when the attempt is closed meanwhile', async () => {
    const attemptId = await api.openAttempt(await newConnection())
    const waiting = api.call('GET', `/v2/attempt/${attemptId}/code?wait=60`)
    await waitFor(() => api.waiters.count() === 1, 'the waiter')
    await api.call('POST', `/v2/attempt/${attemptId}/outcome`, {})
    expect((await waiting).status).toBe(410)
  })

  it('frees a waiter whose client is gone', async () => {
    const attemptId = await api.openAttempt(await newConnection())
    const client = new AbortController()
    const waiting = api.call('GET', `/v2/attempt/${attemptId}/code?wait=60`, undefined, {
      signal: client.signal,
    })
    await waitFor(() => api.waiters.count() === 1, 'the waiter')
    client.abort()
    await waitFor(() => api.waiters.count() === 0, 'the waiter to be freed')
    await waiting
  })

  it('knows security answers by their exact question', async () => {
    const connectionId = await newConnection()
    const question = 'What was your first pet’s name?'
    await api.call('PUT', `/v2/connection/${connectionId}/mfa`, {
      method: 'security_questions',
      securityQuestions: [{ question, answer: 'Rex  ' }],
    })
    const attemptId = await api.openAttempt(connectionId)
    const ask = (asked: string) => api.call('POST', `/v2/attempt/${attemptId}/answer`, { question: asked })
    expect(await ask(question)).toMatchObject({ status: 200, body: { question, answer: 'Rex  ' } })
    expect(await ask(question.toLowerCase())).toMatchObject({
      status: 404,
      body: { error: { details: { questions: [question] } } },
    })
  })

  it('opens nothing for a deactivated company', async () => {
    const other = await api.newCompany()
    const connectionId = await api.newConnection(other)
    await api.call('PATCH', `/v2/company/${other}`, { isActive: false })
    expect(await api.call('POST', `/v2/connection/${connectionId}/attempt`, {})).toMatchObject({
      status: 409,
      body: { error: { code: 'company_inactive' } },
    })
  })

  it('hides what belongs to another company from a runner bound to one', async () => {
    const connectionId = await newConnection()
    const attemptId = await api.openAttempt(connectionId)
    const stranger = await api.newKey('runner', await api.newCompany())
    const asStranger = { key: stranger }
    const paths: [string, string, object?][] = [
      ['POST', `/v2/connection/${connectionId}/attempt`, {}],
      ['GET', `/v2/attempt/${attemptId}`],
      ['GET', `/v2/attempt/${attemptId}/code`],
      ['POST', `/v2/attempt/${attemptId}/extend`, { seconds: 1 }],
      ['POST', `/v2/attempt/${attemptId}/answer`, { question: '?' }],
      ['POST', `/v2/attempt/${attemptId}/outcome`, {}],
    ]
    for (const [method, path, body] of paths)
      expect([path, (await api.call(method, path, body, asStranger)).status]).toEqual([path, 404])
    const own = await api.newKey('runner', companyId)
    expect((await api.call('GET', `/v2/attempt/${attemptId}`, undefined, { key: own })).status).toBe(200)
  })

  it('answers 404 for attempts and connections that are not there', async () => {
    expect((await api.call('GET', '/v2/attempt/nothing/code')).status).toBe(404)
    expect((await api.call('POST', '/v2/connection/nothing/attempt', {})).status).toBe(404)
  })

  it('refuses a wait that is too long', async () => {
    const attemptId = await api.openAttempt(await newConnection())
    const { status, body } = await api.call<ErrorBody>('GET', `/v2/attempt/${attemptId}/code?wait=61`)
    expect(status).toBe(400)
    expect(body.error.details?.fields).toMatchObject([{ path: 'wait' }])
  })

  it('gives each of a thousand waiting runners its own code', async () => {
    const connections = await Promise.all(Array.from({ length: 1_000 }, newConnection))
    const attempts = await Promise.all(connections.map((id) => api.openAttempt(id)))
    const waiting = attempts.map((id) =>
      api.call('GET', `/v2/attempt/${id}/code?wait=60`, undefined, { key: runner }),
    )
    await waitFor(() => api.waiters.count() === 1_000, 'a thousand waiters')
    await Promise.all(connections.map((id, n) => api.deliver(id, String(100_000 + n))))
    const replies = await Promise.all(waiting)
    expect(replies.map(({ body }) => body.code)).toEqual(connections.map((_, n) => String(100_000 + n)))
    expect(api.waiters.count()).toBe(0)
  })
})
