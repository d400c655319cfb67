import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTotpCodes } from '../../src/runner/totp.ts'
import { startApi, type TestApi } from '../support/api.ts'

type Code = { id: string; code: string; channel: string; sentAt: string; expiresAt: string }
type ErrorBody = { error: { code: string; details?: Record<string, unknown> } }

const SECRET = 'JBSWY3DPEHPK3PXP'
const STEP = 30_000
const appShows = (at: number, secret = SECRET) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at })

describe('codes of an authenticator', () => {
  let api: TestApi
  let companyId: string
  let runner: string
  beforeAll(async () => {
    api = await startApi()
    companyId = await api.newCompany()
    runner = await api.newKey('runner')
  })
  afterAll(() => api.close())

  async function authenticator(setup: object = { method: 'authenticator', totpSecret: SECRET }) {
    const id = await api.newConnection(companyId)
    expect((await api.call('PUT', `/v2/connection/${id}/mfa`, setup)).status).toBe(200)
    return id
  }
  /** Sets the clock so many ms into a step that nobody has used. */
  const setInto = (ms: number, period = STEP) => {
    const now = api.clock.now()
    api.clock.skipMs += period - (now % period) + ms
  }
  const code = <T = Code>(attemptId: string, query = 'wait=0') =>
    api.call<T>('GET', `/v2/attempt/${attemptId}/code?${query}`, undefined, { key: runner })
  const end = (attemptId: string) => api.call('POST', `/v2/attempt/${attemptId}/outcome`, {})

  it('are what the app would show now, and the same attempt reads them again', async () => {
    const attemptId = await api.openAttempt(await authenticator())
    setInto(1_000)
    const at = api.clock.now()
    const first = await code(attemptId)
    expect(first).toMatchObject({
      status: 200,
      body: {
        code: appShows(at),
        channel: 'totp',
        rule: 'totp',
        verdict: 'trusted',
        sender: null,
        expiresAt: new Date(Math.ceil(at / STEP) * STEP).toISOString(),
      },
    })
    expect((await code(attemptId)).body).toEqual(first.body)
    const audit = await api.call<{ items: { action: string }[] }>(
      'GET',
      `/v2/audit?subject=attempt:${attemptId}`,
    )
    expect(audit.body.items.map(({ action }) => action).sort()).toEqual(['code.claimed', 'code.read_again'])
    expect(JSON.stringify(audit.body)).not.toContain(appShows(at))
  })

  it('are handed out once: the next attempt waits for the next step', async () => {
    const connectionId = await authenticator()
    const first = await api.openAttempt(connectionId)
    setInto(1_000)
    const { body: used } = await code(first)
    await end(first)
    const second = await api.openAttempt(connectionId)
    expect((await code(second)).status).toBe(204)
    const { status, body: fresh } = await code(second, 'wait=30')
    expect(status).toBe(200)
    expect(fresh.sentAt).toBe(used.expiresAt)
    expect(fresh.code).toBe(appShows(Date.parse(fresh.sentAt)))
  })

  it('go to one of many that ask at once', async () => {
    const connectionId = await authenticator()
    const attemptId = await api.openAttempt(connectionId)
    setInto(1_000)
    const all = await Promise.all(Array.from({ length: 8 }, () => code(attemptId)))
    expect(new Set(all.map(({ body }) => body.id)).size).toBe(1)
  })

  it('are those of the next step where under five seconds remain', async () => {
    const attemptId = await api.openAttempt(await authenticator())
    setInto(STEP - 4_999)
    expect((await code(attemptId)).status).toBe(204)
    const { body } = await code(attemptId, 'wait=10')
    expect(Date.parse(body.expiresAt) - api.clock.now()).toBeGreaterThan(STEP - 1_000)
    const other = await api.openAttempt(await authenticator())
    setInto(STEP - 5_500)
    expect((await code(other)).status).toBe(200)
  })

  it('are newer ones after one that the portal did not take', async () => {
    const attemptId = await api.openAttempt(await authenticator())
    setInto(1_000)
    const { body: first } = await code(attemptId)
    expect((await code(attemptId, `after=${first.id}`)).status).toBe(204)
    const { body: second } = await code(attemptId, `wait=30&after=${first.id}`)
    expect(second.sentAt).toBe(first.expiresAt)
    expect((await code<ErrorBody>(attemptId, 'after=nothing')).body.error.code).toBe('invalid_request')
  })

  it('follow the period and the length that an otpauth URI names', async () => {
    const totpSecret = `otpauth://totp/Portal:pat?secret=${SECRET}&period=60&digits=8&algorithm=SHA256`
    const attemptId = await api.openAttempt(await authenticator({ method: 'authenticator', totpSecret }))
    setInto(1_000, 60_000)
    const { body } = await code(attemptId)
    expect(body.code).toMatch(/^\d{8}$/)
    expect(Date.parse(body.expiresAt) - Date.parse(body.sentAt)).toBe(60_000)
  })

  it('are used up even when the relay was stopped in between', async () => {
    const connectionId = await authenticator()
    const first = await api.openAttempt(connectionId)
    setInto(1_000)
    await code(first)
    await end(first)
    const second = await api.openAttempt(connectionId)
    // Nothing of it is in memory: another instance says the same.
    const other = createTotpCodes({ store: api.store, now: api.clock.now })
    expect(await other.wait({ attemptId: second, actor: 'x', waitMs: 0 })).toMatchObject({ kind: 'wait' })
    other.close()
  })

  it('start anew with another secret only at the next step', async () => {
    const connectionId = await authenticator()
    const attemptId = await api.openAttempt(connectionId)
    setInto(1_000)
    await code(attemptId)
    const totpSecret = 'KRSXG5CTMVRXEZLU'
    await api.call('PUT', `/v2/connection/${connectionId}/mfa`, { method: 'authenticator', totpSecret })
    setInto(1_000)
    const { body } = await code(attemptId)
    expect(body.code).toBe(appShows(api.clock.now(), totpSecret))
  })

  it('end with the attempt, also while one waits', async () => {
    const connectionId = await authenticator()
    const first = await api.openAttempt(connectionId)
    await end(first)
    expect(await code<ErrorBody>(first)).toMatchObject({
      status: 410,
      body: { error: { code: 'attempt_over' } },
    })
    const second = await api.openAttempt(connectionId)
    setInto(STEP - 1_000)
    const codes = createTotpCodes({
      store: api.store,
      now: api.clock.now,
      pause: async (ms) => {
        await end(second)
        api.clock.skipMs += ms
      },
    })
    expect(await codes.wait({ attemptId: second, actor: 'x', waitMs: 10_000 })).toEqual({ kind: 'over' })
  })

  it.each(['the client leaves', 'the relay stops'])('keep nobody waiting when %s', async (why) => {
    const attemptId = await api.openAttempt(await authenticator())
    setInto(STEP - 2_000)
    const codes = createTotpCodes({ store: api.store, now: api.clock.now })
    let leave = () => {}
    const waiting = codes.wait({
      attemptId,
      actor: 'x',
      waitMs: 60_000,
      onGone: (how) => {
        leave = how
      },
    })
    if (why === 'the relay stops') codes.close()
    else leave()
    expect(await waiting).toMatchObject({ kind: 'wait' })
    codes.close()
  })

  it('come beside those of messages: the method decides, or who asks', async () => {
    const connectionId = await authenticator({ method: 'managed_forwarding', totpSecret: SECRET })
    const attemptId = await api.openAttempt(connectionId)
    setInto(1_000)
    expect((await code(attemptId)).status).toBe(204)
    await api.deliver(connectionId, '482913')
    expect((await code(attemptId)).body).toMatchObject({ code: '482913', channel: 'email' })
    expect((await code(attemptId, 'factor=totp')).body).toMatchObject({ channel: 'totp' })
    expect((await code(attemptId, 'factor=email')).body).toMatchObject({ channel: 'email' })
    expect((await code(attemptId, 'factor=sms')).status).toBe(204)
    expect((await code(attemptId, 'factor=pigeon')).status).toBe(400)
    const without = await api.openAttempt(await api.newConnection(companyId))
    expect((await code(without, 'factor=totp')).status).toBe(404)
  })

  it('keeps two channels apart where the portal uses both', async () => {
    const connectionId = await authenticator({ method: 'managed_forwarding' })
    const attemptId = await api.openAttempt(connectionId)
    api.clock.skipMs += 1_000
    await api.deliver(connectionId, '111111', { channel: 'sms' })
    api.clock.skipMs += 1_000
    await api.deliver(connectionId, '222222')
    expect((await code(attemptId, 'factor=email')).body.code).toBe('222222')
    expect((await code(attemptId, 'factor=sms')).body.code).toBe('111111')
    expect((await code(attemptId)).body.code).toBe('222222')
  })
})

describe('security answers', () => {
  let api: TestApi
  let companyId: string
  beforeAll(async () => {
    api = await startApi()
    companyId = await api.newCompany()
  })
  afterAll(() => api.close())

  const withAnswers = async (answers: Record<string, string>, change: object = {}, owner = companyId) => {
    const id = await api.newConnection(owner, change)
    const securityQuestions = Object.entries(answers).map(([question, answer]) => ({ question, answer }))
    await api.call('PUT', `/v2/connection/${id}/mfa`, { method: 'security_questions', securityQuestions })
    return id
  }
  const ask = async (connectionId: string, question: string) => {
    const attemptId = await api.openAttempt(connectionId)
    const path = `/v2/attempt/${attemptId}/answer`
    const reply = await api.call<{ answer?: string } & Partial<ErrorBody>>('POST', path, { question })
    await api.call('POST', `/v2/attempt/${attemptId}/outcome`, {})
    return reply.status === 200 ? reply.body.answer : reply.body.error?.details?.questions
  }

  it('serve every connection of the company at the utility, to the letter', async () => {
    await withAnswers({ 'First pet?': 'Rex' })
    const other = await api.newConnection(companyId)
    expect(await ask(other, 'First pet?')).toBe('Rex')
    expect(await ask(other, 'first pet?')).toEqual(['First pet?'])
    expect(await ask(other, 'First pet? ')).toEqual(['First pet?'])
  })

  it('stay within company and utility', async () => {
    await withAnswers({ 'First car?': 'Beetle' })
    expect(await ask(await api.newConnection(await api.newCompany()), 'First car?')).toEqual([])
    expect(await ask(await api.newConnection(companyId, { utility: 'pge' }), 'First car?')).toEqual([])
  })

  it('are the connection’s own where it has one, and none where others contradict each other', async () => {
    const owner = await api.newCompany()
    const one = await withAnswers({ 'Born in?': 'Springfield' }, {}, owner)
    const third = await api.newConnection(owner)
    expect(await ask(third, 'Born in?')).toBe('Springfield')
    const two = await withAnswers({ 'Born in?': 'Shelbyville' }, {}, owner)
    expect(await ask(one, 'Born in?')).toBe('Springfield')
    expect(await ask(two, 'Born in?')).toBe('Shelbyville')
    expect(await ask(third, 'Born in?')).toEqual(['Born in?'])
    await api.call('DELETE', `/v2/connection/${two}`)
    expect(await ask(third, 'Born in?')).toBe('Springfield')
  })

  it('of portals without a definition are shared by address only', async () => {
    const owner = await api.newCompany()
    const at = (url: string) => ({ utility: 'other', url })
    await withAnswers({ 'First pet?': 'Rex' }, at('https://one.example/'), owner)
    expect(await ask(await api.newConnection(owner, at('https://one.example/')), 'First pet?')).toBe('Rex')
    expect(await ask(await api.newConnection(owner, at('https://two.example/')), 'First pet?')).toEqual([])
  })
})
