import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ApiKey } from '../../src/domain/api-key.ts'
import { Failure } from '../../src/domain/failure.ts'
import type { InboundEmail } from '../../src/domain/message.ts'
import { createApp } from '../../src/http/app.ts'
import { createAuth } from '../../src/http/auth.ts'
import { createByteBudget } from '../../src/inbound/byte-budget.ts'
import { MIME_UPLOAD_PATH, type MimeUploadDeps, mimeUploadRoutes } from '../../src/inbound/mime-upload.ts'
import { DOMAIN, findMailbox, MAILBOX, RETIRED } from './support.ts'

const MAX_BYTES = 10_000
const hash = (key: string): string => createHash('sha256').update(key).digest('hex')
const keyOf = (scope: ApiKey['scope']): ApiKey => ({
  id: scope,
  scope,
  companyId: null,
  label: null,
  createdAt: 0,
  revokedAt: null,
})
const KEYS = new Map((['inbound', 'runner', 'company'] as const).map((scope) => [hash(scope), keyOf(scope)]))

let received: InboundEmail[]
beforeEach(() => {
  received = []
})

function open(change: Partial<MimeUploadDeps> = {}) {
  const routes = mimeUploadRoutes({
    mailDomain: DOMAIN,
    maxMessageBytes: MAX_BYTES,
    maxRecipients: 3,
    budget: createByteBudget(100_000),
    findMailbox,
    receive: async (message) => {
      received.push(message as InboundEmail)
    },
    now: () => 1234,
    ...change,
  })
  const store = { findApiKey: async (hashed: string) => KEYS.get(hashed) ?? null }
  const auth = createAuth({ store, adminKeyHash: hash('admin') })
  const app = createApp({
    routes: [routes],
    auth,
    messages: { paths: [MIME_UPLOAD_PATH], maxBytes: MAX_BYTES },
  })
  return async (query: string, init: { body?: string | Uint8Array; key?: string; type?: string } = {}) => {
    const response = await app.request(`${MIME_UPLOAD_PATH}?${query}`, {
      method: 'POST',
      headers: { 'X-API-KEY': init.key ?? 'inbound', 'Content-Type': init.type ?? 'message/rfc822' },
      body: init.body ?? 'Subject: x\r\n\r\nhi',
    })
    return {
      status: response.status,
      body: (await response.json()) as Record<string, unknown> & {
        error?: { code: string; message: string; details?: Record<string, unknown> }
      },
    }
  }
}
const TO = `recipient=${encodeURIComponent(MAILBOX)}`
const QUERY = `sender=a%40example.com&${TO}`

describe('mail over HTTP', () => {
  it('is taken like mail by SMTP, byte for byte', async () => {
    const post = open()
    const bytes = Uint8Array.from([0, 255, 13, 10, 128])
    const query = `${QUERY}&recipient=POSTMASTER%40${DOMAIN}&clientAddress=192.0.2.10&helo=mx.example.com`
    const { status, body } = await post(query, { body: bytes })
    expect(status).toBe(202)
    const [message] = received
    expect(body).toEqual({ id: message?.id, recipients: [MAILBOX, `postmaster@${DOMAIN}`] })
    expect(message).toMatchObject({
      channel: 'email',
      door: 'http',
      receivedAt: 1234,
      envelope: { sender: 'a@example.com', recipients: [MAILBOX, `postmaster@${DOMAIN}`] },
      client: { address: '192.0.2.10', helo: 'mx.example.com', tls: false },
    })
    expect(message && [...message.raw]).toEqual([...bytes])
  })

  it('has no client unless one is named, and may have the null sender', async () => {
    const post = open()
    expect((await post(`sender=&${TO}`)).status).toBe(202)
    expect(received[0]?.envelope.sender).toBe('')
    expect(received[0]?.client.address).toBeUndefined()
  })

  it('is for admins and keys of its own scope', async () => {
    const post = open()
    for (const [key, status] of [
      ['inbound', 202],
      ['admin', 202],
      ['runner', 403],
      ['company', 403],
      ['nobody', 401],
    ] as const) {
      expect((await post(QUERY, { key })).status, key).toBe(status)
    }
    expect(received).toHaveLength(2)
  })

  it('to somebody unknown is stored for nobody', async () => {
    const post = open()
    for (const unknown of ['x@nowhere.test', RETIRED, `a%b@${DOMAIN}`]) {
      const { status, body } = await post(`${QUERY}&recipient=${encodeURIComponent(unknown)}`)
      expect(status).toBe(404)
      expect(body.error).toMatchObject({ code: 'not_found', details: { recipients: [unknown] } })
    }
    expect(received).toEqual([])
  })

  it('names every bad parameter', async () => {
    const post = open()
    const { status, body } = await post('sender=a%0d%0ab@example.com&clientAddress=nowhere')
    expect(status).toBe(400)
    for (const name of ['sender', 'recipient', 'clientAddress']) expect(body.error?.message).toContain(name)
    const many = Array.from({ length: 4 }, () => TO).join('&')
    expect((await post(`sender=&${many}`)).body.error?.message).toContain('at most 3')
  })

  it('is a message, not a form and not nothing', async () => {
    const post = open()
    expect((await post(QUERY, { type: 'application/json' })).status).toBe(400)
    expect((await post(QUERY, { body: '' })).status).toBe(400)
    expect(received).toEqual([])
  })

  it('is limited in size, and in what is taken in at once', async () => {
    const post = open()
    expect((await post(QUERY, { body: 'x'.repeat(MAX_BYTES) })).status).toBe(202)
    expect((await post(QUERY, { body: 'x'.repeat(MAX_BYTES + 1) })).status).toBe(413)
    const budget = createByteBudget(100)
    const crowded = open({ budget })
    expect((await crowded(QUERY, { body: 'x'.repeat(200) })).status).toBe(503)
    expect(budget.held).toBe(0)
  })

  it('is 503 when it is not kept, for whatever reason', async () => {
    const failures: [Partial<MimeUploadDeps>, string][] = [
      [{ receive: () => Promise.reject(new Error('disk full')) }, 'could not be kept'],
      [{ receive: () => Promise.reject(new Failure('not_found', 'gone')) }, 'could not be kept'],
      [
        { receive: () => Promise.reject(new Failure('unavailable', 'DNS did not answer')) },
        'DNS did not answer',
      ],
      [{ findMailbox: () => Promise.reject(new Error('locked')) }, 'could not be looked up'],
    ]
    for (const [change, text] of failures) {
      const { status, body } = await open(change)(QUERY)
      expect(status).toBe(503)
      expect(body.error?.message).toContain(text)
    }
  })
})
