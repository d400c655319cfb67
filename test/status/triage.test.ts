import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import type { AppEnv, Caller } from '../../src/http/auth.ts'
import { handleError } from '../../src/http/errors.ts'
import { triage } from '../../src/status/triage.ts'
import { triageRoutes } from '../../src/status/triage-routes.ts'
import { triageSchema } from '../../src/status/triage-schema.ts'
import { DAY, facts, MINUTE, message, setting, T0, utilities } from './samples.ts'

const answers = (given: Parameters<typeof triage>[0], utility = 'sandbox-power') =>
  Object.fromEntries(
    triage(given, setting({ utility: utilities.get(utility) })).questions.map(({ id, answer }) => [
      id,
      answer,
    ]),
  )

describe('the questions', () => {
  it('come in the order of the utility’s ladder', () => {
    const order = triage(facts(), setting({ utility: utilities.get('con-edison') })).questions
    expect(order.slice(0, 3).map(({ leadsTo }) => leadsTo)).toEqual([
      'security_questions',
      'authenticator',
      'upload_documents',
    ])
  })
  it('are answered where we know, and open where only the customer does', () => {
    expect(answers(facts())).toEqual({
      can_change_destination: null,
      is_sms_only: 'no',
      has_unrestricted_inbox: null,
      can_upload_bills: null,
      can_disable_mfa: 'no',
      can_use_security_questions: 'no',
      can_share_authenticator: 'no',
      asks_no_code: 'no',
    })
  })
  it.each([
    ['bills@gmail.com', 'yes'],
    ['bills@example-corp.test', null],
  ])('know the inbox %s', (inbox, answer) => {
    const given = facts({ connection: { mfaMethod: 'inbox_forwarding', inboxAddresses: [inbox] } })
    expect(answers(given).has_unrestricted_inbox).toBe(answer)
  })
  it('say because of what they are answered', () => {
    for (const { answer, because } of triage(facts(), setting()).questions) {
      expect(because === null).toBe(answer === null)
    }
  })
})

describe('GET /v2/connection/{id}/triage', () => {
  const late = facts({ messages: [message('m1', { sentAt: T0 + MINUTE, receivedAt: T0 + 20 * MINUTE })] })
  const asks: { since?: number } = {}
  const as = (caller: Caller | null) => {
    const app = new Hono<AppEnv>()
    app.onError(handleError)
    app.use(async (c, next) => {
      if (caller) c.set('caller', caller)
      await next()
    })
    const loadFacts = async (id: string, since: number) => {
      asks.since = since
      return id === 'c1' ? late : null
    }
    const { providerOf } = setting()
    const findUtility = (id: string) => utilities.get(id)
    return app.route(
      '/',
      triageRoutes({ store: { loadFacts }, findUtility, providerOf, now: () => T0 + DAY }),
    )
  }
  const own: Caller = { keyId: 'k1', scope: 'company', companyId: 'co1' }
  const path = '/v2/connection/c1/triage'

  it('tells the diagnosis, the questions and the ladder', async () => {
    const answer = await as(own).request(path)
    expect(answer.status).toBe(200)
    const body = triageSchema.parse(await answer.json())
    expect(body).toMatchObject({
      connectionId: 'c1',
      status: 'MFA_TOKEN_EXPIRED',
      diagnosis: {
        cause: 'arrived_late',
        details: { lateBySeconds: 1140 },
        failingSince: '2026-03-01T02:00:00.000Z',
      },
    })
    expect(body.diagnosis.evidence[0]).toMatchObject({ messageId: 'm1', at: '2026-03-01T02:20:00.000Z' })
    expect(body.questions).toHaveLength(8)
    expect(body.options).toHaveLength(8)
    expect(asks.since).toBeLessThan(T0 - 180 * DAY)
  })
  it.each<[string, Caller | null, string, number]>([
    ['no key', null, path, 401],
    ['a runner', { ...own, scope: 'runner' }, path, 403],
    ['another company', { ...own, companyId: 'co2' }, path, 404],
    ['no such connection', own, '/v2/connection/c9/triage', 404],
    ['the administrator', { keyId: 'admin', scope: 'admin', companyId: null }, path, 200],
  ])('%s', async (_, caller, url, status) => {
    expect((await as(caller).request(url)).status).toBe(status)
  })
})
