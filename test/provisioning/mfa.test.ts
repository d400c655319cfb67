import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NumberProvider } from '../../src/provisioning/ports.ts'
import { startApi, type TestApi } from '../support/api.ts'

type Recipient = { id: string; address: string; state: string; stopReason: string | null }
type Mfa = {
  method: string
  emailAddress?: string
  phoneNumber?: string
  recipients: { emails: Recipient[]; phones: Recipient[] }
  inboxAddresses: string[]
  health: { lastCodeAt: string | null; failedDeliveries: number }
  warnings: { code: string }[]
  options: { option: string; recommended: boolean; available: boolean; why: string | null }[]
}
type ErrorBody = { error: { code: string; message: string; details: { fields: { path: string }[] } } }

/** Sells numbers and remembers what it sold and took back. */
function fakeProvider(): NumberProvider & { bought: string[]; released: string[] } {
  const bought: string[] = []
  const released: string[] = []
  return {
    bought,
    released,
    async buy({ country }) {
      bought.push(country)
      return { address: `+1415555${1000 + bought.length}`, providerSid: `PN${bought.length}` }
    },
    async release(sid) {
      released.push(sid)
    },
  }
}

const OWNED = ['+12025550101', '+12025550102']

describe('PUT /v2/connection/{id}/mfa', () => {
  const numbers = fakeProvider()
  let api: TestApi
  let companyId: string
  beforeAll(async () => {
    api = await startApi({
      numbers,
      settings: {
        mailDomain: 'relay.test',
        mailboxPrefix: 'mfa',
        smsNumbers: OWNED,
        recipientConfirmation: 'off',
      },
    })
    companyId = await api.newCompany({ features: { smsRelay: true } })
  })
  afterAll(() => api.close())

  const newConnection = (change = {}) => api.newConnection(companyId, change)
  const put = <T = Mfa>(id: string, body: object) => api.call<T>('PUT', `/v2/connection/${id}/mfa`, body)
  const get = async (id: string) => (await api.call<Mfa>('GET', `/v2/connection/${id}/mfa`)).body
  const badFields = async (id: string, body: object) => {
    const reply = await put<ErrorBody>(id, body)
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } })
    return reply.body.error.details.fields.map(({ path }) => path)
  }

  it('gives the connection an unguessable address, and the same one when asked again', async () => {
    const id = await newConnection()
    const body = { method: 'managed_forwarding', recipients: { emails: ['pat@example.com'], phones: [] } }
    const first = await put(id, body)
    expect(first.status).toBe(200)
    expect(first.body.emailAddress).toMatch(/^mfa-[a-z2-7]{16}@relay\.test$/)
    expect(first.body).toMatchObject({
      method: 'managed_forwarding',
      recipients: { emails: [{ address: 'pat@example.com', state: 'confirmed' }], phones: [] },
      health: { lastCodeAt: null, failedDeliveries: 0 },
      warnings: [],
    })
    expect(first.body).not.toHaveProperty('phoneNumber')
    expect((await put(id, body)).body).toEqual(first.body)
    expect(await get(id)).toEqual(first.body)
  })

  it('makes one address though asked twice at once', async () => {
    const id = await newConnection()
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => put(id, { method: 'managed_forwarding' })),
    )
    expect(new Set(replies.map(({ body }) => body.emailAddress)).size).toBe(1)
    const state = await api.store.getMfa(id)
    expect(state?.mailboxes).toHaveLength(1)
  })

  it('adds a number to an address', async () => {
    const id = await newConnection()
    const { emailAddress } = (await put(id, { method: 'managed_forwarding' })).body
    const { body } = await put(id, { method: 'sms' })
    expect(body).toMatchObject({ method: 'sms', emailAddress, phoneNumber: OWNED[0] })
    expect((await put(id, { method: 'sms' })).body.phoneNumber).toBe(OWNED[0])
  })

  it('takes numbers we own first, then buys', async () => {
    const taken = []
    for (let n = 0; n < 2; n += 1)
      taken.push((await put(await newConnection(), { method: 'sms' })).body.phoneNumber)
    expect(taken).toEqual([OWNED[1], '+14155551001'])
    expect(numbers.bought).toEqual(['US'])
    const canadian = await newConnection({ country: 'ca' })
    expect((await put(canadian, { method: 'sms' })).body.phoneNumber).toBe('+14155551002')
    expect(numbers.bought).toEqual(['US', 'CA'])
  })

  it('gives a bought number back when it cannot be stored', async () => {
    const id = await newConnection()
    const { configureMfa } = api.store
    api.store.configureMfa = () => Promise.reject(new Error('disk full'))
    const { status } = await put(id, { method: 'sms' })
    api.store.configureMfa = configureMfa
    expect(status).toBe(500)
    expect(numbers.released).toEqual([`PN${numbers.bought.length}`])
  })

  it('says 502 when the provider sells none', async () => {
    const { buy } = numbers
    numbers.buy = () => Promise.reject(new Error('20003 authentication failed'))
    const reply = await put<ErrorBody>(await newConnection(), { method: 'sms' })
    numbers.buy = buy
    expect(reply).toMatchObject({ status: 502, body: { error: { code: 'upstream_failed' } } })
    expect(JSON.stringify(reply.body)).not.toContain('20003')
  })

  it('retires a mailbox, gives its number back, and makes another one afterwards', async () => {
    const id = await newConnection()
    const { phoneNumber } = (await put(id, { method: 'sms' })).body
    const path = `/v2/connection/${id}/mfa/mailbox/${encodeURIComponent(phoneNumber ?? '')}`
    const released = numbers.released.length
    expect((await api.call('DELETE', path)).status).toBe(204)
    expect(numbers.released).toHaveLength(released + 1)
    expect((await api.call('DELETE', path)).status).toBe(404)
    expect(await get(id)).not.toHaveProperty('phoneNumber')
    expect((await put(id, { method: 'sms' })).body.phoneNumber).not.toBe(phoneNumber)

    const { emailAddress = '' } = (await put(id, { method: 'managed_forwarding' })).body
    const upper = `/v2/connection/${id}/mfa/mailbox/${emailAddress.toUpperCase()}`
    expect((await api.call('DELETE', upper)).status).toBe(204)
    expect((await put(id, { method: 'managed_forwarding' })).body.emailAddress).not.toBe(emailAddress)
  })

  it('gives bought numbers back when a connection is offboarded', async () => {
    const id = await newConnection()
    await put(id, { method: 'sms' })
    const released = numbers.released.length
    expect((await api.call('DELETE', `/v2/connection/${id}`)).status).toBe(204)
    expect(numbers.released).toHaveLength(released + 1)
    expect((await api.call('GET', `/v2/connection/${id}/mfa`)).status).toBe(404)
  })

  it('needs the beta gate for SMS', async () => {
    const id = await api.newConnection(await api.newCompany())
    expect(await put(id, { method: 'sms' })).toMatchObject({
      status: 403,
      body: { error: { code: 'sms_relay_not_enabled' } },
    })
    expect(await get(id)).toMatchObject({ method: null })
  })

  it('brings phones and inboxes into one form, each once', async () => {
    const id = await newConnection({ country: 'US' })
    const { body } = await put(id, {
      method: 'inbox_forwarding',
      recipients: {
        emails: [' pat@EXAMPLE.com', 'PAT@example.com'],
        phones: ['(202) 555-0123', '+1 202 555 0123'],
      },
      inboxAddresses: ['Pat.Doe+bills@googlemail.com', 'patdoe@gmail.com', 'Info+x@Example.com'],
    })
    expect(body.recipients.emails.map(({ address }) => address)).toEqual(['pat@example.com'])
    expect(body.recipients.phones.map(({ address }) => address)).toEqual(['+12025550123'])
    expect(body.inboxAddresses).toEqual(['patdoe@gmail.com', 'info@example.com'])
  })

  it('names every bad address and phone', async () => {
    const id = await newConnection()
    const emails = ['pat', 'a@b.com,c@d.com', 'Pat <pat@example.com>', '"x y"@example.com', 'ok@example.com']
    expect(await badFields(id, { method: 'managed_forwarding', recipients: { emails, phones: [] } })).toEqual(
      [0, 1, 2, 3].map((n) => `recipients.emails[${n}]`),
    )
    const phones = ['12345', '+1202555012', 'call me', '2025550123', '+12025550199']
    expect(await badFields(id, { method: 'managed_forwarding', recipients: { emails: [], phones } })).toEqual(
      [0, 1, 2, 3].map((n) => `recipients.phones[${n}]`),
    )
  })

  it('refuses recipients and inboxes of the relay itself', async () => {
    const id = await newConnection()
    const recipients = { emails: ['mfa-x@relay.test', 'y@sub.relay.test'], phones: [OWNED[0]] }
    expect(await badFields(id, { method: 'managed_forwarding', recipients })).toEqual([
      'recipients.emails[0]',
      'recipients.emails[1]',
      'recipients.phones[0]',
    ])
    const inboxAddresses = ['x@relay.test']
    expect(await badFields(id, { method: 'inbox_forwarding', inboxAddresses })).toEqual(['inboxAddresses[0]'])
  })

  it('warns where a recipient is also the inbox that forwards', async () => {
    const { body } = await put(await newConnection(), {
      method: 'inbox_forwarding',
      recipients: { emails: ['pat.doe@gmail.com'], phones: [] },
      inboxAddresses: ['patdoe@gmail.com'],
    })
    expect(body.warnings).toMatchObject([{ code: 'recipient_is_forwarding_inbox' }])
  })

  it('keeps recipients and inboxes that a request leaves out, and drops those that it does not list', async () => {
    const id = await newConnection()
    await put(id, {
      method: 'inbox_forwarding',
      recipients: { emails: ['a@example.com', 'b@example.com'] },
      inboxAddresses: ['c@example.com'],
    })
    const kept = (await put(id, { method: 'managed_forwarding' })).body
    expect(kept.recipients.emails).toHaveLength(2)
    expect(kept.inboxAddresses).toEqual(['c@example.com'])
    const { body } = await put(id, {
      method: 'managed_forwarding',
      recipients: { emails: ['b@example.com'] },
    })
    expect(body.recipients.emails).toMatchObject([{ address: 'b@example.com', state: 'confirmed' }])
  })

  it('takes security questions and a TOTP secret, and never shows them', async () => {
    const id = await newConnection()
    const questions = [{ question: 'First pet?', answer: 'Rex' }]
    const asked = await put(id, { method: 'security_questions', securityQuestions: questions })
    expect(asked.status).toBe(200)
    const totp = await put(id, { method: 'authenticator', totpSecret: 'jbsw y3dp ehpk 3pxp' })
    expect(totp.status).toBe(200)
    const uri = 'otpauth://totp/Portal:pat?secret=JBSWY3DPEHPK3PXP&issuer=Portal'
    expect((await put(id, { method: 'authenticator', totpSecret: uri })).status).toBe(200)
    expect(JSON.stringify([asked.body, totp.body])).not.toMatch(/Rex|JBSW/i)
  })

  it.each([
    [{ method: 'carrier_pigeon' }, ['method']],
    [{}, ['method']],
    [{ method: 'authenticator', totpSecret: '123' }, ['totpSecret']],
    [
      { method: 'authenticator', totpSecret: 'otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=1' },
      ['totpSecret'],
    ],
    [
      { method: 'automatic', securityQuestions: [{ question: '', answer: 'x' }] },
      ['securityQuestions[0].question'],
    ],
    [{ method: 'automatic', recipient: {} }, ['recipient']],
    [
      {
        method: 'automatic',
        securityQuestions: [
          { question: 'a', answer: '1' },
          { question: 'a', answer: '2' },
        ],
      },
      ['securityQuestions'],
    ],
  ])('refuses %j', async (body, paths) => {
    expect(await badFields(await newConnection(), body)).toEqual(paths)
  })

  it('says when the last code came', async () => {
    const id = await newConnection()
    await put(id, { method: 'managed_forwarding' })
    const at = Date.now()
    await api.deliver(id, '123456', { receivedAt: at })
    expect((await get(id)).health.lastCodeAt).toBe(new Date(at).toISOString())
  })

  it('shows the ladder of the utility', async () => {
    const { options } = await get(await api.newConnection(await api.newCompany(), { utility: 'pge' }))
    expect(options.map(({ option }) => option).slice(0, 3)).toEqual([
      'upload_documents',
      'managed_forwarding',
      'sms',
    ])
    expect(options.find(({ option }) => option === 'managed_forwarding')).toMatchObject({ recommended: true })
    expect(options.find(({ option }) => option === 'disable_mfa')).toMatchObject({ available: false })
    expect(options.find(({ option }) => option === 'sms')).toMatchObject({
      available: false,
      why: expect.stringContaining('not enabled'),
    })
  })

  it('changes nothing for a deactivated company', async () => {
    const other = await api.newCompany()
    const id = await api.newConnection(other)
    await api.call('PATCH', `/v2/company/${other}`, { isActive: false })
    expect(await put(id, { method: 'managed_forwarding' })).toMatchObject({
      status: 409,
      body: { error: { code: 'company_inactive' } },
    })
  })
})

describe('without a provider', () => {
  it('says that there is no number', async () => {
    const api = await startApi()
    const id = await api.newConnection(await api.newCompany({ features: { smsRelay: true } }))
    expect(await api.call('PUT', `/v2/connection/${id}/mfa`, { method: 'sms' })).toMatchObject({
      status: 503,
      body: { error: { code: 'no_number_available' } },
    })
    await api.close()
  })
})

describe('with RECIPIENT_CONFIRMATION=required', () => {
  it('asks new recipients before they get anything, and shows it among the deliveries', async () => {
    const topics: string[] = []
    const api = await startApi({
      wakeup: { notify: (topic) => topics.push(topic) },
      settings: {
        mailDomain: 'relay.test',
        mailboxPrefix: 'mfa',
        smsNumbers: [],
        recipientConfirmation: 'required',
      },
    })
    const id = await api.newConnection(await api.newCompany())
    const { body } = await api.call<Mfa>('PUT', `/v2/connection/${id}/mfa`, {
      method: 'managed_forwarding',
      recipients: { emails: ['pat@example.com'], phones: ['+12025550123'] },
    })
    expect(body.recipients.emails).toMatchObject([{ state: 'pending' }])
    const deliveries = await api.call<{ total: number; items: object[] }>(
      'GET',
      `/v2/connection/${id}/deliveries`,
    )
    expect(deliveries.body).toMatchObject({
      total: 2,
      perPage: 100,
      currentPage: 1,
      totalPages: 1,
      hasNext: false,
      hasPrevious: false,
    })
    expect(deliveries.body.items).toContainEqual(
      expect.objectContaining({ kind: 'confirm_recipient', courier: 'email', state: 'due', messageId: null }),
    )
    expect(topics).toContain('outbox')
    await api.close()
  })
})
