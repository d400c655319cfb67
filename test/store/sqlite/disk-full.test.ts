import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../../../src/store/store.ts'
import { attempt, codeRecord, provision, record, rules, SECOND, T0 } from '../samples.ts'
import { openTestStore } from './test-store.ts'

const PAGES = 500
const note = { actor: 'admin', action: 'message.viewed', at: T0 }

/** A message of 600 KB, 150 pages: two or three fit, and what is left over is room for small things. */
const heavy = (connectionId: string, address: string) =>
  record(connectionId, { mailbox: address, raw: new Uint8Array(600_000).fill(1) })

describe('a full disk', () => {
  let opened: Awaited<ReturnType<typeof openTestStore>>
  let store: Store
  beforeAll(async () => {
    opened = await openTestStore({ pragmas: { max_page_count: PAGES } })
    store = opened.store
  })
  afterAll(() => opened.remove())

  it('puts senders off, keeps what was acknowledged, and takes mail again once there is room', async () => {
    const { connectionId, address } = await provision(store)
    const login = await store.openAttempt(attempt(connectionId))
    await store.saveInbound([codeRecord(connectionId, {}, { mailbox: address })])

    const messages = Array.from({ length: 6 }, () => heavy(connectionId, address))
    const saving = messages.map((message) => store.saveInbound([message]))
    // In the middle of what does not fit any more, and yet a runner gets its code.
    const claim = store.claimCode(login.id, rules(), 'key:r')
    const ends = await Promise.allSettled(saving)
    expect(await claim).toMatchObject({ kind: 'code' })
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThan(messages.length)
    for (const reason of refused) {
      expect(reason).toMatchObject({
        name: 'Failure',
        code: 'unavailable',
        details: { reason: 'SQLITE_FULL' },
      })
    }
    for (const [index, { id }] of messages.entries()) {
      const isThere = (await store.readBody(id, note)) !== null
      expect(isThere).toBe(ends[index]?.status === 'fulfilled')
    }

    const nothing = { codesBefore: 0, documentsBefore: 0, eventsBefore: 0, idempotencyBefore: 0 }
    const request = { ...nothing, bodiesBefore: T0 + 60 * SECOND, limit: 200 }
    expect((await store.purge(request)).bodies).toBeGreaterThan(0)
    const [late] = await store.saveInbound([heavy(connectionId, address)])
    expect(late).toMatchObject({ isNew: true })
  })
})
