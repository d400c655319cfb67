import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../src/domain/id.ts'
import type { InboundEmail } from '../src/domain/message.ts'
import type { Reading } from '../src/domain/reading.ts'
import { type ReceiveDeps, receive } from '../src/receive.ts'
import { createWaiters } from '../src/runner/waiters.ts'
import { memoryWakeup } from '../src/wakeup/memory.ts'
import { attempt, FIRST_PAGE, provision } from './store/samples.ts'
import { openTestStore } from './store/sqlite/test-store.ts'

/* From a message that was read to the runner that waits, with a real store between them. */

const reading: Reading = {
  summary: {
    sender: 'no-reply@sandbox-power.test',
    senderName: null,
    subject: null,
    dateAt: null,
    messageId: null,
    dedupeKey: 'set anew by each test',
  },
  perMailbox: [
    {
      verdict: { level: 'trusted', reasons: [], senderDomain: 'sandbox-power.test', forwardedBy: null },
      extraction: { kind: 'code', code: '482913', rule: 'general', confidence: 1, candidates: [] },
    },
  ],
}

describe('a runner that waits when its code comes', () => {
  let opened: Awaited<ReturnType<typeof openTestStore>>
  beforeAll(async () => {
    opened = await openTestStore()
  })
  afterAll(() => opened.remove())

  /** An open login that waits; how its mail comes in; and how often a claim took a commit of its own. */
  async function scene(change: Partial<ReceiveDeps['store']> = {}) {
    const { store } = opened
    const { connectionId, address } = await provision(store)
    const openedAt = Date.now()
    const login = await store.openAttempt(attempt(connectionId, { openedAt, expiresAt: openedAt + 600_000 }))
    const wakeup = memoryWakeup()
    const counted = { claims: 0 }
    const waiters = createWaiters({
      store: {
        ...store,
        claimCode: (...args) => {
          counted.claims += 1
          return store.claimCode(...args)
        },
      },
      wakeup,
      rules: { clockSkewMs: 120_000, offerCandidates: true },
    })
    const deps: ReceiveDeps = {
      store: { ...store, ...change },
      offersAt: waiters.offersAt,
      wakeup,
      read: async () => ({ ...reading, summary: { ...reading.summary, dedupeKey: newId() } }),
      planCopies: () => [],
      findUtility: () => undefined,
      canonical: (recipient) => recipient,
      isOperator: () => false,
      metrics: { received: () => {} },
    }
    const { sources } = (await store.getAttempt(login.id))!
    const request = {
      attemptId: login.id,
      sources,
      expiresAt: login.expiresAt,
      actor: 'key:r',
      waitMs: 30_000,
    }
    const mail = (): InboundEmail => ({
      channel: 'email',
      id: newId(),
      door: 'smtp',
      receivedAt: Date.now(),
      envelope: { sender: 'no-reply@sandbox-power.test', recipients: [address] },
      client: { tls: false },
      raw: new TextEncoder().encode('Subject: code\r\n\r\n482913'),
    })
    return { waiters, request, counted, attemptId: login.id, deliver: () => receive(deps, mail()) }
  }

  it('gets it by the commit that wrote it', async () => {
    const { waiters, request, counted, attemptId, deliver } = await scene()
    const poll = waiters.wait(request)
    await deliver()
    expect(await poll).toMatchObject({ kind: 'code', code: { code: '482913', state: 'claimed' } })
    expect(counted.claims).toBe(0)
    const { items } = await opened.store.listAudit({ subject: `attempt:${attemptId}` }, FIRST_PAGE)
    expect(items.map(({ action, actor }) => [action, actor])).toEqual([['code.claimed', 'key:r']])
    waiters.close()
  })

  it('gets nothing, and goes on waiting, when the message could not be kept', async () => {
    const { waiters, request, deliver } = await scene({
      saveAndClaim: async () => {
        throw new Error('the disk is full')
      },
    })
    const poll = waiters.wait(request)
    await expect(deliver()).rejects.toThrow('the disk is full')
    expect(waiters.count()).toBe(1)
    waiters.close()
    expect(await poll).toEqual({ kind: 'none' })
  })

  it('gets it after a hint where the store claims in a step of its own', async () => {
    const { waiters, request, counted, deliver } = await scene({ saveAndClaim: undefined as never })
    const poll = waiters.wait(request)
    await deliver()
    expect(await poll).toMatchObject({ kind: 'code', code: { code: '482913' } })
    expect(counted.claims).toBe(1)
    waiters.close()
  })
})
