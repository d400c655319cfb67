import { expect, it } from 'vitest'
import { newId } from '../../../src/domain/id.ts'
import type { ClaimRules, Store } from '../../../src/store/store.ts'
import type { UseStore } from '../contract.ts'
import { attempt, codeRecord, FIRST_PAGE, MINUTE, provision, rules, SECOND, T0 } from '../samples.ts'

type Options = NonNullable<Parameters<typeof codeRecord>[1]>

/** A login that waits while its code comes; `arrives` saves a code and claims it in one step. */
async function waitingLogin(store: Store) {
  const { connectionId, address } = await provision(store)
  const { id: attemptId } = await store.openAttempt(attempt(connectionId))
  const claim = (change: Partial<ClaimRules> = {}, id = attemptId) => ({
    attemptId: id,
    rules: rules(change),
    actor: 'key:runner',
  })
  const message = (code: string, options: Options = {}) =>
    codeRecord(connectionId, { code, ...options }, { mailbox: address })
  return {
    connectionId,
    address,
    attemptId,
    claim,
    message,
    async arrives(code: string, options: Options = {}, claims = [claim()]) {
      const result = await store.saveAndClaim!([message(code, options)], claims)
      return result.claims.map((one) => (one.kind === 'code' ? one.code.code : one.kind))
    },
    async asks(change: Partial<ClaimRules> = {}, id = attemptId) {
      const result = await store.claimCode(id, rules(change), 'key:runner')
      return result.kind === 'code' ? result.code.code : result.kind
    },
  }
}

/** A claim in the commit that writes the code is what it would be in a commit of its own. */
export function saveAndClaimContract(use: UseStore): void {
  it('binds the code to who waits, for good', async () => {
    const runner = await waitingLogin(use().store)
    expect(await runner.arrives('482913')).toEqual(['482913'])
    // Its answer was lost: it asks again, and after a restart as well.
    expect(await runner.asks()).toBe('482913')
    const store = await use().reopen()
    const again = await store.claimCode(runner.attemptId, rules(), 'key:runner')
    expect(again).toMatchObject({ kind: 'code', code: { code: '482913', state: 'claimed' } })
    const { items } = await store.listAudit({ subject: `attempt:${runner.attemptId}` }, FIRST_PAGE)
    expect(items.map(({ action }) => action).sort()).toEqual([
      'code.claimed',
      'code.read_again',
      'code.read_again',
    ])
  })

  it('gives no other attempt what was bound, though nobody took the answer', async () => {
    const { store } = use()
    const runner = await waitingLogin(store)
    await runner.arrives('482913')
    await store.closeAttempt(runner.attemptId, {}, T0 + MINUTE)
    const next = await store.openAttempt(attempt(runner.connectionId, { openedAt: T0 + SECOND }))
    expect(await store.claimCode(next.id, rules(), 'key:other')).toEqual({ kind: 'none' })
  })

  it('claims once, the newest, where a message has two mailboxes of one connection', async () => {
    const { store } = use()
    const runner = await waitingLogin(store)
    const two = [runner.message('482913'), { ...runner.message('482913'), dedupeKey: newId() }]
    const { claims } = await store.saveAndClaim!(two, [runner.claim()])
    expect(claims).toMatchObject([{ kind: 'code', code: { id: two[1]!.code.id } }])
    expect(await runner.asks()).toBe('482913')
    const seen = await store.listSeen(runner.attemptId, 10)
    expect(seen).toHaveLength(2)
  })

  it('goes by the same rules: after, expiry, skew, candidates, channel', async () => {
    const { store } = use()
    const runner = await waitingLogin(store)
    expect(await runner.arrives('100001', { sentAt: T0 - 10 * MINUTE })).toEqual(['none'])
    expect(await runner.arrives('100002', { expiresAt: T0 })).toEqual(['none'])
    const candidate = { verdict: 'candidate', receivedAt: T0 + 2 * SECOND } as const
    expect(await runner.arrives('100003', candidate, [runner.claim({ offerCandidates: false })])).toEqual([
      'none',
    ])
    expect(await runner.arrives('100004', {}, [runner.claim({ channel: 'sms' })])).toEqual(['none'])
    const first = runner.message('100005', { receivedAt: T0 + 3 * SECOND })
    const { claims } = await store.saveAndClaim!([first], [runner.claim()])
    expect(claims).toMatchObject([{ kind: 'code', code: { code: '100005' } }])
    const after = [runner.claim({ after: first.code.id })]
    // Sent before the one that it holds: not what it waits for.
    expect(await runner.arrives('100006', { receivedAt: T0 + 2 * SECOND }, after)).toEqual(['none'])
    expect(await runner.arrives('100007', { receivedAt: T0 + 4 * SECOND }, after)).toEqual(['100007'])
  })

  it('keeps the message when a claim is impossible', async () => {
    const { store } = use()
    const runner = await waitingLogin(store)
    const bad = [runner.claim({ after: 'no-such-code' }), runner.claim({}, newId())]
    expect(await runner.arrives('482913', {}, bad)).toEqual(['none', 'over'])
    expect(await runner.asks()).toBe('482913')
  })

  it('claims nothing for a message that was seen before, or that holds no code', async () => {
    const { store } = use()
    const runner = await waitingLogin(store)
    const message = runner.message('482913')
    await store.saveInbound([message])
    const again = await store.saveAndClaim!([{ ...message, id: newId() }], [runner.claim()])
    expect(again).toEqual({
      saved: [{ recordId: expect.any(String), isNew: false }],
      claims: [{ kind: 'none' }],
    })
    const plain = { ...runner.message('482914'), code: null }
    expect(await store.saveAndClaim!([plain], [runner.claim()])).toMatchObject({ claims: [{ kind: 'none' }] })
  })

  it('gives one code to one of two attempts, however claims and messages meet', async () => {
    const { store } = use()
    const runner = await waitingLogin(store)
    const late = { openedAt: T0 + 11 * MINUTE, expiresAt: T0 + 20 * MINUTE }
    const next = await store.openAttempt(attempt(runner.connectionId, late))
    for (let round = 0; round < 10; round += 1) {
      const message = runner.message(`20000${round}`, { receivedAt: T0 + 12 * MINUTE + round })
      const mine = runner.claim({ now: T0 + MINUTE })
      const theirs = runner.claim({ now: T0 + 13 * MINUTE }, next.id)
      const saving = store.saveAndClaim!([message], round % 2 ? [mine, theirs] : [theirs, mine])
      const asking = [mine, theirs].map(({ attemptId, rules: by, actor }) =>
        store.claimCode(attemptId, by, actor),
      )
      const { claims } = await saving
      const answers = [...(round % 2 ? claims : [...claims].reverse()), ...(await Promise.all(asking))]
      const owners = answers.flatMap((result, n) =>
        result.kind === 'code' && result.code.id === message.code.id ? [n % 2] : [],
      )
      expect(new Set(owners).size).toBe(1)
    }
  })
}
