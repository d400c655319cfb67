import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inboxSource } from '../../src/domain/code.ts'
import type { ConnectionFacts } from '../../src/domain/connection-facts.ts'
import type { Store } from '../../src/store/store.ts'
import {
  attempt,
  codeRecord,
  connection,
  DAY,
  HOUR,
  MINUTE,
  mfaSetup,
  newAddress,
  provision,
  record,
  SECOND,
  T0,
} from '../store/samples.ts'
import { openTestStore } from '../store/sqlite/test-store.ts'

/* The facts of the diagnosis, as the real store tells them. */

let opened: Awaited<ReturnType<typeof openTestStore>>
let store: Store

beforeAll(async () => {
  opened = await openTestStore()
  store = opened.store
})
afterAll(() => opened.remove())

const load = async (id: string, since = T0 - DAY): Promise<ConnectionFacts> =>
  (await store.loadFacts(id, since))!

/** A login at `openedAt` that got no code. */
async function breakLogin(connectionId: string, openedAt: number): Promise<string> {
  const { id } = await store.openAttempt(
    attempt(connectionId, { openedAt, expiresAt: openedAt + 10 * MINUTE }),
  )
  await store.closeAttempt(id, { status: 'MFA_TOKEN_EXPIRED', code: 'not_received' }, openedAt + 5 * MINUTE)
  return id
}

describe('the facts', () => {
  it('are null for what is not there', async () => {
    expect(await store.loadFacts('nobody', 0)).toBeNull()
  })
  it('name connection, company and mailboxes, retired ones too', async () => {
    const { connectionId, companyId, address } = await provision(store, { method: 'managed_forwarding' })
    await store.retireMailbox(connectionId, address, T0 + DAY)
    const facts = await load(connectionId)
    expect(facts.connection).toMatchObject({ id: connectionId, companyId, mfaMethod: 'managed_forwarding' })
    expect(facts.company).toEqual({ isActive: true, features: { smsRelay: true } })
    expect(facts.mailboxes).toEqual([
      { address, channel: 'email', connectionId, createdAt: T0, retiredAt: T0 + DAY },
    ])
  })
  it('hold logins since then, oldest first', async () => {
    const { connectionId } = await provision(store)
    const ids = [await breakLogin(connectionId, T0), await breakLogin(connectionId, T0 + HOUR)]
    expect((await load(connectionId)).attempts.map(({ id }) => id)).toEqual(ids)
    expect((await load(connectionId, T0 + MINUTE)).attempts.map(({ id }) => id)).toEqual(ids.slice(1))
  })
  it('hold messages with verdict, extraction and what became of the code', async () => {
    const { connectionId, address } = await provision(store)
    const { id: attemptId } = await store.openAttempt(attempt(connectionId))
    const coded = codeRecord(connectionId, {}, { mailbox: address })
    const odd = record(connectionId, { mailbox: address, receivedAt: T0 + MINUTE, sentAt: T0 })
    await store.saveInbound([coded, odd])
    await store.claimCode(attemptId, { now: T0 + 2 * SECOND, clockSkewMs: 0, offerCandidates: true }, 'test')
    const { messages } = await load(connectionId)
    expect(messages).toMatchObject([
      {
        id: coded.id,
        sender: 'sandbox-power.test',
        address: 'no-reply@sandbox-power.test',
        rule: 'template:sandbox-power/email/0',
        code: { state: 'claimed', attemptId, expiresAt: coded.code.expiresAt },
      },
      { id: odd.id, extraction: 'none', extractionReason: 'unmatched', sentAt: T0, code: null },
    ])
    expect(messages[0]?.reasons).toEqual(coded.verdict.reasons)
  })
  it('never hold a code or a subject', async () => {
    const { connectionId, address } = await provision(store)
    await store.saveInbound([
      codeRecord(connectionId, { code: '918273' }, { mailbox: address, subject: 'secret' }),
    ])
    expect(JSON.stringify(await load(connectionId))).not.toMatch(/918273|secret/)
  })
  it('remember believed senders over the whole life', async () => {
    const { connectionId, address } = await provision(store)
    await store.saveInbound(
      [T0, T0 + HOUR].map((receivedAt) => codeRecord(connectionId, { receivedAt }, { mailbox: address })),
    )
    expect((await load(connectionId, T0 + DAY)).senders).toEqual([
      { channel: 'email', sender: 'sandbox-power.test', firstSeenAt: T0, lastSeenAt: T0 + HOUR, messages: 2 },
    ])
  })
  it('hold pins and the questions of mail providers', async () => {
    const { connectionId, address } = await provision(store)
    const asked = record(connectionId, {
      mailbox: address,
      extraction: { kind: 'forwarding_confirmation', provider: 'gmail', candidates: [] },
    })
    await store.saveInbound([asked])
    await store.releaseMessage(asked.id, { actor: 'test', now: T0 + HOUR, pinSender: true })
    const { pins, confirmations } = await load(connectionId)
    expect(pins).toEqual([{ channel: 'email', sender: 'sandbox-power.test', pinnedAt: T0 + HOUR }])
    expect(confirmations).toEqual([{ messageId: asked.id, receivedAt: T0 }])
  })
  it('count refusals by address and day', async () => {
    const { connectionId, address } = await provision(store)
    const refuse = (at: number) => store.countRefusal({ address, connectionId, sender: 'bounce@x.test', at })
    for (const at of [T0, T0 + MINUTE, T0 + DAY]) await refuse(at)
    expect((await load(connectionId)).refusals).toEqual([
      { address, count: 2, firstAt: T0, lastAt: T0 + MINUTE, lastSender: 'bounce@x.test' },
      { address, count: 1, firstAt: T0 + DAY, lastAt: T0 + DAY, lastSender: 'bounce@x.test' },
    ])
    expect((await load(connectionId, T0 + HOUR)).refusals).toHaveLength(1)
  })
})

describe('neighbours', () => {
  /** A sister login in the same company, at the same utility unless said otherwise. */
  async function sister(companyId: string, change = {}, setup = {}) {
    const login = connection(companyId, change)
    const address = newAddress()
    await store.createConnection(login, {})
    const newMailboxes = [{ address, channel: 'email', providerSid: null } as const]
    await store.configureMfa(login.id, mfaSetup({ newMailboxes, ...setup }), T0)
    return { id: login.id, address }
  }

  it('are those of the company at the utility, while a login broke', async () => {
    const { connectionId, companyId } = await provision(store)
    const near = await sister(companyId)
    const elsewhere = await sister(companyId, { utility: 'pge' })
    await breakLogin(connectionId, T0)
    const astray = codeRecord(near.id, { receivedAt: T0 + MINUTE }, { mailbox: near.address })
    await store.saveInbound([
      astray,
      codeRecord(near.id, { receivedAt: T0 + 2 * HOUR }, { mailbox: near.address }),
      codeRecord(elsewhere.id, { receivedAt: T0 + MINUTE }, { mailbox: elsewhere.address }),
    ])
    expect((await load(connectionId)).neighbours).toMatchObject([
      { id: astray.id, connectionId: near.id, hadOwnLogin: false },
    ])
  })
  it('say whether the code was meant for a login of their own', async () => {
    const { connectionId, companyId } = await provision(store)
    const near = await sister(companyId)
    await breakLogin(connectionId, T0)
    await breakLogin(near.id, T0)
    await store.saveInbound([codeRecord(near.id, { receivedAt: T0 + MINUTE }, { mailbox: near.address })])
    expect((await load(connectionId)).neighbours).toMatchObject([{ hadOwnLogin: true }])
  })
  it('through a shared inbox count as this connection’s own', async () => {
    const inbox = 'bills@gmail.com'
    const setup = { method: 'inbox_forwarding', inboxAddresses: [inbox] } as const
    const { connectionId, companyId } = await provision(store, setup)
    const near = await sister(companyId, {}, setup)
    await breakLogin(connectionId, T0)
    const source = inboxSource('sandbox-power', inbox)
    const shared = codeRecord(near.id, { receivedAt: T0 + MINUTE, source }, { mailbox: near.address })
    await store.saveInbound([{ ...shared, verdict: { ...shared.verdict, forwardedBy: inbox } }])
    const { messages, neighbours } = await load(connectionId)
    expect(messages.map(({ id }) => id)).toEqual([shared.id])
    expect(neighbours).toEqual([])
  })
})
