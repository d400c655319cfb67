import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Relay } from '../../src/client/index.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { documentDesk, PNG } from '../support/document-desk.ts'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { ADMIN_KEY, provision, startRelay, type TestRelay } from '../support/relay.ts'
import { replyToRcpt } from '../support/smtp-client.ts'
import { type FakeTwilio, startFakeTwilio } from '../support/twilio.ts'
import { waitFor } from '../support/wait-for.ts'

/* A company goes, with everything that is known of its customers. */

type Erasure = { state: string; connections: { total: number; left: number } }
type Customer = Awaited<ReturnType<typeof provision>>

let twilio: FakeTwilio
let relay: TestRelay
const settings = () => ({
  TWILIO_ACCOUNT_SID: twilio.accountSid,
  TWILIO_AUTH_TOKEN: twilio.authToken,
  TWILIO_API_URL: twilio.url,
  OUTBOUND_SMTP_URL: 'smtp://127.0.0.1:9',
})

beforeEach(async () => {
  twilio = await startFakeTwilio()
  relay = await startRelay(settings())
})
afterEach(async () => {
  await relay.close()
  relay.remove()
  await twilio.close()
})

/** A company with two connections that has used about everything; `mark` is in every word that is its customer's. */
async function live(mark: string): Promise<Customer & { number: string; key: string }> {
  const first = await provision(relay, {
    emails: [`${mark}@customer.test`],
    inboxAddresses: [`${mark}-inbox@customer.test`],
    method: 'inbox_forwarding',
    smsRelay: true,
  })
  const { companyId, connectionId, emailAddress } = first
  await relay.api('PATCH', `/v2/company/${companyId}`, {
    name: `${mark} Ltd`,
    externalId: `${mark}-external`,
  })
  await relay.api('PATCH', `/v2/connection/${connectionId}`, {
    connectionOwnerEmail: `${mark}-owner@customer.test`,
    externalId: `${mark}-external`,
    initialSites: [`${mark} street 1`],
    url: `https://${mark}.example.com/`,
  })
  const sms = await relay.api<{ phoneNumber: string }>('PUT', `/v2/connection/${connectionId}/mfa`, {
    method: 'sms',
  })
  const key = await relay.api<{ key: string }>('POST', '/v2/key', {
    scope: 'company',
    companyId,
    label: mark,
  })
  await relay.api('POST', `/v2/connection/${connectionId}/mfa/test`)
  const client = new Relay({ url: relay.url, apiKey: ADMIN_KEY })
  await client.login(
    connectionId,
    async (login) => {
      await sendMail(relay.ports.smtp, {
        to: emailAddress,
        text: codeText('482913'),
        subject: `${mark} code`,
      })
      await login.code({ timeoutMs: 20_000 })
    },
    { purpose: 'test_login' },
  )
  await sendMail(relay.ports.smtp, { to: emailAddress, from: `${mark}@stranger.test`, text: 'Lunch?' })
  await documentDesk(relay.url).upload(companyId, [[`${mark}.png`, PNG]])
  await relay.api('POST', `/v2/connection/company/${companyId}`, {
    utility: 'other',
    url: `https://${mark}-two.example.com/`,
    username: mark,
  })
  return { ...first, number: sms.body.phoneNumber, key: key.body.key }
}

/** Rows of all tables that hold a word, as `table.column`. */
function holders(word: string): string[] {
  const database = new Database(join(relay.dataDir, 'relay.db'), { readonly: true })
  try {
    const tables = database
      .prepare<[], string>("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
      .pluck()
      .all()
    return tables.flatMap((table) =>
      (database.pragma(`table_info(${table})`) as { name: string }[])
        .map(({ name }) => name)
        .filter((name) => {
          const sql = `select 1 from ${table} where cast("${name}" as text) like ? limit 1`
          return database.prepare(sql).get(`%${word}%`) !== undefined
        })
        .map((name) => `${table}.${name}`),
    )
  } finally {
    database.close()
  }
}

const erase = (companyId: string, name: string) =>
  relay.api<Erasure>('DELETE', `/v2/company/${companyId}`, { name })
const done = (companyId: string) =>
  waitFor(async () => {
    const { body } = await relay.api<Erasure>('GET', `/v2/company/${companyId}/erasure`)
    return body.state === 'done' ? body : null
  }, 'the erasure to end')

/** What the audit log says of a connection beyond that things happened. */
async function detailsOf(connectionId: string): Promise<string[]> {
  const { body } = await relay.api<{ items: { detail: string | null }[] }>(
    'GET',
    `/v2/audit?subject=connection:${connectionId}`,
  )
  return body.items.flatMap(({ detail }) => detail ?? [])
}

const rcpt = (address: string) => replyToRcpt(relay.ports.smtp, address)

describe('the erasure of a company', () => {
  it('leaves no word of its customers, keeps its addresses retired, and touches nobody else', async () => {
    const gone = await live('wombat')
    const stays = await live('quokka')
    const before = holders('quokka')
    expect(holders('wombat').length).toBeGreaterThan(8)
    expect(twilio.owned.map(({ phoneNumber }) => phoneNumber)).toContain(gone.number)
    expect(await detailsOf(gone.connectionId)).not.toEqual([])

    expect((await erase(gone.companyId, 'Wombat ltd')).status).toBe(400)
    expect((await relay.api('GET', `/v2/connection/${gone.connectionId}/details`)).status).toBe(200)
    expect(await erase(gone.companyId, 'wombat Ltd')).toMatchObject({ status: 202 })
    expect(await done(gone.companyId)).toMatchObject({ connections: { total: 2, left: 0 } })

    expect(holders('wombat')).toEqual([])
    expect(holders('quokka')).toEqual(before)
    const kept = holders(gone.connectionId)
    expect(kept.sort()).toEqual([
      'audit.subject',
      'connection.id',
      'mailbox.connection_id',
      'recipient.connection_id',
    ])
    expect(await detailsOf(gone.connectionId)).toEqual([])
    expect(await rcpt(gone.emailAddress)).toBe(550)
    expect(holders(gone.connectionId).sort()).toEqual(kept)
    await waitFor(
      async () => !twilio.owned.some(({ phoneNumber }) => phoneNumber === gone.number),
      'the number to be given back',
    )
    expect((await relay.api('GET', '/v2/company', undefined, gone.key)).status).toBe(401)
    const company = await relay.api('GET', `/v2/company/${gone.companyId}`)
    expect(company.body).toMatchObject({ name: '(erased)', isActive: false, externalId: null })
    const audit = await relay.api<{ items: { action: string }[] }>(
      'GET',
      `/v2/audit?subject=company:${gone.companyId}`,
    )
    expect(audit.body.items.map(({ action }) => action).sort()).toEqual([
      'company.erased',
      'company.erasure_begun',
    ])
    const back = await relay.api('PATCH', `/v2/company/${gone.companyId}`, { isActive: true })
    expect(back.status).toBe(409)
    expect((await erase(gone.companyId, 'whatever')).body).toMatchObject({ state: 'done' })
    expect((await relay.api('GET', `/v2/connection/${stays.connectionId}/details`)).status).toBe(200)
    expect((await relay.api('GET', `/v2/company/${stays.companyId}/erasure`)).status).toBe(404)
  })

  it('goes on after a crash, wherever it stopped', async () => {
    const { companyId } = await live('wombat')
    await relay.close()
    const path = join(relay.dataDir, 'relay.db')
    const store = await openSqliteStore({
      path,
      masterKeys: [readMasterKey(relay.dataDir)],
    })
    await store.beginErasure(companyId, { actor: 'admin', now: Date.now() })
    // Into the middle of the first connection's rows.
    for (let step = 0; step < 3; step += 1) await store.eraseSome(companyId, { now: Date.now(), limit: 1 })
    await store.close()
    expect(holders('wombat')).not.toEqual([])
    relay = await startRelay(settings(), relay.dataDir)
    await done(companyId)
    expect(holders('wombat')).toEqual([])
  })
})

const readMasterKey = (folder: string): Uint8Array => {
  const text = readFileSync(join(folder, 'master.key'), 'utf8').trim()
  return Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64')
}

describe('a number that could not be given back', () => {
  it('is given back later, and not before it is nobody’s', async () => {
    const { connectionId, phoneNumber } = await provision(relay, { method: 'sms' })
    const isOwned = () => twilio.owned.some((number) => number.phoneNumber === phoneNumber)
    twilio.fail({ status: 503, code: 20_503, message: 'Service unavailable' })
    await relay.api('DELETE', `/v2/connection/${connectionId}`)
    expect(isOwned()).toBe(true)
    twilio.fail(null)
    // The time between two tries passes, and the process starts anew.
    await relay.close()
    const database = new Database(join(relay.dataDir, 'relay.db'))
    const { changes } = database.prepare('update number_release set next_try_at = 0').run()
    database.close()
    expect(changes).toBe(1)
    relay = await startRelay(settings(), relay.dataDir)
    await waitFor(async () => !isOwned(), 'the number to be given back')
  })
})
