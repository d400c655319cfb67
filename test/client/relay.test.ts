import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AdditionalCredentialsNeeded,
  CodeRejected,
  CodeTimeout,
  type Fetch,
  isAttemptOpen,
  MfaTokenExpired,
  NewPasswordNeeded,
  NoAccountsFound,
  OtherError,
  OutcomeNotReported,
  PasswordIncorrect,
  Relay,
  RelayError,
  RelayUnreachable,
  UnknownQuestion,
  UrlInaccessible,
  WebsiteDown,
} from '../../src/client/index.ts'
import { type HttpServer, startHttp } from '../../src/http/server.ts'
import { ADMIN, startApi, type TestApi } from '../support/api.ts'
import { waitFor } from '../support/wait-for.ts'

describe('the client', () => {
  let api: TestApi
  let server: HttpServer
  let url: string
  let apiKey: string
  let companyId: string
  beforeAll(async () => {
    api = await startApi()
    server = await startHttp({ app: api.app, host: '127.0.0.1', port: 0 })
    url = `http://127.0.0.1:${server.port}`
    apiKey = await api.newKey('runner')
    companyId = await api.newCompany()
  })
  afterAll(async () => {
    api.waiters.close()
    await server.close()
    await api.close()
  })

  const newRelay = (fetch?: Fetch, timeoutMs?: number) =>
    new Relay({ url, apiKey, ...(fetch ? { fetch } : {}), ...(timeoutMs ? { timeoutMs } : {}) })
  const newConnection = () => api.newConnection(companyId)
  const attemptOf = async (id: string) =>
    (await api.call<{ outcome: object; closedAt: string | null }>('GET', `/v2/attempt/${id}`)).body
  const statusOf = async (id: string) => (await api.call('GET', `/v2/connection/${id}/details`)).body.status

  /** Fails as asked, then is the real one. */
  const failing = (failures: ((path: string) => Response | Error | undefined)[]): Fetch => {
    return async (target, init) => {
      const failure = failures[0]?.(`${init.method} ${new URL(target).pathname}`)
      if (failure === undefined) return fetch(target, init)
      failures.shift()
      if (failure instanceof Error) throw failure
      return failure
    }
  }

  it('logs in with a code and reports that it was accepted', async () => {
    const connectionId = await newConnection()
    let attemptId = ''
    const result = await newRelay().login(
      connectionId,
      async (login) => {
        attemptId = login.attempt.id
        const waiting = login.code({ timeoutMs: 20_000 })
        await waitFor(() => api.waiters.count() === 1, 'the waiter')
        await api.deliver(connectionId, '482913')
        const { code } = await waiting
        return code
      },
      { runner: 'test', purpose: 'test_login' },
    )
    expect(result).toBe('482913')
    expect(await attemptOf(attemptId)).toMatchObject({
      runner: 'test',
      purpose: 'test_login',
      outcome: { status: 'CONNECTED', code: 'accepted' },
    })
    expect(await statusOf(connectionId)).toBe('CONNECTED')
  })

  it('reports that no code was requested when none was', async () => {
    let attemptId = ''
    await newRelay().login(await newConnection(), async (login) => {
      attemptId = login.attempt.id
    })
    expect((await attemptOf(attemptId)).outcome).toEqual({ status: 'CONNECTED', code: 'not_requested' })
  })

  it.each([
    [new PasswordIncorrect(), 'PASSWORD_INCORRECT', undefined],
    [new NewPasswordNeeded(), 'NEW_PASSWORD_NEEDED', undefined],
    [new AdditionalCredentialsNeeded(), 'ADDITIONAL_CREDENTIALS_NEEDED', undefined],
    [new WebsiteDown(), 'WEBSITE_DOWN', undefined],
    [new UrlInaccessible(), 'URL_INACCESSIBLE', undefined],
    [new NoAccountsFound(), 'NO_ACCOUNTS_FOUND', undefined],
    [new OtherError('the portal showed a survey'), 'OTHER_ERROR', undefined],
    [new MfaTokenExpired(), 'MFA_TOKEN_EXPIRED', undefined],
    [new CodeRejected(), 'MFA_TOKEN_EXPIRED', 'rejected'],
  ])('reports %s', async (error, status, code) => {
    const connectionId = await newConnection()
    let attemptId = ''
    const login = newRelay().login(connectionId, async ({ attempt }) => {
      attemptId = attempt.id
      throw error
    })
    await expect(login).rejects.toBe(error)
    expect(error.name).toBe(error.constructor.name)
    const { outcome } = await attemptOf(attemptId)
    expect(outcome).toEqual({ status, detail: error.message, ...(code ? { code } : {}) })
    expect(await statusOf(connectionId)).toBe(status)
  })

  it('closes the attempt without a status for any other exception', async () => {
    const connectionId = await newConnection()
    let attemptId = ''
    const fault = new TypeError('cannot read properties of undefined')
    const login = newRelay().login(connectionId, async ({ attempt }) => {
      attemptId = attempt.id
      throw fault
    })
    await expect(login).rejects.toBe(fault)
    const attempt = await attemptOf(attemptId)
    expect(attempt.outcome).toEqual({})
    expect(attempt.closedAt).not.toBeNull()
    expect(await statusOf(connectionId)).toBe('PENDING')
  })

  it('says what arrived meanwhile when no code came', async () => {
    const connectionId = await newConnection()
    const login = newRelay().login(connectionId, async ({ code }) => {
      await api.deliver(connectionId, '999999', {
        code: null,
        extraction: { kind: 'none', reason: 'ambiguous', candidates: [] },
      })
      await code({ timeoutMs: 50 })
    })
    const error = await login.catch((caught) => caught)
    expect(error).toBeInstanceOf(CodeTimeout)
    expect(error.seen).toMatchObject([{ result: 'ambiguous', sender: 'codes@portal.test' }])
    expect(error.message).toContain('arrived meanwhile')
    expect(await statusOf(connectionId)).toBe('MFA_TOKEN_EXPIRED')
  })

  it('gives a newer code with `after`, and the same one without', async () => {
    const connectionId = await newConnection()
    await newRelay().login(connectionId, async (login) => {
      await api.deliver(connectionId, '111111')
      const first = await login.code({ timeoutMs: 5_000 })
      expect((await login.code({ timeoutMs: 5_000 })).id).toBe(first.id)
      await api.deliver(connectionId, '222222', { sentAt: Date.now() + 5 })
      expect((await login.code({ timeoutMs: 5_000, after: first.id })).code).toBe('222222')
    })
  })

  it('extends the attempt when the wait is longer than what is left of it', async () => {
    const connectionId = await newConnection()
    await newRelay().login(connectionId, async (login) => {
      await api.deliver(connectionId, '123123')
      await login.code({ timeoutMs: 1_200_000 })
      const { expiresAt } = (await api.call<{ expiresAt: string }>('GET', `/v2/attempt/${login.attempt.id}`))
        .body
      expect(Date.parse(expiresAt)).toBeGreaterThan(Date.parse(login.attempt.expiresAt))
    })
  })

  it('answers security questions, and names those known otherwise', async () => {
    const connectionId = await newConnection()
    await api.call('PUT', `/v2/connection/${connectionId}/mfa`, {
      method: 'security_questions',
      securityQuestions: [{ question: 'First pet?', answer: 'Rex' }],
    })
    const login = newRelay().login(connectionId, async ({ answer }) => {
      expect(await answer('First pet?')).toBe('Rex')
      await answer('First car?')
    })
    const error = await login.catch((caught) => caught)
    expect(error).toBeInstanceOf(UnknownQuestion)
    expect(error.known).toEqual(['First pet?'])
    expect(await statusOf(connectionId)).toBe('ADDITIONAL_CREDENTIALS_NEEDED')
  })

  it('collects what is due, with the credentials and codes that nobody sends', async () => {
    const owner = await api.newCompany()
    const relay = new Relay({ url, apiKey: await api.newKey('runner', owner) })
    expect(await relay.collect({ runner: 'worker' }, async () => 'nothing')).toBeNull()
    const connectionId = await api.newConnection(owner)
    await api.call('PUT', `/v2/connection/${connectionId}/mfa`, {
      method: 'authenticator',
      totpSecret: 'JBSWY3DPEHPK3PXP',
      securityQuestions: [{ question: 'First pet?', answer: 'Rex' }],
    })
    const done = await relay.collect({ runner: 'worker', leaseSeconds: 900 }, async (login, leased) => {
      expect(await login.answer(leased.credentials.securityQuestions[0]!)).toBe('Rex')
      const { channel } = await login.code({ timeoutMs: 20_000 })
      expect((await login.code({ factor: 'totp', timeoutMs: 20_000 })).channel).toBe('totp')
      return [leased.connection.id, leased.credentials.password, channel]
    })
    expect(done?.result).toEqual([connectionId, 'not-a-real-one', 'totp'])
    expect(await attemptOf(done!.leased.attempt.id)).toMatchObject({
      runner: 'worker',
      outcome: { status: 'CONNECTED', code: 'accepted' },
    })
    expect(await relay.collect({ runner: 'worker' }, async () => 'again')).toBeNull()
  })

  it('reports what a leased login threw, and throws it', async () => {
    const owner = await api.newCompany()
    const relay = new Relay({ url, apiKey: await api.newKey('runner', owner) })
    const connectionId = await api.newConnection(owner)
    await api.call('PUT', `/v2/connection/${connectionId}/mfa`, { method: 'disabled' })
    const collecting = relay.collect({ runner: 'worker' }, async () => {
      throw new PasswordIncorrect()
    })
    await expect(collecting).rejects.toBeInstanceOf(PasswordIncorrect)
    expect(await statusOf(connectionId)).toBe('PASSWORD_INCORRECT')
    expect(await relay.collect({ runner: 'worker' }, async () => 'again')).toBeNull()
  })

  it('says so when another login is under way', async () => {
    const connectionId = await newConnection()
    const attemptId = await api.openAttempt(connectionId)
    const error = await newRelay()
      .login(connectionId, async () => {})
      .catch((caught) => caught)
    expect(isAttemptOpen(error)).toBe(true)
    expect(error.details).toMatchObject({ attemptId })
  })

  it('opens one attempt though the first reply was lost, and reports once', async () => {
    const connectionId = await newConnection()
    const paths: string[] = []
    /** The request arrives, its reply does not. */
    const losing: Fetch = async (target, init) => {
      const reply = await fetch(target, init)
      paths.push(`${init.method} ${new URL(target).pathname.split('/').at(-1)} ${reply.status}`)
      if (paths.filter((path) => path === paths.at(-1)).length === 1) throw new TypeError('socket hang up')
      return reply
    }
    await newRelay(losing).login(connectionId, async () => {})
    expect(paths).toEqual(['POST attempt 201', 'POST attempt 201', 'POST outcome 200', 'POST outcome 200'])
  })

  it('reads a code again whose reply was lost', async () => {
    const connectionId = await newConnection()
    let lost = 0
    const losing: Fetch = async (target, init) => {
      const reply = await fetch(target, init)
      if (!target.includes('/code') || lost > 0) return reply
      lost += 1
      throw new TypeError('socket hang up')
    }
    const code = await newRelay(losing).login(connectionId, async (login) => {
      await api.deliver(connectionId, '777777')
      return (await login.code({ timeoutMs: 20_000 })).code
    })
    expect([code, lost]).toEqual(['777777', 1])
  })

  it.each([
    ['the network fails', () => new TypeError('connection refused')],
    ['a gateway answers for the relay', () => new Response('<html>Bad Gateway</html>', { status: 502 })],
    ['it is asked to slow down', () => new Response('{}', { status: 429, headers: { 'retry-after': '0' } })],
  ])('tries again when %s', async (_, failure) => {
    const failures = [failure, failure]
    await newRelay(failing(failures)).login(await newConnection(), async () => {})
    expect(failures).toEqual([])
  })

  it('gives up when the relay stays out of reach, and does not call that a missing code', async () => {
    const down: Fetch = async () => {
      throw new TypeError('connection refused')
    }
    await expect(newRelay(down, 1).login('c', async () => {})).rejects.toBeInstanceOf(RelayUnreachable)
    const connectionId = await newConnection()
    const flaky: Fetch = (target, init) =>
      target.includes('/code') ? down(target, init) : fetch(target, init)
    const login = newRelay(flaky).login(connectionId, async ({ code }) => {
      await code({ timeoutMs: 300 })
    })
    await expect(login).rejects.toBeInstanceOf(RelayUnreachable)
    expect(await statusOf(connectionId)).toBe('PENDING')
  })

  it('hands over the result when only the report failed', async () => {
    const noReports: Fetch = (target, init) => {
      if (!target.endsWith('/outcome')) return fetch(target, init)
      return Promise.resolve(new Response('{"error":{"code":"internal","message":"oh"}}', { status: 500 }))
    }
    const relay = newRelay(noReports, 300)
    const error = await relay.login(await newConnection(), async () => 'bills').catch((caught) => caught)
    expect(error).toBeInstanceOf(OutcomeNotReported)
    expect(error.result).toBe('bills')
  })

  it('does not try again what cannot succeed', async () => {
    let calls = 0
    const counting: Fetch = (target, init) => {
      calls += 1
      return fetch(target, init)
    }
    const relay = new Relay({ url, apiKey: 'wrong-key-wrong-key-wrong', fetch: counting })
    const error = await relay.openAttempt('c').catch((caught) => caught)
    expect(error).toBeInstanceOf(RelayError)
    expect(error).toMatchObject({ status: 401, code: 'unauthorized' })
    expect(calls).toBe(1)
  })

  it('stops waiting when aborted, and frees the waiter', async () => {
    const client = new AbortController()
    const login = newRelay().login(
      await newConnection(),
      async ({ code }) => {
        await code()
      },
      { signal: client.signal },
    )
    await waitFor(() => api.waiters.count() === 1, 'the waiter')
    client.abort(new Error('the runner stops'))
    await expect(login).rejects.toThrow('the runner stops')
    await waitFor(() => api.waiters.count() === 0, 'the waiter to be freed')
  })

  it('stops a single wait by its own signal', async () => {
    await newRelay().login(await newConnection(), async ({ code }) => {
      const own = AbortSignal.timeout(20)
      await expect(code({ signal: own })).rejects.toMatchObject({ name: 'TimeoutError' })
    })
  })

  it('sends the key nowhere else', async () => {
    let requests = 0
    const answer = () => {
      requests += 1
      return new Response('{}')
    }
    const elsewhere = await startHttp({
      app: { fetch: answer },
      host: '127.0.0.1',
      port: 0,
    })
    const redirecting = await startHttp({
      app: { fetch: () => Response.redirect(`http://127.0.0.1:${elsewhere.port}/`, 302) },
      host: '127.0.0.1',
      port: 0,
    })
    const relay = new Relay({ url: `http://127.0.0.1:${redirecting.port}`, apiKey: ADMIN, timeoutMs: 1 })
    await expect(relay.openAttempt('c')).rejects.toBeInstanceOf(RelayUnreachable)
    expect(requests).toBe(0)
    await redirecting.close()
    await elsewhere.close()
  })
})
