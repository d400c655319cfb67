import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../support/api.ts'
import { waitFor } from '../support/wait-for.ts'

type List = { total: number; items: Record<string, unknown>[] }

const untrusted = {
  code: null,
  verdict: {
    level: 'untrusted' as const,
    reasons: [{ code: 'from_not_utility', text: 'The sender is not the utility.' }],
    senderDomain: 'portal.test',
    forwardedBy: null,
  },
}

describe('messages', () => {
  let api: TestApi
  let companyId: string
  let company: string
  beforeAll(async () => {
    api = await startApi()
    companyId = await api.newCompany()
    company = await api.newKey('company', companyId)
  })
  afterAll(() => api.close())

  it('are listed with verdict and extraction, and without what may be a code', async () => {
    const id = await api.newConnection(companyId)
    await api.deliver(id, '482913')
    await api.deliver(id, 'QX7-9KP', {
      subject: 'QX7-9KP opens your account 55512345',
      extraction: {
        kind: 'code',
        code: 'QX79KP',
        rule: 'general',
        confidence: 0.9,
        candidates: [{ code: 'QX79KP', shown: 'QX7-9KP', score: 1, evidence: [] }],
      },
    })
    const { body } = await api.call<List>('GET', `/v2/connection/${id}/messages`, undefined, { key: company })
    expect(body.total).toBe(2)
    expect(body.items.map(({ subject }) => subject).sort()).toEqual([
      'Your code is ••••',
      '•••• opens your account ••••',
    ])
    expect(body.items[0]).toMatchObject({ verdict: { level: 'trusted' }, extraction: { kind: 'code' } })
    expect(JSON.stringify(body)).not.toMatch(/482913|QX79KP|QX7-9KP/)
  })

  it('show their body to administrators only, and that is on record', async () => {
    const id = await api.deliver(await api.newConnection(companyId), '482913')
    const path = `/v2/message/${id}`
    expect((await api.call('GET', path, undefined, { key: company })).body).not.toHaveProperty('body')
    const refused = await api.call('GET', `${path}?body=true`, undefined, { key: company })
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } })
    const { body } = await api.call(`GET`, `${path}?body=true`)
    expect(body).toMatchObject({ body: { encoding: 'utf-8', content: expect.stringContaining('482913') } })
    const audit = await api.call<List>('GET', `/v2/audit?subject=message:${id}`)
    expect(audit.body.items).toMatchObject([{ actor: 'admin', action: 'message.viewed' }])
  })

  it('show bodies that are no text as base64', async () => {
    const raw = new Uint8Array([0xff, 0xfe, 0x00])
    const id = await api.deliver(await api.newConnection(companyId), '1', { raw })
    const { body } = await api.call(`GET`, `/v2/message/${id}?body=true`)
    expect(body).toMatchObject({ body: { encoding: 'base64', content: '//4A' } })
  })

  it('released from quarantine wake the runner that waits', async () => {
    const connectionId = await api.newConnection(companyId)
    const attemptId = await api.openAttempt(connectionId)
    const waiting = api.call('GET', `/v2/attempt/${attemptId}/code?wait=60`)
    await waitFor(() => api.waiters.count() === 1, 'the waiter')
    const id = await api.deliver(connectionId, '482913', untrusted)
    expect((await api.call('GET', `/v2/message/${id}`)).body).toMatchObject({ quarantined: true })
    const released = await api.call('POST', `/v2/message/${id}/release`, { pinSender: true })
    expect(released).toMatchObject({ status: 200, body: { id, quarantined: false } })
    expect((await waiting).body).toMatchObject({ code: '482913' })
    const audit = await api.call<List>('GET', `/v2/audit?subject=message:${id}`)
    expect(audit.body.items).toContainEqual(expect.objectContaining({ action: 'message.released' }))
  })

  it('to the operator are for administrators', async () => {
    const id = await api.deliver('', '0', {
      connectionId: null,
      mailbox: 'postmaster@relay.test',
      code: null,
    })
    const { body } = await api.call<List>('GET', '/v2/operator/messages')
    expect(body.items).toMatchObject([{ id, mailbox: 'postmaster@relay.test', connectionId: null }])
    expect((await api.call('GET', `/v2/message/${id}`)).status).toBe(200)
    expect((await api.call('GET', `/v2/message/${id}`, undefined, { key: company })).status).toBe(404)
  })

  it('that are not there are 404', async () => {
    expect((await api.call('GET', '/v2/message/nothing')).status).toBe(404)
    expect((await api.call('GET', '/v2/message/nothing?body=true')).status).toBe(404)
    expect((await api.call('POST', '/v2/message/nothing/release', {})).status).toBe(404)
  })
})
