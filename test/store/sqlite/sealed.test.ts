import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { WrongMasterKeyError } from '../../../src/store/errors.ts'
import { openSqliteStore } from '../../../src/store/sqlite/open.ts'
import { newWebhook, REFUSED } from '../event-samples.ts'
import { attempt, codeRecord, company, connection, mfaSetup, newAddress, T0 } from '../samples.ts'
import { openTestStore, TEST_KEY } from './test-store.ts'

/** Words that must be nowhere in the files, each in a place of its own. */
const SECRETS = {
  code: '73190248',
  candidate: '55120977',
  subject: 'Signing in from Springfield',
  body: 'It was a dark and stormy night',
  username: 'pat.springfield',
  password: 'correct horse battery staple',
  answer: 'Snowball the 2nd',
  totp: 'JBSWY3DPEHPK3PXP',
  confirmation: 'https://mail.test/confirm/94f7a1',
  webhookUrl: 'https://hooks.test/in?key=7c1f0be2',
  webhookSecret: 'whsec_VGhpcyBpcyBub3QgYSByZWFsIHNlY3JldCE=',
  webhookAnswer: 'the endpoint said 8812 back',
}

async function fill(store: Awaited<ReturnType<typeof openTestStore>>['store']) {
  const owner = company()
  const login = connection(owner.id)
  await store.createCompany(owner)
  const { webhookUrl: url, webhookSecret: secret } = SECRETS
  const webhook = newWebhook(owner.id, { url, secret })
  await store.createWebhook(webhook, T0)
  await store.createConnection(login, { username: SECRETS.username, password: SECRETS.password })
  await store.rotateSecret(webhook.id, { secret: 'whsec_bmV3', formerUntil: T0 }, T0)
  const tried = await store.sendTestEvent(webhook.id, T0)
  const result = { ...REFUSED, response: SECRETS.webhookAnswer }
  await store.finishEvent(tried!.id, result, { now: T0, nextDueAt: null, disableAfterMs: 1 })
  const address = newAddress()
  const newMailboxes = [{ address, channel: 'email', providerSid: null } as const]
  const securityQuestions = [{ question: 'First pet?', answer: SECRETS.answer }]
  const setup = mfaSetup({ newMailboxes, securityQuestions, totpSecret: SECRETS.totp })
  await store.configureMfa(login.id, setup, T0)
  const raw = new TextEncoder().encode(SECRETS.body)
  const message = codeRecord(
    login.id,
    { code: SECRETS.code },
    { mailbox: address, subject: SECRETS.subject, raw },
  )
  const { code: _, ...notice } = codeRecord(login.id, {}, { mailbox: address })
  const candidates = [{ code: SECRETS.candidate, shown: SECRETS.candidate, score: 0.4, evidence: [] }]
  await store.saveInbound([
    message,
    { ...notice, code: null, extraction: { kind: 'none', reason: 'ambiguous', candidates } },
  ])
  const confirmation = codeRecord(login.id, {}, { mailbox: address })
  const link = SECRETS.confirmation
  const extraction = { kind: 'forwarding_confirmation', provider: 'gmail', link, candidates: [] } as const
  await store.saveInbound([{ ...confirmation, code: null, extraction }])
  const idempotency = { scope: 'key:r', key: 'k', fingerprint: 'f' }
  const opened = await store.openAttempt(attempt(login.id))
  await store.closeAttempt(opened.id, { status: 'CONNECTED' }, T0 + 1, idempotency)
  return { message, connectionId: login.id }
}

describe('what is secret', () => {
  it('is nowhere in the files, and comes back whole', async () => {
    const opened = await openTestStore()
    const { message, connectionId } = await fill(opened.store)
    const folder = dirname(opened.path)
    const files = () => readdirSync(folder).map((name) => readFileSync(join(folder, name)))
    const whileOpen = files()
    await opened.reopen()
    for (const bytes of [...whileOpen, ...files()]) {
      for (const [what, secret] of Object.entries(SECRETS)) {
        expect(bytes.includes(secret), what).toBe(false)
        expect(bytes.includes(Buffer.from(secret).toString('base64').slice(0, -4)), what).toBe(false)
      }
      // The search would find what is there in the clear.
    }
    expect(files().some((bytes) => bytes.includes(message.mailbox))).toBe(true)
    expect(await opened.store.getMessage(message.id)).toMatchObject({
      subject: SECRETS.subject,
      extraction: { code: SECRETS.code },
    })
    expect(await opened.store.getConnection(connectionId)).toMatchObject({ username: SECRETS.username })
    await opened.remove()
  })

  it('does not open in another place', async () => {
    const opened = await openTestStore()
    const [a, b] = [await fill(opened.store), await fill(opened.store)]
    const database = new Database(opened.path)
    const subject = database.prepare('select subject from message where id = ?').pluck().get(a.message.id)
    database.prepare('update message set subject = ? where id = ?').run(subject, b.message.id)
    database.close()
    await expect(opened.store.getMessage(b.message.id)).rejects.toThrow('moved here from another row')
    await opened.remove()
  })

  it('keeps the store shut to a wrong master key', async () => {
    const opened = await openTestStore()
    await opened.store.close()
    const path = opened.path
    const wrong = openSqliteStore({ path, masterKeys: [new Uint8Array(32).fill(8)] })
    await expect(wrong).rejects.toBeInstanceOf(WrongMasterKeyError)
    await opened.remove()
  })

  it('lets the key change: the new one seals, the old one still opens', async () => {
    const opened = await openTestStore()
    const { message } = await fill(opened.store)
    await opened.store.close()
    const { path } = opened
    const NEW_KEY = new Uint8Array(32).fill(9)
    const both = await openSqliteStore({ path, masterKeys: [NEW_KEY, TEST_KEY] })
    expect(await both.getMessage(message.id)).toMatchObject({ subject: SECRETS.subject })
    const younger = await fill(both)
    await both.close()
    for (const masterKeys of [[NEW_KEY], [TEST_KEY]]) {
      await expect(openSqliteStore({ path, masterKeys })).rejects.toBeInstanceOf(WrongMasterKeyError)
    }
    const swapped = await openSqliteStore({ path, masterKeys: [TEST_KEY, NEW_KEY] })
    expect(await swapped.getMessage(younger.message.id)).toMatchObject({ subject: SECRETS.subject })
    await swapped.close()
    await opened.remove()
  })
})
