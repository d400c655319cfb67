import { expect, it } from 'vitest'
import { newId } from '../../../src/domain/id.ts'
import type { ClaimRules, Store } from '../../../src/store/store.ts'
import type { UseStore } from '../contract.ts'
import { attempt, codeRecord, FIRST_PAGE, MINUTE, provision, rules, SECOND, T0 } from '../samples.ts'

type Options = NonNullable<Parameters<typeof codeRecord>[1]>

/** A connection with an open attempt, and short ways to send codes to it and to ask for them. */
async function login(store: Store) {
  const { connectionId, address } = await provision(store)
  const opened = await store.openAttempt(attempt(connectionId))
  return {
    connectionId,
    address,
    attemptId: opened.id,
    async arrives(code: string, options: Options = {}) {
      const message = codeRecord(connectionId, { code, ...options }, { mailbox: address })
      await store.saveInbound([message])
      return message
    },
    async claims(change: Partial<ClaimRules> = {}) {
      const result = await store.claimCode(opened.id, rules(change), 'key:runner')
      return result.kind === 'code' ? result.code.code : result.kind
    },
    has: (change: Partial<ClaimRules> = {}) => store.hasCode(opened.id, rules(change)),
  }
}

/** Which code an attempt gets, and that nobody else does. */
export function claimContract(use: UseStore): void {
  it('hands out a trusted code that arrived after the attempt opened', async () => {
    const runner = await login(use().store)
    expect([await runner.has(), await runner.claims()]).toEqual([false, 'none'])
    const message = await runner.arrives('482913')
    expect(await runner.has()).toBe(true)
    const result = await use().store.claimCode(runner.attemptId, rules(), 'key:runner')
    expect(result).toEqual({
      kind: 'code',
      isNew: true,
      code: {
        id: message.code.id,
        messageId: message.id,
        connectionId: runner.connectionId,
        source: `connection:${runner.connectionId}`,
        code: '482913',
        channel: 'email',
        verdict: 'trusted',
        sentAt: T0 + SECOND,
        receivedAt: T0 + SECOND,
        expiresAt: T0 + SECOND + 10 * MINUTE,
        sender: 'no-reply@sandbox-power.test',
        rule: 'template:sandbox-power/email/0',
        confidence: 0.99,
        state: 'claimed',
      },
    })
  })

  it('gives the same attempt its code again, as often as it asks', async () => {
    const runner = await login(use().store)
    await runner.arrives('482913')
    const claims = await Promise.all(Array.from({ length: 30 }, () => runner.claims()))
    expect(new Set(claims)).toEqual(new Set(['482913']))
  })

  it('gives each of two connections its own code however many ask at once', async () => {
    const { store } = use()
    const logins = [await login(store), await login(store)]
    const asked = logins.flatMap((one) => Array.from({ length: 20 }, () => one.claims()))
    await Promise.all([logins[0]!.arrives('111111'), logins[1]!.arrives('222222')])
    await Promise.all(asked)
    const got = await Promise.all(logins.flatMap((one) => Array.from({ length: 20 }, () => one.claims())))
    expect(new Set(got.slice(0, 20))).toEqual(new Set(['111111']))
    expect(new Set(got.slice(20))).toEqual(new Set(['222222']))
  })

  it('never gives a claimed code to another attempt, even if clocks disagree about which is open', async () => {
    const { store } = use()
    const runner = await login(store)
    const late = { openedAt: T0 + 11 * MINUTE, expiresAt: T0 + 20 * MINUTE }
    const next = await store.openAttempt(attempt(runner.connectionId, late))
    for (let round = 0; round < 10; round += 1) {
      const receivedAt = T0 + 12 * MINUTE + round
      const { code } = await runner.arrives(`10000${round}`, { receivedAt })
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          n % 2 === round % 2
            ? store.claimCode(runner.attemptId, rules({ now: T0 + MINUTE }), 'key:slow-clock')
            : store.claimCode(next.id, rules({ now: T0 + 13 * MINUTE }), 'key:runner'),
        ),
      )
      const owners = results.flatMap((result, n) =>
        result.kind === 'code' && result.code.id === code.id ? [n % 2] : [],
      )
      expect(new Set(owners).size).toBe(1)
    }
  })

  it('hands out nothing that arrived before the attempt opened', async () => {
    const runner = await login(use().store)
    await runner.arrives('482913', { sentAt: T0 - 1, receivedAt: T0 - 1 })
    expect(await runner.claims()).toBe('none')
    await runner.arrives('482914', { sentAt: T0 - 1, receivedAt: T0 })
    expect(await runner.claims()).toBe('482914')
  })

  it("forgives a portal's clock the skew that is set, and no more", async () => {
    const runner = await login(use().store)
    await runner.arrives('482913', { sentAt: T0 - 121 * SECOND })
    expect(await runner.claims()).toBe('none')
    await runner.arrives('482914', { sentAt: T0 - 120 * SECOND })
    expect(await runner.claims()).toBe('482914')
  })

  it('hands out nothing that was there before the attempt, though the clock was set back since', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    await store.saveInbound([codeRecord(connectionId, { receivedAt: T0 + MINUTE })])
    const { id } = await store.openAttempt(attempt(connectionId))
    expect(await store.claimCode(id, rules({ now: T0 + 2 * MINUTE }), 'key:r')).toEqual({ kind: 'none' })
  })

  it('hands out nothing that has expired, not even again', async () => {
    const runner = await login(use().store)
    await runner.arrives('482913', { expiresAt: T0 + 20 * SECOND })
    expect(await runner.claims({ now: T0 + 20 * SECOND })).toBe('none')
    expect(await runner.claims({ now: T0 + 20 * SECOND - 1 })).toBe('482913')
    expect(await runner.claims({ now: T0 + 20 * SECOND })).toBe('none')
  })

  it('prefers the newest sent, then the newest arrived, then the last written', async () => {
    const runner = await login(use().store)
    await runner.arrives('100001', { sentAt: T0 + 2, receivedAt: T0 + 5 })
    await runner.arrives('100002', { sentAt: T0 + 3, receivedAt: T0 + 4 })
    await runner.arrives('100003', { sentAt: T0 + 3, receivedAt: T0 + 6 })
    await runner.arrives('100004', { sentAt: T0 + 3, receivedAt: T0 + 6 })
    expect(await runner.claims()).toBe('100004')
  })

  it('supersedes what is older by claiming', async () => {
    const runner = await login(use().store)
    await runner.arrives('100001', { receivedAt: T0 + 1 })
    await runner.arrives('100002', { receivedAt: T0 + 2 })
    expect(await runner.claims()).toBe('100002')
    const seen = await use().store.listSeen(runner.attemptId, 10, rules())
    expect(seen.map(({ result }) => result)).toEqual(['claimed', 'superseded'])
  })

  it('without after: what was claimed last, unless a newer is there', async () => {
    const runner = await login(use().store)
    await runner.arrives('100002', { receivedAt: T0 + 2 })
    expect(await runner.claims()).toBe('100002')
    await runner.arrives('100001', { sentAt: T0 + 1, receivedAt: T0 + 3 })
    expect(await runner.claims()).toBe('100002')
    await runner.arrives('100003', { receivedAt: T0 + 4 })
    expect(await runner.claims()).toBe('100003')
  })

  it('with after: only what was sent later, again if the answer was lost', async () => {
    const runner = await login(use().store)
    const first = await runner.arrives('100001', { receivedAt: T0 + 1 })
    expect(await runner.claims()).toBe('100001')
    const after = first.code.id
    expect([await runner.has({ after }), await runner.claims({ after })]).toEqual([false, 'none'])
    await runner.arrives('100000', { sentAt: T0, receivedAt: T0 + 2 })
    expect(await runner.claims({ after })).toBe('none')
    await runner.arrives('100002', { receivedAt: T0 + 3 })
    expect(await runner.claims({ after })).toBe('100002')
    expect(await runner.claims({ after })).toBe('100002')
  })

  it('refuses an after that is none of its codes', async () => {
    const [one, other] = [await login(use().store), await login(use().store)]
    const { code } = await other.arrives('482913')
    for (const after of [newId(), code.id]) {
      await expect(one.claims({ after })).rejects.toMatchObject({ code: 'invalid_request' })
      await expect(one.has({ after })).rejects.toMatchObject({ code: 'invalid_request' })
    }
  })

  it('offers a candidate only where no trusted code is, and only if the setting says so', async () => {
    const runner = await login(use().store)
    await runner.arrives('200001', { verdict: 'candidate', receivedAt: T0 + 5 })
    expect(await runner.claims({ offerCandidates: false })).toBe('none')
    await runner.arrives('100001', { receivedAt: T0 + 1 })
    expect(await runner.claims()).toBe('100001')
    await runner.arrives('200002', { verdict: 'candidate', receivedAt: T0 + 6 })
    expect([await runner.has(), await runner.claims()]).toEqual([true, '100001'])

    const lone = await login(use().store)
    await lone.arrives('200003', { verdict: 'candidate' })
    expect(await lone.claims()).toBe('200003')
    await lone.arrives('100003', { receivedAt: T0 + 2 * SECOND })
    expect(await lone.claims()).toBe('100003')
  })

  it('tells an attempt that is expired, closed or unknown that it is over', async () => {
    const { store } = use()
    const runner = await login(store)
    await runner.arrives('482913', { expiresAt: T0 + 60 * MINUTE })
    expect(await runner.claims({ now: T0 + 10 * MINUTE })).toBe('over')
    await store.closeAttempt(runner.attemptId, {}, T0 + SECOND)
    expect(await runner.claims()).toBe('over')
    expect(await runner.has()).toBe(false)
    expect(await store.claimCode(newId(), rules(), 'key:runner')).toEqual({ kind: 'over' })
  })

  it('puts every claim and every second reading on record, without the code', async () => {
    const { store } = use()
    const runner = await login(store)
    const { code } = await runner.arrives('482913')
    const claim = (now: number) => store.claimCode(runner.attemptId, rules({ now }), 'key:runner')
    expect(await claim(T0 + 11 * SECOND)).toMatchObject({ kind: 'code', isNew: true })
    expect(await claim(T0 + 12 * SECOND)).toMatchObject({ kind: 'code', isNew: false })
    const { items } = await store.listAudit({ subject: `attempt:${runner.attemptId}` }, FIRST_PAGE)
    expect(items.map(({ action, actor, detail }) => ({ action, actor, detail }))).toEqual([
      { action: 'code.read_again', actor: 'key:runner', detail: `code:${code.id}` },
      { action: 'code.claimed', actor: 'key:runner', detail: `code:${code.id}` },
    ])
    expect(JSON.stringify(items)).not.toContain('482913')
  })
}
