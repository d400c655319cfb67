import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PasswordIncorrect, Relay } from '../../src/client/index.ts'
import { documentDesk, PNG } from '../support/document-desk.ts'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { ADMIN_KEY, callApi, provision, startRelay, type TestRelay } from '../support/relay.ts'
import { replyToRcpt } from '../support/smtp-client.ts'

/* A connection from its first day to its last, on a whole relay. */

type Details = {
  connectionType: string
  status: string
  initialSites: string[]
  schedule: { nextDueAt: string | null; why: string; lastLogin: { status: string | null } | null }
}

const OUR_NUMBER = '+14155550151'
let relay: TestRelay
let client: Relay

beforeAll(async () => {
  // Copies go nowhere, so that there are open ones when a connection is removed.
  relay = await startRelay({ SMS_NUMBERS: OUR_NUMBER, OUTBOUND_SMTP_URL: 'smtp://127.0.0.1:9' })
  client = new Relay({ url: relay.url, apiKey: ADMIN_KEY })
})
afterAll(async () => {
  await relay.close()
  relay.remove()
})

const details = async (id: string): Promise<Details> =>
  (await relay.api<Details>('GET', `/v2/connection/${id}/details`)).body

/** Rows as they are on disk. */
function rows<T>(sql: string, ...args: string[]): T[] {
  const database = new Database(join(relay.dataDir, 'relay.db'), { readonly: true })
  try {
    return database.prepare<string[], T>(sql).all(...args)
  } finally {
    database.close()
  }
}
const count = (sql: string, ...args: string[]): number => rows<{ n: number }>(sql, ...args)[0]!.n

const rcpt = (address: string) => replyToRcpt(relay.ports.smtp, address)

describe('new credentials', () => {
  it('make a login due at once that waited for nothing else, with what the connection is about now', async () => {
    const { connectionId } = await provision(relay)
    expect((await details(connectionId)).schedule).toMatchObject({ why: 'first_login', lastLogin: null })
    const refused = client.login(connectionId, async () => {
      throw new PasswordIncorrect()
    })
    await expect(refused).rejects.toBeInstanceOf(PasswordIncorrect)
    const broken = await details(connectionId)
    expect(broken.schedule).toMatchObject({
      why: 'needs_repair',
      nextDueAt: null,
      lastLogin: { status: 'PASSWORD_INCORRECT' },
    })
    expect(await client.lease({ runner: 'r' })).toBeNull()
    await relay.api('PATCH', `/v2/connection/${connectionId}`, {
      password: 'a-better-one',
      initialSites: ['12 Example Street', '14 Example Street'],
      utilityTypes: ['electric', 'gas'],
      dataCollectionStartDate: '2025-01-01',
    })
    const { schedule } = await details(connectionId)
    expect(schedule.why).toBe('changed')
    expect(Date.parse(schedule.nextDueAt!)).toBeLessThanOrEqual(Date.now())
    const done = await client.collect({ runner: 'r' }, async (_, leased) => leased)
    expect(done?.result).toMatchObject({
      connection: {
        id: connectionId,
        initialSites: ['12 Example Street', '14 Example Street'],
        utilityTypes: ['electric', 'gas'],
        dataCollectionStartDate: '2025-01-01',
      },
      credentials: { password: 'a-better-one' },
    })
    const week = await details(connectionId)
    expect(week.schedule).toMatchObject({ why: 'weekly', lastLogin: { status: 'CONNECTED' } })
    expect(Date.parse(week.schedule.nextDueAt!)).toBeGreaterThan(Date.now() + 3 * 86_400_000)
  })
})

describe('a connection without credentials', () => {
  it('is known as one of e-mail, and is never due', async () => {
    const company = await relay.api<{ id: string }>('POST', '/v2/company', { name: 'By Mail' })
    const path = `/v2/connection/company/${company.body.id}`
    const made = await relay.api<{ id: string }>('POST', path, { utility: 'sandbox-power' })
    expect(await details(made.body.id)).toMatchObject({
      connectionType: 'email',
      schedule: { why: 'no_credentials', nextDueAt: null },
    })
    expect(await client.lease({ runner: 'r' })).toBeNull()
    await relay.api('PATCH', `/v2/connection/${made.body.id}`, { username: 'pat', password: 'p' })
    expect((await details(made.body.id)).connectionType).toBe('online')
    expect((await client.lease({ runner: 'r' }))?.connection.id).toBe(made.body.id)
  })
})

describe('a deactivated company', () => {
  it('gets no logins and keeps its mail; reactivated, its connections are due at once', async () => {
    const { companyId, connectionId, emailAddress } = await provision(relay)
    await relay.api('PATCH', `/v2/company/${companyId}`, { isActive: false })
    expect(await details(connectionId)).toMatchObject({
      status: 'COMPANY_INACTIVE',
      schedule: { why: 'company_inactive', nextDueAt: null },
    })
    expect(await client.lease({ runner: 'r' })).toBeNull()
    await sendMail(relay.ports.smtp, { to: emailAddress, text: codeText('482913') })
    const kept = await relay.api<{ total: number }>('GET', `/v2/connection/${connectionId}/messages`)
    expect(kept.body.total).toBe(1)
    await relay.api('PATCH', `/v2/company/${companyId}`, { isActive: true })
    expect((await client.lease({ runner: 'r' }))?.connection.id).toBe(connectionId)
  })
})

describe('offboarding', () => {
  it('leaves no secret, no body and no open copy, and nobody gets its addresses again', async () => {
    const { companyId, connectionId, emailAddress } = await provision(relay, {
      emails: ['pat@customer.test'],
      smsRelay: true,
    })
    const mfa = `/v2/connection/${connectionId}/mfa`
    const sms = await relay.api<{ phoneNumber: string }>('PUT', mfa, {
      method: 'sms',
      securityQuestions: [{ question: 'First pet?', answer: 'Snowball' }],
      totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DP',
    })
    expect(sms.body.phoneNumber).toBe(OUR_NUMBER)
    await client.openAttempt(connectionId)
    await sendMail(relay.ports.smtp, { to: emailAddress, text: codeText('482913') })
    const job = await documentDesk(relay.url).upload(companyId, [['bill.png', PNG]], { connectionId })
    await relay.api('POST', `/v2/connection/${connectionId}/mfa/test`)
    const of = (table: string, where = '') =>
      count(`select count(*) as n from ${table} where connection_id = ? ${where}`, connectionId)
    expect([of('code'), of('delivery', 'and finished_at is null')]).toEqual([1, 1])

    expect((await relay.api('DELETE', `/v2/connection/${connectionId}`)).status).toBe(204)

    expect((await relay.api('DELETE', `/v2/connection/${connectionId}`)).status).toBe(404)
    const gone = ['details', 'mfa', 'messages', 'deliveries', 'triage', 'history', 'mfa/test']
    for (const path of gone) {
      expect([path, (await relay.api('GET', `/v2/connection/${connectionId}/${path}`)).status]).toEqual([
        path,
        404,
      ])
    }
    expect((await relay.api('GET', `/v2/job/${job.body.id}`)).status).toBe(404)
    expect(await client.lease({ runner: 'r' })).toBeNull()
    const [row] = rows<Record<string, unknown>>('select * from connection where id = ?', connectionId)
    expect(row).toMatchObject({ username: null, password: null, totp_secret: null })
    expect([of('code'), of('security_answer'), of('document'), of('code_source')]).toEqual([0, 0, 0, 0])
    expect(of('message', 'and (subject is not null or extraction is not null)')).toBe(0)
    const messages = 'select id from message where connection_id = ?'
    const bodies = `select count(*) as n from message_body where message_id in (${messages})`
    expect(count(bodies, connectionId)).toBe(0)
    expect(of('delivery', 'and finished_at is null')).toBe(0)
    // That a message came stays on record, and so do the addresses, retired.
    expect(of('message')).toBe(1)
    expect(of('mailbox', 'and retired_at is not null')).toBe(2)
    expect(await rcpt(emailAddress)).toBe(550)
    await expect(provision(relay, { method: 'sms' })).rejects.toThrow('no_number_available')
    // What it knew is not shared with those that stay.
    const audit = await callApi<{ items: { action: string }[] }>(
      relay.url,
      'GET',
      `/v2/audit?subject=connection:${connectionId}`,
      undefined,
      ADMIN_KEY,
    )
    expect(audit.body.items.map(({ action }) => action)).toContain('connection.removed')
  })
})
