import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../support/api.ts'

type ErrorBody = { error: { code: string; details: { nearest: string[]; fields: { path: string }[] } } }
type List = { total: number; items: Record<string, unknown>[] }

describe('companies', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await startApi()
  })
  afterAll(() => api.close())

  it('are created, changed and listed', async () => {
    const created = await api.call('POST', '/v2/company', { name: ' Example Energy ', externalId: 'x-1' })
    expect(created).toMatchObject({
      status: 201,
      body: { name: 'Example Energy', externalId: 'x-1', features: { smsRelay: false }, isActive: true },
    })
    const path = `/v2/company/${created.body.id}`
    const change = { name: 'New Name', externalId: null, features: { smsRelay: true }, isActive: false }
    expect(await api.call('PATCH', path, change)).toMatchObject({ status: 200, body: change })
    expect((await api.call('GET', path)).body).toMatchObject(change)
    expect((await api.call('PATCH', path, { features: {} })).body).toMatchObject({
      features: { smsRelay: true },
    })
    expect((await api.call<List>('GET', '/v2/company')).body.total).toBe(1)
  })

  it('name every bad field', async () => {
    const { status, body } = await api.call<ErrorBody>('POST', '/v2/company', {
      externalId: 7,
      features: { smsRelay: 'yes', teleport: true },
    })
    expect(status).toBe(400)
    expect(body.error.details.fields.map(({ path }) => path).sort()).toEqual([
      'externalId',
      'features.smsRelay',
      'features.teleport',
      'name',
    ])
  })

  it('are 404 where there is none', async () => {
    expect((await api.call('GET', '/v2/company/nothing')).status).toBe(404)
    expect((await api.call('PATCH', '/v2/company/nothing', { name: 'x' })).status).toBe(404)
  })
})

describe('connections', () => {
  let api: TestApi
  let companyId: string
  beforeAll(async () => {
    api = await startApi()
    companyId = await api.newCompany()
  })
  afterAll(() => api.close())

  const create = <T = Record<string, unknown>>(body: object) =>
    api.call<T>('POST', `/v2/connection/company/${companyId}`, body)

  it('begin as PENDING, under the published names', async () => {
    const { status, body } = await create({
      utility: 'pge',
      url: 'https://myaccount.pge.com/',
      country: 'us',
      username: 'pat@example.com',
      password: 'hunter2hunter2',
      connectionOwnerEmail: 'owner@Example.COM',
      externalId: 'c-1',
      initialSites: ['Main St'],
      utilityTypes: ['ELECTRIC', 'GAS'],
      dataCollectionStartDate: '2026-01-31',
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      companyId,
      utility: 'pge',
      datasource: { name: 'Pacific Gas and Electric', url: 'https://myaccount.pge.com/' },
      country: 'US',
      username: 'pat@example.com',
      hasPassword: true,
      connectionOwnerEmail: 'owner@example.com',
      initialSites: ['Main St'],
      utilityTypes: ['ELECTRIC', 'GAS'],
      dataCollectionStartDate: '2026-01-31',
      status: 'PENDING',
      statusErrorDetail: null,
      mfaMethod: null,
      needsAttention: false,
    })
    expect(body.statusFirstSeenTime).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    expect(body.statusLastUpdateTime).toBe(body.statusFirstSeenTime)
    expect(JSON.stringify(body)).not.toContain('hunter2')
    const details = await api.call<{ schedule: object }>('GET', `/v2/connection/${body.id}/details`)
    const { schedule, ...shown } = details.body
    expect(shown).toEqual(body)
    expect(schedule).toMatchObject({ why: 'first_login', failures: 0, lastLogin: null })
  })

  it('of an unknown utility are refused with the nearest ids', async () => {
    const { status, body } = await create<ErrorBody>({ utility: 'duke-enrgy' })
    expect(status).toBe(422)
    expect(body.error.code).toBe('unknown_utility')
    expect(body.error.details.nearest[0]).toBe('duke-energy')
    expect((await create<ErrorBody>({ utility: 'zzzzzzzz' })).body.error.details.nearest).toEqual([])
  })

  it('of a utility without a definition need its address', async () => {
    expect(await create({ utility: 'other' })).toMatchObject({
      status: 400,
      body: { error: { details: { fields: [{ path: 'url' }] } } },
    })
    const { status, body } = await create({ utility: 'other', url: 'https://portal.example.com/login' })
    expect([status, body.utility]).toEqual([201, 'other'])
    expect((await api.call('PATCH', `/v2/connection/${body.id}`, { url: null })).status).toBe(400)
  })

  it('name every bad field', async () => {
    const { status, body } = await create<ErrorBody>({
      utility: 'pge',
      url: 'javascript:alert(1)',
      country: 'USA',
      connectionOwnerEmail: 'nobody',
      initialSites: 'x',
      utilityTypes: [''],
      dataCollectionStartDate: '31.1.2026',
      pasword: 'x',
    })
    expect(status).toBe(400)
    expect(body.error.details.fields.map(({ path }) => path).sort()).toEqual([
      'connectionOwnerEmail',
      'country',
      'dataCollectionStartDate',
      'initialSites',
      'pasword',
      'url',
      'utilityTypes[0]',
    ])
  })

  it('take new credentials', async () => {
    const { body } = await create({ utility: 'pge', username: 'old' })
    expect(body.hasPassword).toBe(false)
    const path = `/v2/connection/${body.id}`
    const changed = await api.call('PATCH', path, { username: 'new', password: 'p', externalId: 'e' })
    expect(changed).toMatchObject({
      status: 200,
      body: { username: 'new', hasPassword: true, externalId: 'e' },
    })
    const cleared = await api.call('PATCH', path, { username: null, password: null })
    expect(cleared.body).toMatchObject({ username: null, hasPassword: false, externalId: 'e' })
  })

  it('are gone once offboarded', async () => {
    const { body } = await create({ utility: 'pge' })
    expect((await api.call('DELETE', `/v2/connection/${body.id}`)).status).toBe(204)
    expect((await api.call('DELETE', `/v2/connection/${body.id}`)).status).toBe(404)
    expect((await api.call('GET', `/v2/connection/${body.id}/details`)).status).toBe(404)
    expect((await api.call('PATCH', `/v2/connection/${body.id}`, { externalId: 'x' })).status).toBe(404)
  })

  it('are listed by status and by need of attention', async () => {
    const other = await api.newCompany()
    const ids = await Promise.all([1, 2, 3].map(() => api.newConnection(other)))
    const attempt = await api.openAttempt(ids[1] ?? '')
    await api.call('POST', `/v2/attempt/${attempt}/outcome`, { status: 'PASSWORD_INCORRECT' })
    const list = async (query: string) =>
      (await api.call<List>('GET', `/v2/connection/company/${other}?${query}`)).body
    expect((await list('')).total).toBe(3)
    expect((await list('needsAttention=true')).items.map(({ id }) => id)).toEqual([ids[1]])
    expect((await list('status=PENDING')).total).toBe(2)
    const page = await list('page=2&limit=2')
    expect(page).toMatchObject({ total: 3, perPage: 2, currentPage: 2, totalPages: 2, hasNext: false })
    expect(page).toMatchObject({ hasPrevious: true })
    expect(page.items).toHaveLength(1)
    const bad = await api.call('GET', `/v2/connection/company/${other}?page=0&limit=501&status=BROKEN`)
    expect(bad.status).toBe(400)
  })

  it('are not created for a company that is deactivated or not there', async () => {
    const other = await api.newCompany()
    await api.call('PATCH', `/v2/company/${other}`, { isActive: false })
    const reply = await api.call('POST', `/v2/connection/company/${other}`, { utility: 'pge' })
    expect(reply).toMatchObject({ status: 409, body: { error: { code: 'company_inactive' } } })
    expect((await api.call('POST', '/v2/connection/company/nothing', { utility: 'pge' })).status).toBe(404)
  })
})
