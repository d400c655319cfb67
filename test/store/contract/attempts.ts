import { expect, it } from 'vitest'
import { connectionSource, inboxSource } from '../../../src/domain/code.ts'
import { newId } from '../../../src/domain/id.ts'
import type { Store } from '../../../src/store/store.ts'
import type { UseStore } from '../contract.ts'
import { attempt, codeRecord, FIRST_PAGE, MINUTE, provision, rules, T0 } from '../samples.ts'

const INBOX = 'shared@customer.test'
const forwarding = { method: 'inbox_forwarding', inboxAddresses: [INBOX] } as const

/** A connection whose attempt has claimed a code of this verdict. */
async function claimed(store: Store, verdict: 'trusted' | 'candidate' = 'trusted') {
  const { connectionId, address } = await provision(store)
  const opened = await store.openAttempt(attempt(connectionId))
  const message = codeRecord(connectionId, { verdict }, { mailbox: address })
  await store.saveInbound([message])
  await store.claimCode(opened.id, rules(), 'key:runner')
  return { connectionId, address, attemptId: opened.id, message }
}

/** One login at a time for each code source, and what an outcome moves. */
export function attemptContract(use: UseStore): void {
  it('opens an attempt with the sources it listens to', async () => {
    const { store } = use()
    const { connectionId } = await provision(store, forwarding)
    const opened = attempt(connectionId)
    expect(await store.openAttempt(opened)).toEqual(opened)
    const sources = [connectionSource(connectionId), inboxSource('sandbox-power', INBOX)]
    expect(await store.getAttempt(opened.id)).toEqual({ attempt: opened, sources })
    expect(await store.getAttempt(newId())).toBeNull()
    await store.closeAttempt(opened.id, {}, T0)
  })

  it('refuses a second one for the same connection until the first is closed or expired', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    const first = await store.openAttempt(attempt(connectionId))
    const details = { attemptId: first.id, expiresAt: '2026-03-01T02:10:00.000Z' }
    const second = attempt(connectionId, { openedAt: T0 + MINUTE, expiresAt: T0 + 11 * MINUTE })
    await expect(store.openAttempt(second)).rejects.toMatchObject({ code: 'attempt_open', details })
    expect(await store.getAttempt(second.id)).toBeNull()
    await store.closeAttempt(first.id, {}, T0 + 2 * MINUTE)
    await store.openAttempt(second)
    const third = attempt(connectionId, { openedAt: T0 + 11 * MINUTE, expiresAt: T0 + 21 * MINUTE })
    expect(await store.openAttempt(third)).toEqual(third)
  })

  it('lets one of many open that want the same inbox, and none halfway', async () => {
    const { store } = use()
    const own = { ...forwarding, inboxAddresses: [`${newId()}@customer.test`] }
    const logins = await Promise.all(Array.from({ length: 8 }, () => provision(store, own)))
    const wanted = logins.map(({ connectionId }) => attempt(connectionId))
    const ends = await Promise.allSettled(wanted.map((one) => store.openAttempt(one)))
    const winners = wanted.filter((_, index) => ends[index]?.status === 'fulfilled')
    expect(winners).toHaveLength(1)
    await store.closeAttempt(winners[0]!.id, {}, T0 + 1)
    // Those refused hold nothing: each can open now, one after the other.
    for (const { connectionId } of logins) {
      const next = await store.openAttempt(attempt(connectionId, { openedAt: T0 + 2 }))
      await store.closeAttempt(next.id, {}, T0 + 3)
    }
  })

  it('knows no attempt of a connection that is not there', async () => {
    const { store } = use()
    await expect(store.openAttempt(attempt(newId()))).rejects.toMatchObject({ code: 'not_found' })
    const { connectionId } = await provision(store)
    await store.deleteConnection(connectionId, T0)
    await expect(store.openAttempt(attempt(connectionId))).rejects.toMatchObject({ code: 'not_found' })
  })

  it('gives the same answer to the same key, and refuses the key for anything else', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    const key = { scope: 'key:r', key: newId(), fingerprint: 'a' }
    const opened = await store.openAttempt(attempt(connectionId), key)
    expect(await store.openAttempt(attempt(connectionId), key)).toEqual(opened)
    await expect(
      store.openAttempt(attempt(connectionId), { ...key, fingerprint: 'b' }),
    ).rejects.toMatchObject({ code: 'idempotency_key_reused' })

    const end = { scope: 'key:r', key: newId(), fingerprint: 'c' }
    const outcome = { status: 'CONNECTED' } as const
    const closed = await store.closeAttempt(opened.id, outcome, T0 + MINUTE, end)
    expect(await store.closeAttempt(opened.id, outcome, T0 + 2 * MINUTE, end)).toEqual(closed)
    expect((await store.getConnection(connectionId))?.version).toBe(closed?.connection.version)
  })

  it('remembers no refusal under a key', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    const first = await store.openAttempt(attempt(connectionId))
    const key = { scope: 'key:r', key: newId(), fingerprint: 'a' }
    await expect(store.openAttempt(attempt(connectionId), key)).rejects.toMatchObject({
      code: 'attempt_open',
    })
    await store.closeAttempt(first.id, {}, T0)
    expect(await store.openAttempt(attempt(connectionId), key)).toMatchObject({ connectionId })
  })

  it('extends an attempt that is open, and its hold on the sources', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    const opened = await store.openAttempt(attempt(connectionId))
    const expiresAt = T0 + 20 * MINUTE
    const extended = await store.extendAttempt(opened.id, { expiresAt, now: T0 + MINUTE })
    expect(extended).toEqual({ ...opened, expiresAt })
    const next = attempt(connectionId, { openedAt: T0 + 15 * MINUTE, expiresAt: T0 + 25 * MINUTE })
    await expect(store.openAttempt(next)).rejects.toMatchObject({ code: 'attempt_open' })
    const over = store.extendAttempt(opened.id, { expiresAt: T0 + 30 * MINUTE, now: expiresAt })
    await expect(over).rejects.toMatchObject({ code: 'attempt_over' })
    expect(await store.extendAttempt(newId(), { expiresAt, now: T0 })).toBeNull()
  })

  it('moves the status by what the runner reports, and by nothing else', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    const report = async (outcome: object, at: number) => {
      const opened = await store.openAttempt(
        attempt(connectionId, { openedAt: at - 1, expiresAt: at + MINUTE }),
      )
      return (await store.closeAttempt(opened.id, outcome, at))!
    }
    const silent = await report({}, T0 + 1 * MINUTE)
    expect(silent.attempt).toMatchObject({ closedAt: T0 + MINUTE, outcome: {} })
    expect(silent.connection).toMatchObject({ status: 'PENDING', statusLastUpdateAt: T0 })
    const failed = await report({ status: 'PASSWORD_INCORRECT', detail: 'wrong' }, T0 + 2 * MINUTE)
    expect(failed.connection).toMatchObject({
      status: 'PASSWORD_INCORRECT',
      statusFirstSeenAt: T0 + 2 * MINUTE,
      statusErrorDetail: 'wrong',
      // One for each of the two events that it makes.
      version: silent.connection.version + 2,
    })
    const again = await report({ status: 'PASSWORD_INCORRECT' }, T0 + 3 * MINUTE)
    expect(again.connection).toMatchObject({
      statusFirstSeenAt: T0 + 2 * MINUTE,
      statusLastUpdateAt: T0 + 3 * MINUTE,
      statusErrorDetail: null,
    })
    expect(await store.getConnection(connectionId)).toEqual(again.connection)
  })

  it('closes an attempt once; one that expired may still tell how it went', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    const opened = await store.openAttempt(attempt(connectionId))
    const late = T0 + 30 * MINUTE
    const closed = await store.closeAttempt(opened.id, { status: 'CONNECTED' }, late)
    expect(closed).toMatchObject({ connection: { status: 'CONNECTED' } })
    await expect(store.closeAttempt(opened.id, {}, late)).rejects.toMatchObject({ code: 'attempt_over' })
    expect(await store.closeAttempt(newId(), {}, late)).toBeNull()
  })

  it('marks the code that the portal rejected', async () => {
    const { store } = use()
    const { attemptId } = await claimed(store)
    await store.closeAttempt(attemptId, { code: 'rejected' }, T0 + MINUTE)
    expect(await store.listSeen(attemptId, 10)).toMatchObject([{ result: 'rejected' }])
  })

  it('pins the sender of a candidate code that the portal accepted, for this connection', async () => {
    const { store } = use()
    const { attemptId, address } = await claimed(store, 'candidate')
    await store.closeAttempt(attemptId, { code: 'accepted' }, T0 + MINUTE)
    expect((await store.findMailbox(address))?.pinnedSenders).toEqual(['sandbox-power.test'])
    const trusted = await claimed(store, 'trusted')
    await store.closeAttempt(trusted.attemptId, { code: 'accepted' }, T0 + MINUTE)
    expect((await store.findMailbox(trusted.address))?.pinnedSenders).toEqual([])
  })

  it('pins the sender of an SMS as it was given', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    const number = `+1415555${Math.floor(1000 + Math.random() * 9000)}`
    await store.takeNumber(connectionId, [number], T0)
    const opened = await store.openAttempt(attempt(connectionId))
    const sms = { channel: 'sms', mailbox: number, sender: '72345', senderDomain: '72345' } as const
    await store.saveInbound([codeRecord(connectionId, { verdict: 'candidate' }, sms)])
    await store.claimCode(opened.id, rules(), 'key:runner')
    await store.closeAttempt(opened.id, { code: 'accepted' }, T0 + MINUTE)
    expect((await store.findMailbox(number))?.pinnedSenders).toEqual(['72345'])
  })

  it('reads a security answer to exactly the question, and says which are known', async () => {
    const { store } = use()
    const securityQuestions = [{ question: 'First pet?', answer: 'Rex the 2nd' }]
    const { connectionId } = await provision(store, { method: 'security_questions', securityQuestions })
    const opened = await store.openAttempt(attempt(connectionId))
    const read = { actor: 'key:runner', now: T0 + 1 }
    expect(await store.readAnswer(opened.id, 'First pet?', read)).toEqual({
      kind: 'answer',
      answer: 'Rex the 2nd',
    })
    expect(await store.readAnswer(opened.id, 'first pet?', read)).toEqual({
      kind: 'unknown',
      questions: ['First pet?'],
    })
    const late = { ...read, now: T0 + 10 * MINUTE }
    expect(await store.readAnswer(opened.id, 'First pet?', late)).toEqual({ kind: 'over' })
    expect(await store.readAnswer(newId(), 'First pet?', read)).toBeNull()
    const { items } = await store.listAudit({ subject: `attempt:${opened.id}` }, FIRST_PAGE)
    expect(items).toMatchObject([{ action: 'answer.read', detail: 'First pet?' }])
  })
}
