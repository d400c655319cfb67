import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../support/api.ts'
import { waitFor } from '../support/wait-for.ts'

type Details = {
  status: string
  statusCause: string | null
  statusErrorDetail: string | null
  version: number
}
type Option = { option: string; isCurrent: boolean; failedHere: string | null; recommended: boolean }

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

async function newLogin(change = {}) {
  const companyId = await api.newCompany()
  return { companyId, id: await api.newConnection(companyId, change) }
}
const details = async (id: string) => (await api.call<Details>('GET', `/v2/connection/${id}/details`)).body
async function logIn(id: string, outcome: object): Promise<string> {
  const attemptId = await api.openAttempt(id)
  expect((await api.call('POST', `/v2/attempt/${attemptId}/outcome`, outcome)).status).toBe(200)
  api.clock.skipMs += 60_000
  return attemptId
}
const events = async (id: string) => {
  const { body } = await api.call<{ items: { event: string; status: string }[] }>(
    'GET',
    `/v2/connection/${id}/history`,
  )
  return body.items.map(({ event, status }) => `${event} ${status}`)
}
const NO_CODE = { status: 'MFA_TOKEN_EXPIRED', code: 'not_received' }

describe('after an outcome', () => {
  it('the cause is found, kept in the history, and told by the triage too', async () => {
    const { id } = await newLogin()
    await api.call('PUT', `/v2/connection/${id}/mfa`, { method: 'managed_forwarding' })
    await logIn(id, NO_CODE)
    const found = await waitFor(async () => (await details(id)).statusCause && details(id), 'the cause')
    expect(found).toMatchObject({
      status: 'MFA_TOKEN_EXPIRED',
      statusCause: 'nothing_arrived',
      statusErrorDetail: expect.any(String),
      statusSuggestion: expect.stringContaining('Sandbox Power'),
    })
    expect(await events(id)).toEqual([
      'diagnosed MFA_TOKEN_EXPIRED',
      'outcome MFA_TOKEN_EXPIRED',
      'created PENDING',
    ])
    const triage = await api.call<{ diagnosis: object }>('GET', `/v2/connection/${id}/triage`)
    expect(triage.body.diagnosis).toMatchObject({ cause: 'nothing_arrived' })
  })

  it('what has failed is not recommended again', async () => {
    const { id } = await newLogin()
    await api.call('PUT', `/v2/connection/${id}/mfa`, { method: 'managed_forwarding' })
    const options = async () => {
      const { body } = await api.call<{ options: Option[] }>('GET', `/v2/connection/${id}/mfa`)
      return body.options
    }
    const before = (await options()).find(({ isCurrent }) => isCurrent)
    expect(before).toMatchObject({ option: 'managed_forwarding', recommended: true, failedHere: null })
    for (let n = 0; n < 3; n += 1) await logIn(id, NO_CODE)
    const after = await options()
    expect(after.find(({ isCurrent }) => isCurrent)).toMatchObject({
      option: 'managed_forwarding',
      recommended: false,
      failedHere: expect.any(String),
    })
    expect(after.some(({ recommended }) => recommended)).toBe(true)
  })

  it('a wrong password is not diagnosed: the status says it', async () => {
    const { id } = await newLogin()
    await logIn(id, { status: 'PASSWORD_INCORRECT', detail: 'Said so on the page' })
    api.diagnoser.loginEnded(id)
    await logIn(id, NO_CODE)
    await waitFor(async () => (await details(id)).statusCause, 'the cause of the second one')
    expect((await events(id)).filter((one) => one.startsWith('diagnosed'))).toEqual([
      'diagnosed MFA_TOKEN_EXPIRED',
    ])
  })
})

describe('repairs', () => {
  it('wait for the login that proves them', async () => {
    const { id } = await newLogin()
    await logIn(id, { status: 'PASSWORD_INCORRECT' })
    const repaired = await api.call<Details>('PATCH', `/v2/connection/${id}`, { password: 'a-new-one' })
    expect(repaired.body).toMatchObject({ status: 'PASSWORD_INCORRECT', statusCause: 'awaiting_login' })
    await logIn(id, NO_CODE)
    const setUp = await api.call('PUT', `/v2/connection/${id}/mfa`, { method: 'managed_forwarding' })
    expect(setUp.status).toBe(200)
    expect(await details(id)).toMatchObject({ status: 'MFA_TOKEN_EXPIRED', statusCause: 'awaiting_login' })
    await logIn(id, { status: 'CONNECTED' })
    expect(await details(id)).toMatchObject({ status: 'CONNECTED', statusCause: null })
  })
})

describe('a company', () => {
  it('tells how many connections are in each status, and how many need somebody', async () => {
    const { companyId, id } = await newLogin()
    await api.newConnection(companyId)
    await logIn(id, { status: 'OTHER_ERROR' })
    const { body } = await api.call('GET', `/v2/company/${companyId}/status`)
    expect(body).toEqual({
      companyId,
      total: 2,
      needsAttention: 1,
      statuses: { OTHER_ERROR: 1, PENDING: 1 },
    })
    const url = `/v2/connection/company/${companyId}?needsAttention=true`
    expect((await api.call<{ items: object[] }>('GET', url)).body.items).toMatchObject([{ id }])
  })

  it('that is deactivated has inactive connections: no logins, but mail is kept', async () => {
    const { companyId, id } = await newLogin()
    const others = await Promise.all(Array.from({ length: 60 }, () => api.newConnection(companyId)))
    await logIn(id, { status: 'CONNECTED' })
    await api.call('PATCH', `/v2/company/${companyId}`, { isActive: false })
    const statuses = async () =>
      (await api.call<{ statuses: object }>('GET', `/v2/company/${companyId}/status`)).body.statuses
    expect(await statuses()).toEqual({ COMPANY_INACTIVE: 61 })
    expect((await api.call('POST', `/v2/connection/${id}/attempt`, {})).body).toMatchObject({
      error: { code: 'company_inactive' },
    })
    const messageId = await api.deliver(id, '482913')
    expect((await api.call('GET', `/v2/message/${messageId}`)).status).toBe(200)
    await api.call('PATCH', `/v2/company/${companyId}`, { isActive: true })
    expect(await statuses()).toEqual({ CONNECTED: 1, PENDING: others.length })
    expect((await events(id)).slice(0, 2)).toEqual([
      'company_reactivated CONNECTED',
      'company_deactivated COMPANY_INACTIVE',
    ])
  })

  it('whose reactivation was cut short is finished when asked again', async () => {
    const { companyId, id } = await newLogin()
    await api.call('PATCH', `/v2/company/${companyId}`, { isActive: false })
    // As a crash leaves it: the company is active, its connections are not yet.
    await api.store.updateCompany(companyId, { isActive: true }, api.clock.now())
    expect(await api.store.listUnsettled()).toContain(companyId)
    await api.call('PATCH', `/v2/company/${companyId}`, { isActive: true })
    expect(await details(id)).toMatchObject({ status: 'PENDING' })
    expect(await api.store.listUnsettled()).not.toContain(companyId)
  })
})

describe('an investigation', () => {
  const investigate = (id: string, body: object) =>
    api.call<Details>('POST', `/v2/connection/${id}/investigation`, body)

  it('is begun with a note, and ends where it began, with the cause found again', async () => {
    const { id } = await newLogin()
    await logIn(id, NO_CODE)
    await waitFor(async () => (await details(id)).statusCause, 'the cause')
    expect(await investigate(id, { open: true, note: 'New sign-in page' })).toMatchObject({
      status: 200,
      body: { status: 'UNDER_INVESTIGATION', statusErrorDetail: 'New sign-in page', statusCause: null },
    })
    expect((await investigate(id, { open: false })).body).toMatchObject({ status: 'MFA_TOKEN_EXPIRED' })
    await waitFor(async () => (await details(id)).statusCause, 'the cause again')
    const audit = await api.call<{ total: number }>('GET', `/v2/audit?subject=connection:${id}`)
    expect(audit.body.total).toBe(2)
  })

  it('ends where it is told, and cannot make anything new again', async () => {
    const { id } = await newLogin()
    await investigate(id, { open: true })
    expect(await investigate(id, { open: false })).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict', message: expect.stringContaining('first login') } },
    })
    expect((await investigate(id, { open: false, status: 'WEBSITE_DOWN' })).body.status).toBe('WEBSITE_DOWN')
    expect((await investigate(id, { open: false })).status).toBe(409)
    expect((await investigate(id, { open: false, status: 'COMPANY_INACTIVE' })).status).toBe(400)
    expect((await investigate('nothing', { open: true })).status).toBe(404)
  })
})

it('GET /v2/rule tells how the codes of each rule fared', async () => {
  const { id } = await newLogin()
  const attemptId = await api.openAttempt(id)
  await api.deliver(id, '482913')
  expect((await api.call('GET', `/v2/attempt/${attemptId}/code?wait=0`)).status).toBe(200)
  await api.call('POST', `/v2/attempt/${attemptId}/outcome`, { code: 'rejected' })
  const { body } = await api.call<{ items: object[] }>('GET', '/v2/rule')
  expect(body.items).toEqual([
    {
      rule: 'general',
      utility: 'sandbox-power',
      accepted: 0,
      rejected: 1,
      lastAccepted: null,
      lastRejected: expect.any(String),
    },
  ])
})
