import { rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { handshakeState } from '../../src/domain/handshake.ts'
import { confirm } from '../../src/handshake/confirm.ts'
import { startConfirming } from '../../src/handshake/confirming.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import type { Store } from '../../src/store/store.ts'
import { isConfirmingLink } from '../../src/trust/confirmation-link.ts'
import { type InboxProvider, loadInboxProviders } from '../../src/utilities/inbox-providers.ts'
import { FIRST_PAGE, provision, record, T0 } from '../store/samples.ts'
import { newFolder, TEST_KEY } from '../store/sqlite/test-store.ts'
import { type Google, startGoogle } from './google.ts'

const gmail = loadInboxProviders().providers.get('gmail') as InboxProvider
const isConfirming = (link: string) => isConfirmingLink(link, gmail)
const LINK = 'https://mail-settings.google.com/mail/vf-%5Babc%5D-def'
const FORM = '<form action="" method="post"><input type="submit" value="Confirm"></form>'

let google: Google
beforeEach(async () => {
  google = await startGoogle()
})
afterEach(() => google.close())

const redirect =
  (to: (path: string) => string): RequestListener =>
  (request, response) => {
    const location = to(request.url ?? '')
    response
      .writeHead(location ? 302 : 200, { ...(location ? { location } : {}), 'set-cookie': 'a=b' })
      .end('Success')
  }
const answered = (link = LINK) => confirm({ fetch: google.fetch, isConfirming }, link)
const lines = () => google.asked.map(({ line }) => line)

describe('answering a provider', () => {
  it('is one empty POST', async () => {
    expect(await answered()).toBe('confirmed')
    expect(google.asked).toEqual([
      { line: 'POST mail-settings.google.com/mail/vf-%5Babc%5D-def', body: '', cookie: undefined },
    ])
  })

  it('follows where Google leads, with the same POST and no cookies', async () => {
    const first = { is: true }
    google.answer(
      redirect((path) => {
        if (!first.is) return ''
        first.is = false
        return `https://mail.google.com${path.replace('/mail/', '/mail/u/0/')}`
      }),
    )
    expect(await answered()).toBe('confirmed')
    expect(lines()[1]).toBe('POST mail.google.com/mail/u/0/vf-%5Babc%5D-def')
    expect(google.asked[1]).toMatchObject({ body: '', cookie: undefined })
  })

  it('follows nowhere else', async () => {
    for (const elsewhere of [
      'https://evil.test/mail/vf-abc',
      'https://mail.google.com/mail/uf-abc',
      'http://mail.google.com/mail/vf-abc',
      'https://mail.google.com/accounts?continue=/mail/vf-abc',
      'https://127.0.0.1/mail/vf-abc',
      'nonsense://',
    ]) {
      google.answer(redirect(() => elsewhere))
      const before = google.asked.length
      expect(await answered(), elsewhere).toBe('bad_link')
      expect(google.asked.length - before).toBe(1)
    }
  })

  it('follows twice at most', async () => {
    google.answer(redirect(() => 'https://mail.google.com/mail/vf-abc'))
    expect(await answered()).toBe('bad_link')
    expect(google.asked).toHaveLength(3)
  })

  it('never opens a link that cancels, or one of somebody else', async () => {
    for (const link of [LINK.replace('vf-', 'uf-'), 'https://evil.test/mail/vf-abc', '', 'x']) {
      expect(await answered(link)).toBe('bad_link')
    }
    expect(google.asked).toEqual([])
  })

  it('has not worked while there is still something to send', async () => {
    google.answer((_request, response) => void response.end(`<html>${FORM}</html>`))
    expect(await answered()).toBe('not_confirmed')
  })

  it('tells a refusal from silence', async () => {
    for (const [status, result] of [
      [400, 'rejected'],
      [404, 'rejected'],
      [429, 'unavailable'],
      [503, 'unavailable'],
    ] as const) {
      google.answer((_request, response) => void response.writeHead(status).end())
      expect(await answered()).toBe(result)
    }
    google.answer((request) => void request.socket.destroy())
    expect(await answered()).toBe('unavailable')
  })

  it('reads no endless page', async () => {
    google.answer((_request, response) => void response.end('x'.repeat(300_000)))
    expect(await answered()).toBe('bad_link')
  })
})

describe('CONFIRM_FORWARDING=auto', () => {
  let store: Store
  let folder: string
  let home: Awaited<ReturnType<typeof provision>>
  beforeEach(async () => {
    folder = newFolder()
    store = await openSqliteStore({ path: join(folder, 'relay.db'), masterKeys: [TEST_KEY] })
    home = await provision(store, { method: 'inbox_forwarding', inboxAddresses: ['pat@gmail.com'] })
  })
  afterEach(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })

  const asks = (requester: string, level: 'trusted' | 'candidate' | 'untrusted' = 'trusted', link = LINK) => {
    const basic = record(home.connectionId, { mailbox: home.address })
    const extraction = {
      kind: 'forwarding_confirmation',
      provider: 'gmail',
      requester,
      link,
      candidates: [],
    } as const
    return store.saveInbound([{ ...basic, extraction, verdict: { ...basic.verdict, level } }])
  }
  const run = async (now = T0 + 1) => {
    const isGmail = (provider: string, link: string) => provider === 'gmail' && isConfirming(link)
    const confirming = startConfirming({ store, fetch: google.fetch, isConfirming: isGmail, now: () => now })
    await confirming.run()
    await confirming.stop()
  }
  const state = async () =>
    handshakeState((await store.getMfa(home.connectionId))!.handshakes[0]!, T0 + 1, 600_000)

  it('answers once, and says so in the audit log', async () => {
    await asks('Pat@gmail.com')
    expect(await state()).toBe('confirmation_seen')
    await run()
    await run()
    expect(google.asked).toHaveLength(1)
    expect(await state()).toBe('confirmed')
    const { items } = await store.listAudit({ subject: `connection:${home.connectionId}` }, FIRST_PAGE)
    expect(items).toMatchObject([{ action: 'forwarding.confirmed', actor: 'relay', detail: 'pat@gmail.com' }])
  })

  it('answers nothing that the checks did not let pass, nor for another inbox, nor too late', async () => {
    await asks('pat@gmail.com', 'untrusted')
    await asks('pat@gmail.com', 'candidate')
    await asks('mallory@gmail.com')
    await run()
    await asks('pat@gmail.com')
    await run(T0 + 48 * 3_600_000)
    expect(google.asked).toEqual([])
  })

  it('answers nothing that only a person let through: that person has not checked who asked', async () => {
    await asks('pat@gmail.com', 'untrusted')
    const { items } = await store.listMessages({ connectionId: home.connectionId }, FIRST_PAGE)
    await store.releaseMessage(items[0]!.id, { actor: 'admin', now: T0, pinSender: false })
    expect((await store.getMfa(home.connectionId))?.forwardingConfirmation?.link).toBe(LINK)
    await run()
    expect(google.asked).toEqual([])
  })

  it('tries again after silence, and not after a refusal; a new question is a new start', async () => {
    google.answer((_request, response) => void response.writeHead(503).end())
    await asks('pat@gmail.com')
    await run(T0 + 1)
    await run(T0 + 2)
    expect(google.asked).toHaveLength(1)
    google.answer((_request, response) => void response.writeHead(400).end())
    await run(T0 + 70_000)
    await run(T0 + 1e7)
    expect(google.asked).toHaveLength(2)
    google.answer((_request, response) => void response.end('Success'))
    await asks('pat@gmail.com', 'trusted', LINK.replace('abc', 'new'))
    await run(T0 + 1e7)
    expect(google.asked).toHaveLength(3)
    expect(await state()).toBe('confirmed')
  })

  it('answers for nobody who has left', async () => {
    await asks('pat@gmail.com')
    await store.deleteConnection(home.connectionId, T0)
    await run()
    expect(google.asked).toEqual([])
  })
})
