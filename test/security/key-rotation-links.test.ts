import { rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { submit } from '../support/postfix-mail.ts'
import { provision, startRelay, type TestRelay } from '../support/relay.ts'
import { type ReceivedMail, type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'
import { waitFor } from '../support/wait-for.ts'

/* What was sent under a master key, and comes back after another has taken its place. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const [K1, K2] = ['1a'.repeat(32), '2b'.repeat(32)]
const PAT = 'pat@customer.test'

let sink: SmtpSink
let relay: TestRelay
let home: Awaited<ReturnType<typeof provision>>
let copy: ReceivedMail
beforeAll(async () => {
  sink = await startSmtpSink()
  relay = await start(K1)
  home = await provision(relay, { emails: [PAT] })
  await sendMail(relay.ports.smtp, { to: home.emailAddress, text: codeText('604857') })
  copy = await sink.waitFor(() => true, 60_000)
})
afterAll(async () => {
  await relay?.close()
  await sink?.close()
  if (relay) rmSync(relay.dataDir, { recursive: true, force: true })
})

const start = (masterKey: string, dataDir?: string) =>
  startRelay({ OUTBOUND_SMTP_URL: sink.smtpUrl, MASTER_KEY: masterKey }, dataDir)
const restart = async (masterKey: string) => {
  await relay.close()
  relay = await start(masterKey, relay.dataDir)
}
/** The stop link as it stands in the mail, at the port that the relay has now. */
const stopUrl = () => {
  const [link = ''] = /https?:\/\/\S+\/r\/stop\/[\w-]+/.exec(copy.parsed.text ?? '') ?? []
  return link.replace(/^https?:\/\/[^/]+/, relay.url)
}
const pat = async () => {
  type Mfa = { recipients: { emails: { state: string }[] } }
  const { body } = await relay.api<Mfa>('GET', `/v2/connection/${home.connectionId}/mfa`)
  return body.recipients.emails[0]?.state
}
const newest = async () => {
  type Message = { extraction: { kind: string }; verdict: { reasons: { code: string }[] } }
  const path = `/v2/connection/${home.connectionId}/messages`
  return (await relay.api<{ items: Message[] }>('GET', path)).body.items[0]!
}
const report = (id: string) =>
  [
    'From: MAILER-DAEMON@customer.test',
    `To: ${copy.envelope.from}`,
    'Subject: Out of office',
    'Auto-Submitted: auto-replied',
    `Message-ID: <${id}@customer.test>`,
    '',
    'I am away.',
    '',
  ].join('\r\n')

describe('under the new key, with the old one behind it', () => {
  beforeAll(() => restart(`${K2},${K1}`))

  it('a copy that comes back is cut by its mark', async () => {
    const marked = copy.raw.toString('latin1').replace(/\/r\/stop\/[\w-]+/g, '/gone')
    await submit(relay.ports.smtp, marked, { from: 'x@customer.test', to: home.emailAddress })
    expect((await newest()).extraction.kind).toBe('loop')
  })

  it('an answer to it finds its delivery', async () => {
    await submit(relay.ports.smtp, report('one'), { from: '', to: copy.envelope.from })
    expect((await newest()).verdict.reasons).toMatchObject([{ code: 'return_path' }])
  })

  it('the link in it still stops copies', async () => {
    expect((await fetch(stopUrl())).status).toBe(200)
    expect(await pat()).toBe('confirmed')
    expect((await fetch(stopUrl(), { method: 'POST' })).status).toBe(200)
    expect(await pat()).toBe('stopped')
  })
})

describe('under the new key alone', () => {
  beforeAll(async () => {
    const database = new Database(`${relay.dataDir}/relay.db`, { readonly: true })
    const keys = () => database.prepare<[], number>('select count(*) from key_check').pluck().get()
    await waitFor(() => keys() === 1, 'everything to be sealed anew', 100_000)
    database.close()
    await restart(K2)
  })

  it('the link says that it does not work, and the return path is nobody’s', async () => {
    expect((await fetch(stopUrl())).status).toBe(404)
    const sent = submit(relay.ports.smtp, report('two'), { from: '', to: copy.envelope.from })
    await expect(sent).rejects.toThrow(/550/)
  })
})
