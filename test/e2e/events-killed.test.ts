import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type RelayProcess, startProcess } from '../support/process.ts'
import { ADMIN_KEY, callApi, testEnvironment } from '../support/relay.ts'
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'
import { waitFor } from '../support/wait-for.ts'
import { isGenuine, type Receiver, startReceiver } from '../support/webhook-receiver.ts'

/* kill -9 of the real program between a change and the end of its telling. */

let dataDir: string
let receiver: Receiver
let sink: SmtpSink
let mailsOffered = 0
let holdMails = false
let relay: RelayProcess

const start = () =>
  startProcess({
    ...testEnvironment(dataDir),
    WEBHOOK_HTTP: 'on',
    WEBHOOK_PORTS: String(receiver.port),
    WEBHOOK_NETWORKS: '127.0.0.0/8',
    OUTBOUND_SMTP_URL: sink.smtpUrl,
    NOTICE_GATHER_MINUTES: '0',
    LOG_LEVEL: 'info',
  })
const api = <T = { id: string }>(method: string, path: string, body?: unknown) =>
  callApi<T>(relay.url, method, path, body, ADMIN_KEY)

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'mfa-relay-events-'))
  receiver = await startReceiver()
  sink = await startSmtpSink({
    refuseMessage: () => {
      mailsOffered += 1
      return holdMails ? { code: 451, text: 'come back later' } : null
    },
  })
  relay = await start()
})
afterEach(async () => {
  await relay.stop('SIGKILL')
  await receiver.close()
  await sink.close()
  rmSync(dataDir, { recursive: true, force: true })
})

it('kill -9 loses no event, keeps their order, and repeats one under its own id', async () => {
  const companyId = (await api('POST', '/v2/company', { name: 'Example Energy' })).body.id
  const registered = await api<{ secret: string }>('POST', `/v2/company/${companyId}/webhook`, {
    url: receiver.url,
  })
  receiver.answer = () => undefined
  const connection = await api('POST', `/v2/connection/company/${companyId}`, { utility: 'sandbox-power' })
  const { id } = connection.body
  const before = await receiver.next(({ body }) => body.data.id === id, 'the first event', 60_000)
  for (const n of [1, 2, 3]) await api('PATCH', `/v2/connection/${id}`, { externalId: `A-${n}` })
  await relay.kill()

  receiver.events.length = 0
  receiver.answer = (_, response) => response.writeHead(204).end()
  relay = await start()
  await receiver.next(() => receiver.events.length === 4, 'all four events', 60_000)
  expect(receiver.events[0]).toMatchObject({ raw: before.raw })
  expect(receiver.events[0]!.headers['webhook-id']).toBe(before.headers['webhook-id'])
  expect(receiver.events.map(({ body }) => body.data.version)).toEqual([1, 2, 3, 4])
  expect(receiver.events.every((event) => isGenuine(event, registered.body.secret))).toBe(true)
  expect(relay.logs()).not.toContain(registered.body.secret)
  expect(relay.logs()).not.toContain('/events')
}, 150_000)

it('kill -9 after a login broke loses neither the event nor the mail to its owner', async () => {
  const companyId = (await api('POST', '/v2/company', { name: 'Example Energy' })).body.id
  const { secret } = (
    await api<{ secret: string }>('POST', `/v2/company/${companyId}/webhook`, { url: receiver.url })
  ).body
  const { id } = (
    await api('POST', `/v2/connection/company/${companyId}`, {
      utility: 'sandbox-power',
      connectionOwnerEmail: 'owner@customer.test',
    })
  ).body
  await receiver.next(({ body }) => body.type === 'connection.created.v2', 'the first event', 60_000)
  receiver.answer = () => undefined
  holdMails = true
  const attempt = await api('POST', `/v2/connection/${id}/attempt`, {})
  await api('POST', `/v2/attempt/${attempt.body.id}/outcome`, { status: 'NEW_PASSWORD_NEEDED' })
  await waitFor(() => mailsOffered > 0 && receiver.events.length > 1, 'both to be offered', 60_000)
  await relay.kill()

  holdMails = false
  receiver.events.length = 0
  receiver.answer = (_, response) => response.writeHead(204).end()
  relay = await start()
  const broken = await receiver.next(({ body }) => body.type === 'connection.updated.v2', 'the event', 60_000)
  expect(broken.body.data).toMatchObject({ status: 'NEW_PASSWORD_NEEDED', old: { status: 'PENDING' } })
  expect(isGenuine(broken, secret)).toBe(true)
  // Tried a minute after the next hop put it off.
  const mail = await sink.waitFor(({ envelope }) => envelope.to.includes('owner@customer.test'), 120_000)
  expect(mail.parsed.subject).toBe('Your Sandbox Power login needs attention')
  expect(mail.parsed.text).toContain('wants a new password')
  expect(sink.mails).toHaveLength(1)
}, 300_000)
