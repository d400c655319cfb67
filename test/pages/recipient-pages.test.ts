import { describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../src/domain/api-key.ts'
import type { Company, Connection } from '../../src/domain/connection.ts'
import type { Recipient, RecipientState } from '../../src/domain/delivery.ts'
import { newId } from '../../src/domain/id.ts'
import { CONFIRMATION_DAYS, makeLinks } from '../../src/outbox/links.ts'
import { macFor } from '../../src/outbox/mac.ts'
import { pageRoutes } from '../../src/pages/routes.ts'

const NOW = Date.UTC(2026, 10, 21)
const DAY_MS = 86_400_000
const links = makeLinks(macFor([new Uint8Array(32).fill(7)], 'links', 64), () => '')

function setUp(state: RecipientState = 'pending', names: { company?: string } = {}) {
  let recipient: Recipient = {
    id: newId(),
    connectionId: newId(),
    channel: 'email',
    address: 'pat@customer.test',
    state,
    stopReason: null,
    createdAt: NOW,
    confirmedAt: null,
    stoppedAt: null,
  }
  const audit: AuditEntry[] = []
  let isDown = false
  let isOffboarded = false
  const pages = pageRoutes({
    store: {
      async getRecipient(id) {
        if (isDown) throw new Error('the disk is gone')
        return id === recipient.id ? recipient : null
      },
      async confirmRecipient() {
        if (recipient.state === 'pending') recipient = { ...recipient, state: 'confirmed' }
        return recipient
      },
      async stopRecipient(_id, stopReason) {
        if (recipient.state !== 'stopped') recipient = { ...recipient, state: 'stopped', stopReason }
        return recipient
      },
      getConnection: async () =>
        isOffboarded ? null : ({ companyId: 'k', utility: 'sandbox-power', url: null } as Connection),
      getCompany: async () => ({ name: names.company ?? 'Example Energy' }) as Company,
      async writeAudit(entry) {
        audit.push(entry)
      },
    },
    readLink: links.read,
    utilityName: () => 'Sandbox Power',
    now: () => NOW,
  })
  return {
    pages,
    audit,
    recipient: () => recipient,
    confirmUrl: links.confirmUrl(recipient.id, NOW + CONFIRMATION_DAYS * DAY_MS),
    stopUrl: links.stopUrl(recipient.id),
    breakStore() {
      isDown = true
    },
    offboard() {
      isOffboarded = true
    },
  }
}

const post = { method: 'POST' }

describe('confirming', () => {
  it('shows what it is about, and changes nothing however often scanners look', async () => {
    const { pages, confirmUrl, recipient } = setUp()
    for (const method of ['GET', 'HEAD', 'GET']) {
      const response = await pages.request(confirmUrl, { method })
      expect(response.status).toBe(200)
    }
    expect(recipient().state).toBe('pending')
    const text = await (await pages.request(confirmUrl)).text()
    for (const part of ['Sandbox Power', 'Example Energy', 'pat@customer.test', '<form method="post">']) {
      expect(text).toContain(part)
    }
  })

  it('confirms on POST, once, and says so again the second time', async () => {
    const { pages, confirmUrl, recipient, audit } = setUp()
    for (let click = 0; click < 2; click += 1) {
      const response = await pages.request(confirmUrl, post)
      expect(response.status).toBe(200)
      expect(await response.text()).toContain('You will get copies')
    }
    expect(recipient().state).toBe('confirmed')
    expect(audit.map(({ actor, action }) => [actor, action])).toEqual([
      [`recipient:${recipient().id}`, 'recipient.confirmed'],
    ])
  })

  it('does not bring back somebody who stopped', async () => {
    const { pages, confirmUrl, recipient, audit } = setUp('stopped')
    expect(await (await pages.request(confirmUrl, post)).text()).toContain(
      'Copies to you were stopped before',
    )
    expect(recipient().state).toBe('stopped')
    expect(audit).toEqual([])
  })

  it('says when the link is too old', async () => {
    const { pages, recipient } = setUp()
    const old = links.confirmUrl(recipient().id, NOW - 1000)
    for (const method of ['GET', 'POST']) {
      const response = await pages.request(old, { method })
      expect(response.status).toBe(410)
      expect(await response.text()).toContain('too old')
    }
    expect(recipient().state).toBe('pending')
  })
})

describe('stopping', () => {
  it('asks first, and stops on POST', async () => {
    const { pages, stopUrl, recipient, audit } = setUp('confirmed')
    expect(await (await pages.request(stopUrl)).text()).toContain('Stop sending me copies')
    expect(recipient().state).toBe('confirmed')
    expect(await (await pages.request(stopUrl, post)).text()).toContain('You will get no more copies')
    expect(recipient()).toMatchObject({ state: 'stopped', stopReason: 'unsubscribed' })
    expect(audit.map(({ action }) => action)).toEqual(['recipient.stopped'])
  })

  it.each([
    ['application/x-www-form-urlencoded', 'List-Unsubscribe=One-Click'],
    [
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    ],
  ])('stops with the one click of a mail program, as %s (RFC 8058)', async (type, body) => {
    const { pages, stopUrl, recipient } = setUp('confirmed')
    const response = await pages.request(stopUrl, { method: 'POST', headers: { 'content-type': type }, body })
    expect(response.status).toBe(200)
    expect(recipient().state).toBe('stopped')
  })

  it('works for somebody who never confirmed', async () => {
    const { pages, stopUrl, recipient } = setUp('pending')
    await pages.request(stopUrl, post)
    expect(recipient().state).toBe('stopped')
  })
})

describe('links that are not ours', () => {
  it.each(['/r/confirm/', '/r/stop/'])('%s with a wrong token is a page, 404', async (path) => {
    const { pages, confirmUrl, stopUrl } = setUp()
    const token = (path === '/r/stop/' ? stopUrl : confirmUrl).slice(path.length)
    const last = token.endsWith('0') ? '1' : '0'
    const wrong = [token.slice(0, -1) + last, token.slice(0, -1), 'x', '..%2f', '%00', 'a'.repeat(5000)]
    for (const each of wrong) {
      const response = await pages.request(path + each, post)
      expect(response.status).toBe(404)
      expect(await response.text()).toContain('This link does not work')
    }
  })

  it('a link to confirm does not stop, and the other way round', async () => {
    const { pages, confirmUrl, stopUrl, recipient } = setUp()
    const swapped = [confirmUrl.replace('/confirm/', '/stop/'), stopUrl.replace('/stop/', '/confirm/')]
    for (const url of swapped) expect((await pages.request(url, post)).status).toBe(404)
    expect(recipient().state).toBe('pending')
  })

  it('a link to confirm cannot be made to live longer', async () => {
    const { pages, recipient } = setUp()
    const [path, expiry, tag] = links.confirmUrl(recipient().id, NOW - 1000).split('-')
    const later = (Number.parseInt(expiry!, 36) + 1_000_000).toString(36)
    expect((await pages.request(`${path}-${later}-${tag}`, post)).status).toBe(404)
    expect((await pages.request(`${path}-0-${tag}`, post)).status).toBe(404)
  })

  it('a link of an offboarded connection is a page, 404', async () => {
    const { pages, confirmUrl, offboard } = setUp()
    offboard()
    expect((await pages.request(confirmUrl)).status).toBe(404)
  })
})

describe('every page', () => {
  it('allows no scripts, no frames, no caching and no referrer', async () => {
    const { pages, confirmUrl } = setUp()
    for (const url of [confirmUrl, '/r/confirm/x']) {
      const { headers } = await pages.request(url)
      const policy = headers.get('content-security-policy')!
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toContain('unsafe')
      expect(policy).not.toContain('script-src')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  it('escapes what others chose', async () => {
    const { pages, confirmUrl } = setUp('pending', { company: '<img src=x onerror=alert(1)>"\'' })
    const text = await (await pages.request(confirmUrl)).text()
    expect(text).not.toContain('<img')
    expect(text).toContain('&lt;img')
  })

  it('is a page even when the store is down', async () => {
    const { pages, confirmUrl, breakStore, recipient } = setUp()
    breakStore()
    const response = await pages.request(confirmUrl, post)
    expect(response.status).toBe(503)
    expect(response.headers.get('content-type')).toMatch(/^text\/html/)
    expect(await response.text()).not.toContain('disk')
    expect(recipient().state).toBe('pending')
  })
})
