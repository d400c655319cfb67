import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RelayEvent } from '../../src/domain/event.ts'
import { newId } from '../../src/domain/id.ts'
import { createSafeFetch } from '../../src/http/safe-fetch.ts'
import { sendEvent } from '../../src/outbox/webhook/send.ts'
import { signedHeaders } from '../../src/outbox/webhook/sign.ts'
import type { OutgoingEvent } from '../../src/store/store.ts'
import { isGenuine, type Receiver, startReceiver } from '../support/webhook-receiver.ts'

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`
const FORMER = `whsec_${Buffer.from('another secret, that was before..').toString('base64')}`

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

const event = (): RelayEvent => ({
  id: newId(),
  type: 'document.created.v2',
  at: Date.UTC(2026, 2, 1),
  facts: {
    company: { id: 'c', externalId: null, name: 'Example', publicId: 'p' },
    document: {
      id: 'd',
      jobId: 'j',
      siteId: 's',
      connectionId: null,
      utility: 'pge',
      state: 'parsed',
      createdAt: Date.UTC(2026, 2, 1),
    },
  },
})
const outgoing = (change: Partial<OutgoingEvent> = {}): OutgoingEvent => ({
  delivery: {} as OutgoingEvent['delivery'],
  event: event(),
  companyId: 'c',
  url: receiver.url,
  secrets: [{ secret: SECRET, until: null }],
  ...change,
})

/** Sends as the relay does, at what the test calls now. */
function send(
  content: OutgoingEvent,
  { now = Date.now(), deadlineMs = 10_000, networks = ['127.0.0.0/8'] } = {},
) {
  const fetch = createSafeFetch({ allowHttp: true, allowedPorts: [receiver.port], allowedNetworks: networks })
  const clock = { now: () => now, after: () => () => undefined }
  const nameOf = (utility: string) => (utility === 'pge' ? 'Pacific Gas' : undefined)
  return sendEvent({ fetch, nameOf, clock, deadlineMs }, content, new AbortController().signal)
}

describe('one event', () => {
  it('is signed as both receivers’ libraries want it, and says what happened', async () => {
    const content = outgoing()
    expect(await send(content)).toMatchObject({ kind: 'sent', statusCode: 204, response: null, error: null })
    const [got] = receiver.events
    expect(isGenuine(got!, SECRET)).toBe(true)
    expect(isGenuine(got!, FORMER)).toBe(false)
    expect(got!.headers).toMatchObject({ 'webhook-id': content.event.id, 'content-type': 'application/json' })
    expect(got!.body).toEqual({
      type: 'document.created.v2',
      timestamp: '2026-03-01T00:00:00.000Z',
      data: {
        company: { id: 'c', externalId: null, name: 'Example', publicId: 'p' },
        connectionId: null,
        created: '2026-03-01T00:00:00.000Z',
        datasource: { name: 'Pacific Gas' },
        id: 'd',
        jobId: 'j',
        sitesRelations: [{ accountIds: [], datasourceTypes: [], site: { id: 's', name: null } }],
        status: 'parsed',
        updated: '2026-03-01T00:00:00.000Z',
        url: '/v2/document/d',
      },
    })
  })

  it('bears the time of its try, so that a receiver refuses a copy of it later', async () => {
    await send(outgoing(), { now: Date.now() - 6 * 60_000 })
    expect(isGenuine(receiver.events[0]!, SECRET)).toBe(false)
  })

  it('is signed with the former secret too while that holds, and not a moment longer', async () => {
    const until = Date.now() + 60_000
    const secrets = [
      { secret: SECRET, until: null },
      { secret: FORMER, until },
    ]
    await send(outgoing({ secrets }))
    const [got] = receiver.events
    expect([isGenuine(got!, SECRET), isGenuine(got!, FORMER)]).toEqual([true, true])
    const signatures = (now: number) =>
      signedHeaders('id', '{}', secrets, now)['webhook-signature']!.split(' ')
    expect([signatures(until - 1).length, signatures(until).length]).toEqual([2, 1])
  })

  it('has arrived only with a 2xx; a redirect is not followed', async () => {
    const codes = [200, 202, 299, 301, 302, 307, 308, 400, 404, 410, 429, 500, 503]
    const kinds: string[] = []
    for (const code of codes) {
      receiver.answer = (_, response) =>
        response.writeHead(code, { location: `${receiver.url}/next` }).end('x')
      kinds.push((await send(outgoing())).kind)
    }
    expect(kinds).toEqual([...Array(3).fill('sent'), ...Array(10).fill('failed')])
    expect(receiver.events.map(({ path }) => path)).toEqual(Array(13).fill('/events'))
    receiver.answer = (_, response) => response.writeHead(307, { location: '/next' }).end()
    expect((await send(outgoing())).error).toContain('redirects are not followed')
  })

  it('keeps the start of an answer, however long that is, fit to be shown', async () => {
    receiver.answer = (_, response) => {
      response.writeHead(500, { 'content-type': 'text/html' })
      response.write(`oh\u0000 \u202eno\r\n${'x'.repeat(9_000)}`)
      // It never ends: nobody waits for that.
    }
    const { response, statusCode } = await send(outgoing())
    expect(statusCode).toBe(500)
    expect(response).toMatch(/^oh no\nx+/)
    expect(response!.length).toBeLessThanOrEqual(2_000)
  })

  it('fails when nobody answers in time, when nobody is there, and where it must not go', async () => {
    receiver.answer = () => undefined
    expect(await send(outgoing(), { deadlineMs: 50 })).toMatchObject({
      kind: 'failed',
      statusCode: null,
      error: 'no answer within 50 ms',
    })
    expect((await send(outgoing(), { networks: [] })).error).toBe('127.0.0.1 is not on the public internet')
    const { url } = receiver
    await receiver.close()
    expect(await send(outgoing({ url }))).toMatchObject({ kind: 'failed', error: 'ECONNREFUSED' })
    receiver = await startReceiver()
  })
})
