import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../support/api.ts'

type Code = { id: string; code: string; channel: string; verdict: string }
type Triage = { diagnosis: { cause: string } }

describe('a code typed in by hand', () => {
  let api: TestApi
  let companyId: string
  let connectionId: string
  let own: string
  beforeAll(async () => {
    api = await startApi()
  })
  beforeEach(async () => {
    companyId = await api.newCompany()
    own = await api.newKey('company', companyId)
    connectionId = await api.newConnection(companyId)
    await api.call('PUT', `/v2/connection/${connectionId}/mfa`, { method: 'managed_forwarding' })
  })
  afterAll(() => api.close())

  const type = (code: string, key = own, id = connectionId) =>
    api.call<{ id: string; attemptId: string; error?: object }>(
      'POST',
      `/v2/connection/${id}/mfa/code`,
      { code },
      { key },
    )
  const claim = (attemptId: string, query = '') =>
    api.call<Code>('GET', `/v2/attempt/${attemptId}/code${query}`)
  const close = (attemptId: string, outcome = {}) =>
    api.call('POST', `/v2/attempt/${attemptId}/outcome`, outcome)

  it('reaches the login that waits, once, and says that a person typed it', async () => {
    const attemptId = await api.openAttempt(connectionId)
    const waiting = claim(attemptId, '?wait=20')
    const typed = await type(' 482-913 ')
    expect(typed).toMatchObject({ status: 201, body: { attemptId, channel: 'manual' } })
    expect(JSON.stringify(typed.body)).not.toContain('482913')
    expect((await waiting).body).toMatchObject({
      id: typed.body.id,
      code: '482913',
      channel: 'manual',
      verdict: 'trusted',
    })
    expect((await claim(attemptId)).body.code).toBe('482913')
    await close(attemptId)
    const next = await api.openAttempt(connectionId)
    expect((await claim(next)).status).toBe(204)
  })

  it.each(['?factor=sms', '?factor=email'])('is given to a login that waits for %s', async (query) => {
    const attemptId = await api.openAttempt(connectionId)
    await type('482913')
    expect((await claim(attemptId, query)).body.code).toBe('482913')
  })

  it('is refused while no login waits, and is not there for the next', async () => {
    expect(await type('482913')).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } })
    const attemptId = await api.openAttempt(connectionId)
    expect((await claim(attemptId)).status).toBe(204)
    await close(attemptId)
    expect((await type('482913')).status).toBe(409)
    const late = await api.openAttempt(connectionId)
    api.clock.skipMs += 11 * 60_000
    expect((await type('482913')).status).toBe(409)
    expect((await claim(late)).status).toBe(410)
  })

  it('is corrected by another; the login gets the newest, and only that', async () => {
    const attemptId = await api.openAttempt(connectionId)
    const first = await type('111111')
    expect((await type('111111')).body.id).toBe(first.body.id)
    await type('222222')
    const claimed = await claim(attemptId)
    expect(claimed.body.code).toBe('222222')
    expect((await claim(attemptId, `?after=${claimed.body.id}`)).status).toBe(204)
    // The portal sent a new one: typed after the claim, it is offered as a newer code.
    await type('333333')
    expect((await claim(attemptId, `?after=${claimed.body.id}`)).body.code).toBe('333333')
  })

  it('that came by mail already is the same code', async () => {
    const attemptId = await api.openAttempt(connectionId)
    await api.deliver(connectionId, '482913')
    expect((await type('482913')).status).toBe(200)
    const claimed = await claim(attemptId)
    expect(claimed.body.channel).toBe('email')
    expect((await claim(attemptId, `?after=${claimed.body.id}`)).status).toBe(204)
  })

  it('that the portal refused is never offered again', async () => {
    const attemptId = await api.openAttempt(connectionId)
    await type('482913')
    await claim(attemptId)
    await close(attemptId, { status: 'MFA_TOKEN_EXPIRED', code: 'rejected' })
    const next = await api.openAttempt(connectionId)
    expect((await type('482913')).status).toBe(409)
    expect((await claim(next)).status).toBe(204)
  })

  it('expires as others do', async () => {
    const attemptId = await api.openAttempt(connectionId)
    await api.call('POST', `/v2/attempt/${attemptId}/extend`, { seconds: 3000 })
    await type('482913')
    api.clock.skipMs += 601_000
    expect((await claim(attemptId)).status).toBe(204)
  })

  it.each(['48291', '4829134', 'abcdef', '', '482 91x', '<b>482913'])(
    'is refused where it looks like no code of the utility: %j',
    async (code) => {
      await api.openAttempt(connectionId)
      const reply = await type(code)
      expect(reply).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } })
      if (code) expect(JSON.stringify(reply.body)).not.toContain(code)
    },
  )

  it('is for the company and administrators, is sealed, and is on record', async () => {
    const attemptId = await api.openAttempt(connectionId)
    const stranger = await api.newKey('company', await api.newCompany())
    expect((await type('918273', stranger)).status).toBe(404)
    expect((await type('918273', await api.newKey('runner'))).status).toBe(403)
    const { body } = await type('918273')
    const record = await api.call<{ items: { action: string; detail: string; actor: string }[] }>(
      'GET',
      `/v2/audit?subject=connection:${connectionId}`,
    )
    const entry = record.body.items.find(({ action }) => action === 'code.typed')
    expect(entry).toMatchObject({ detail: `attempt:${attemptId} code:${body.id}` })
    expect(entry?.actor).toMatch(/^key:/)
    const seen = [
      await api.call('GET', `/v2/connection/${connectionId}/messages`, undefined, { key: own }),
      await api.call('GET', `/v2/attempt/${attemptId}`),
      record,
    ]
    expect(JSON.stringify(seen)).not.toContain('918273')
    expect(JSON.stringify(seen[0]?.body)).toContain('manual')
  })

  it('is refused where codes are computed', async () => {
    const totpSecret = 'JBSWY3DPEHPK3PXPJBSWY3DP'
    await api.call('PUT', `/v2/connection/${connectionId}/mfa`, { method: 'authenticator', totpSecret })
    await api.openAttempt(connectionId)
    expect((await type('482913')).status).toBe(409)
  })

  it('says nothing about whether codes come through', async () => {
    const attemptId = await api.openAttempt(connectionId)
    await type('482913')
    await claim(attemptId)
    await close(attemptId, { status: 'MFA_TOKEN_EXPIRED', code: 'not_received' })
    const { body } = await api.call<Triage>('GET', `/v2/connection/${connectionId}/triage`)
    expect(body.diagnosis.cause).toBe('nothing_arrived')
    const mfa = await api.call<{ health: object }>('GET', `/v2/connection/${connectionId}/mfa`)
    expect(mfa.body.health).toMatchObject({ lastCodeAt: null })
  })
})
