import { expect, it } from 'vitest'
import type { PurgeRequest, Store } from '../../../src/store/store.ts'
import type { UseStore } from '../contract.ts'
import {
  attempt,
  codeRecord,
  delivery,
  FIRST_PAGE,
  provision,
  provisionCopy,
  record,
  rules,
  SECOND,
  T0,
} from '../samples.ts'

/** Instants before which there is nothing. */
export const NOTHING_PAST = {
  codesBefore: 0,
  bodiesBefore: 0,
  documentsBefore: 0,
  eventsBefore: 0,
  idempotencyBefore: 0,
}

/** Purges as the relay does: until nothing is left to remove. */
export async function purgeAll(store: Store, change: Partial<PurgeRequest>) {
  const request = { ...NOTHING_PAST, limit: 3, ...change }
  const total = { codes: 0, bodies: 0, documents: 0, events: 0, notices: 0, idempotency: 0 }
  for (let more = true; more; ) {
    const { codes, bodies, documents, events, notices, idempotency } = await store.purge(request)
    expect(Math.max(bodies, documents, events, notices, idempotency)).toBeLessThanOrEqual(request.limit)
    total.codes += codes
    total.bodies += bodies
    total.documents += documents
    total.events += events
    total.notices += notices
    total.idempotency += idempotency
    more = codes + bodies + documents + events + notices + idempotency > 0
  }
  return total
}

const note = { actor: 'admin', action: 'message.viewed', at: T0 }

/** What is past its time goes, in steps; what is not stays. */
export function retentionContract(use: UseStore): void {
  it('removes old codes, wherever they are written, and keeps the message', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const messages = [T0, T0 + 1, T0 + 2, T0 + 3, T0 + 9].map((receivedAt) =>
      codeRecord(connectionId, { receivedAt }, { mailbox: address }),
    )
    const login = await store.openAttempt(attempt(connectionId))
    await store.saveInbound(messages)
    await purgeAll(store, { codesBefore: T0 + 9 })
    const [old, young] = [messages[0]!, messages[4]!]
    expect(await store.getMessage(old.id)).toMatchObject({
      extraction: { kind: 'code', code: '', rule: old.code.rule, confidence: 0.99, candidates: [] },
      hasBody: true,
      subject: 'Your sign-in code',
    })
    expect(await store.getMessage(young.id)).toMatchObject({ extraction: { code: '482913' } })
    expect(await store.claimCode(login.id, rules(), 'key:r')).toMatchObject({ code: { id: young.code.id } })
    const results = (await store.listSeen(login.id, 10, rules())).map(({ result }) => result)
    expect(results).toEqual(['claimed', ...Array(4).fill('expired')])
  })

  it('removes old bodies and subjects, in all their parts', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const large = record(connectionId, { mailbox: address, raw: new Uint8Array(5_000_000).fill(7) })
    const young = record(connectionId, { mailbox: address, receivedAt: T0 + SECOND })
    await store.saveInbound([large, young])
    const { bodies } = await purgeAll(store, { bodiesBefore: T0 + SECOND })
    expect(bodies).toBeGreaterThanOrEqual(1)
    expect(await store.getMessage(large.id)).toMatchObject({
      hasBody: false,
      subject: null,
      sender: large.sender,
    })
    expect(await store.readBody(large.id, note)).toBeNull()
    expect(await store.getMessage(young.id)).toMatchObject({ hasBody: true, subject: 'Your sign-in code' })
  })

  it('never shows a part of a body for the whole', async () => {
    const { store } = use()
    const { connectionId, address, recipientId } = await provisionCopy(store)
    const raw = new Uint8Array(5_000_000).fill(7)
    const receivedAt = T0 - SECOND
    const copy = delivery(recipientId)
    const large = record(connectionId, { mailbox: address, raw, receivedAt, deliveries: [copy] })
    await store.saveInbound([large])
    expect((await store.loadDelivery(copy.id))?.raw).toHaveLength(5_000_000)
    await store.purge({ ...NOTHING_PAST, bodiesBefore: T0, limit: 1 })
    expect(await store.getMessage(large.id)).toMatchObject({ hasBody: false })
    expect((await store.loadDelivery(copy.id))?.raw).toBeNull()
  })

  it('keeps what a mail provider asks to confirm for as long as the body', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const extraction = {
      kind: 'forwarding_confirmation',
      provider: 'gmail',
      code: '99',
      candidates: [],
    } as const
    await store.saveInbound([record(connectionId, { mailbox: address, extraction })])
    await purgeAll(store, { codesBefore: T0 + 1 })
    expect(await store.getMfa(connectionId)).toMatchObject({ forwardingConfirmation: { code: '99' } })
    await purgeAll(store, { bodiesBefore: T0 + 1 })
    expect(await store.getMfa(connectionId)).toMatchObject({ forwardingConfirmation: null })
  })

  it('expires copies whose code is gone', async () => {
    const { store } = use()
    const { connectionId } = await provisionCopy(store)
    await purgeAll(store, { codesBefore: T0 + 2 * SECOND })
    const { items } = await store.listDeliveries(connectionId, FIRST_PAGE)
    expect(items).toMatchObject([{ state: 'expired', lastError: 'retention removed what it copies' }])
  })

  it('forgets idempotency keys', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    const key = { scope: 'key:r', key: 'once', fingerprint: 'a' }
    const opened = await store.openAttempt(attempt(connectionId), key)
    await store.closeAttempt(opened.id, {}, T0)
    expect(await purgeAll(store, { idempotencyBefore: T0 })).toMatchObject({ idempotency: 0 })
    expect(await purgeAll(store, { idempotencyBefore: T0 + 1 })).toMatchObject({ idempotency: 1 })
    const again = attempt(connectionId, { openedAt: T0 + 1 })
    expect(await store.openAttempt(again, { ...key, fingerprint: 'b' })).toEqual(again)
  })

  it('goes on while messages come in', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const old = Array.from({ length: 40 }, (_, n) =>
      codeRecord(connectionId, { receivedAt: T0 + n }, { mailbox: address }),
    )
    await store.saveInbound(old)
    const coming = Array.from({ length: 40 }, (_, n) =>
      codeRecord(connectionId, { receivedAt: T0 + SECOND + n }, { mailbox: address }),
    )
    const limits = { codesBefore: T0 + SECOND, bodiesBefore: T0 + SECOND }
    const [saved] = await Promise.all([
      Promise.all(coming.map((message) => store.saveInbound([message]))),
      purgeAll(store, limits),
    ])
    expect(saved.flat().every(({ isNew }) => isNew)).toBe(true)
    const { items } = await store.listMessages({ connectionId }, FIRST_PAGE)
    expect(items.filter(({ hasBody }) => hasBody)).toHaveLength(40)
  })
}
