import { afterEach, describe, expect, it } from 'vitest'
import { type Code, connectionSource } from '../../src/domain/code.ts'
import { createWaiters, type Waiters } from '../../src/runner/waiters.ts'
import type { ClaimResult } from '../../src/store/store.ts'
import { memoryWakeup } from '../../src/wakeup/memory.ts'

const found: ClaimResult & { kind: 'code' } = {
  kind: 'code',
  code: { id: 'code-1', code: '482913', verdict: 'trusted' } as Code,
  isNew: true,
}
const source = connectionSource('a')

describe('what waiters offer to claim in the commit of their code', () => {
  let waiters: Waiters
  afterEach(() => waiters.close())

  /** Nothing is in the store: what a waiter gets, it got by its offer. */
  function start() {
    const claimed: string[] = []
    waiters = createWaiters({
      store: {
        hasCode: async () => false,
        claimCode: async () => ({ kind: 'none' }),
        getAttempt: async () => null,
      },
      wakeup: memoryWakeup(),
      rules: { clockSkewMs: 120_000, offerCandidates: false },
      metrics: { codeClaimed: (verdict) => claimed.push(verdict) },
      now: () => 1_000,
    })
    return { waiters, claimed }
  }
  const request = (change: object = {}) => ({
    attemptId: 'a',
    sources: [source],
    expiresAt: Number.MAX_SAFE_INTEGER,
    actor: 'key:runner',
    waitMs: 60_000,
    ...change,
  })

  it('is what they would ask for, by the same rules', () => {
    const { waiters } = start()
    expect(waiters.offersAt(source)).toEqual([])
    void waiters.wait(request({ after: 'code-0', channel: 'email' }))
    const rules = {
      clockSkewMs: 120_000,
      offerCandidates: false,
      now: 1_000,
      after: 'code-0',
      channel: 'email',
    }
    expect(waiters.offersAt(source).map(({ claim }) => claim)).toEqual([
      { attemptId: 'a', rules, actor: 'key:runner' },
    ])
    expect(waiters.offersAt(connectionSource('b'))).toEqual([])
  })

  it('is one for polls that ask for the same, and all of them are answered', async () => {
    const { waiters, claimed } = start()
    const polls = [waiters.wait(request()), waiters.wait(request())]
    const [offer, ...others] = waiters.offersAt(source)
    expect(others).toEqual([])
    offer?.take(found)
    expect(await Promise.all(polls)).toEqual([found, found])
    expect(claimed).toEqual(['trusted'])
    expect(waiters.count()).toBe(0)
  })

  it('counts no code that is read again', async () => {
    const { waiters, claimed } = start()
    const poll = waiters.wait(request())
    const again = { ...found, isNew: false }
    waiters.offersAt(source)[0]?.take(again)
    expect(await poll).toEqual(again)
    expect(claimed).toEqual([])
  })

  it('leaves them waiting when the claim found nothing, or that the attempt is over', async () => {
    const { waiters } = start()
    const poll = waiters.wait(request())
    const [offer] = waiters.offersAt(source)
    offer?.take({ kind: 'none' })
    offer?.take({ kind: 'over' })
    expect(waiters.count()).toBe(1)
    offer?.take(found)
    expect(await poll).toBe(found)
  })

  it('counts a claim whose waiter has left meanwhile: the code is bound all the same', async () => {
    const { waiters, claimed } = start()
    let leave = () => {}
    const poll = waiters.wait(
      request({
        onGone: (act: () => void) => {
          leave = act
        },
      }),
    )
    const [offer] = waiters.offersAt(source)
    leave()
    offer?.take(found)
    expect(await poll).toEqual({ kind: 'none' })
    expect(claimed).toEqual(['trusted'])
  })
})
