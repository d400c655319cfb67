import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../support/api.ts'

type Recipients = {
  recipients: { emails: { address: string; state: string }[]; phones: { state: string }[] }
}

describe('domains that a company vouches for', () => {
  let api: TestApi
  let companyId: string
  let connectionId: string
  beforeEach(async () => {
    const settings = {
      mailDomain: 'relay.test',
      mailboxPrefix: 'mfa',
      smsNumbers: [],
      recipientConfirmation: 'required',
    } as const
    api = await startApi({ settings })
    companyId = await api.newCompany()
    connectionId = await api.newConnection(companyId)
  })
  afterEach(() => api.close())

  const vouch = (vouchedDomains: unknown, key?: string) =>
    api.call('PATCH', `/v2/company/${companyId}`, { vouchedDomains }, key ? { key } : {})
  const statesOf = async (emails: string[], phones: string[] = []) => {
    const body = { method: 'managed_forwarding', recipients: { emails, phones } }
    const reply = await api.call<Recipients>('PUT', `/v2/connection/${connectionId}/mfa`, body)
    const { recipients } = reply.body
    return Object.fromEntries([
      ...recipients.emails.map(({ address, state }) => [address, state]),
      ...recipients.phones.map(({ state }) => ['phone', state]),
    ])
  }

  it('are none at first: everybody confirms', async () => {
    expect((await api.call('GET', `/v2/company/${companyId}`)).body.vouchedDomains).toEqual([])
    expect(await statesOf(['pat@tenants.example.com'])).toEqual({ 'pat@tenants.example.com': 'pending' })
  })

  it('spare recipients there the question, and nobody else', async () => {
    const reply = await vouch(['Example.com', 'example.co.uk'])
    expect(reply).toMatchObject({ status: 200, body: { vouchedDomains: ['example.com', 'example.co.uk'] } })
    const emails = ['a@EXAMPLE.com', 'b@mail.example.com', 'c@example.com.evil.test', 'd@notexample.com']
    expect(await statesOf(emails, ['+14155550142'])).toEqual({
      'a@example.com': 'confirmed',
      'b@mail.example.com': 'pending',
      'c@example.com.evil.test': 'pending',
      'd@notexample.com': 'pending',
      phone: 'pending',
    })
    const deliveries = await api.call<{ items: { address: string }[] }>(
      'GET',
      `/v2/connection/${connectionId}/deliveries`,
    )
    expect(deliveries.body.items.map(({ address }) => address)).not.toContain('a@example.com')
  })

  it('bring nobody back who stopped', async () => {
    await vouch(['example.com'])
    await statesOf(['a@example.com'])
    const { recipients } = (await api.store.getMfa(connectionId))!
    await api.store.stopRecipient(recipients[0]!.id, 'unsubscribed', api.clock.now())
    expect(await statesOf(['a@example.com'])).toEqual({ 'a@example.com': 'stopped' })
  })

  it('are for administrators to set', async () => {
    const key = await api.newKey('company', companyId)
    expect(await vouch(['example.com'], key)).toMatchObject({ status: 403 })
  })

  it.each([['com'], ['co.uk'], ['localhost'], ['pat@example.com'], ['*.example.com'], ['192.0.2.1'], ['']])(
    'cannot be %j, which no company owns',
    async (domain) => {
      const reply = await vouch([domain])
      expect(reply).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } })
    },
  )
})
