import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Attempt } from '../../src/domain/attempt.ts'
import { type Code, connectionSource } from '../../src/domain/code.ts'
import { attemptTopic } from '../../src/runner/desks.ts'
import { createWaiters, type Waiters } from '../../src/runner/waiters.ts'
import type { ClaimResult, ClaimRules } from '../../src/store/store.ts'
import { memoryWakeup } from '../../src/wakeup/memory.ts'
import { ANY_TOPIC } from '../../src/wakeup/wakeup.ts'

/** The three methods that waiters use, with what they were asked counted. */
function fakeStore() {
  const attempts = new Map<string, Attempt>()
  const codes = new Map<string, Code>()
  const asked = { hasCode: 0, claimCode: 0, getAttempt: 0 }
  return {
    attempts,
    codes,
    asked,
    async hasCode(attemptId: string, _rules: ClaimRules) {
      asked.hasCode += 1
      return codes.has(attemptId)
    },
    async claimCode(attemptId: string): Promise<ClaimResult> {
      asked.claimCode += 1
      const code = codes.get(attemptId)
      return code ? { kind: 'code', code, isNew: true } : { kind: 'none' }
    },
    async getAttempt(id: string) {
      asked.getAttempt += 1
      const attempt = attempts.get(id)
      return attempt ? { attempt, sources: [connectionSource(attempt.connectionId)] } : null
    },
  }
}

const codeOf = (attemptId: string): Code => ({
  id: `code-of-${attemptId}`,
  messageId: 'm',
  connectionId: 'c',
  source: connectionSource(attemptId),
  code: '123456',
  channel: 'email',
  verdict: 'trusted',
  sentAt: 0,
  receivedAt: 0,
  expiresAt: 0,
  sender: null,
  rule: 'general',
  confidence: 1,
  state: 'claimed',
})

const attemptOf = (id: string, expiresAt: number): Attempt => ({
  id,
  connectionId: id,
  runner: null,
  purpose: 'login',
  openedAt: 0,
  expiresAt,
  closedAt: null,
  outcome: null,
})

const request = (
  attemptId: string,
  waitMs: number,
  more: { expiresAt?: number; onGone?: (leave: () => void) => void } = {},
) => ({
  attemptId,
  sources: [connectionSource(attemptId)],
  expiresAt: more.expiresAt ?? Number.MAX_SAFE_INTEGER,
  actor: 'admin',
  waitMs,
  ...(more.onGone ? { onGone: more.onGone } : {}),
})

const rules = { clockSkewMs: 0, offerCandidates: true }
const MINUTE = 60_000

describe('waiters', () => {
  let waiters: Waiters | undefined
  afterEach(() => {
    vi.useRealTimers()
    waiters?.close()
  })

  const start = (options: Partial<Parameters<typeof createWaiters>[0]> = {}) => {
    const store = fakeStore()
    const wakeup = memoryWakeup()
    waiters = createWaiters({ store, wakeup, rules, ...options })
    return { store, wakeup, waiters }
  }

  it('answers at once with a code that is there', async () => {
    const { store, waiters } = start()
    store.codes.set('a', codeOf('a'))
    expect(await waiters.wait(request('a', MINUTE))).toMatchObject({ kind: 'code' })
    expect(waiters.count()).toBe(0)
  })

  it('asks the store once and then not at all until something happens', async () => {
    vi.useFakeTimers()
    const { store, wakeup, waiters } = start()
    const waiting = waiters.wait(request('a', MINUTE))
    await vi.advanceTimersByTimeAsync(59_000)
    expect(store.asked).toEqual({ hasCode: 1, claimCode: 0, getAttempt: 0 })
    wakeup.notify(connectionSource('somebody else'))
    await vi.advanceTimersByTimeAsync(10)
    expect(store.asked.hasCode).toBe(1)
    store.codes.set('a', codeOf('a'))
    wakeup.notify(connectionSource('a'))
    expect(await waiting).toMatchObject({ kind: 'code', code: { id: 'code-of-a' } })
    // The hint says that there is one: it claims without looking first.
    expect(store.asked).toEqual({ hasCode: 1, claimCode: 1, getAttempt: 0 })
  })

  it('looks once more when time is up, as hints can get lost', async () => {
    vi.useFakeTimers()
    const { store, waiters } = start()
    const waiting = waiters.wait(request('a', 1_000))
    await vi.advanceTimersByTimeAsync(500)
    store.codes.set('a', codeOf('a'))
    await vi.advanceTimersByTimeAsync(500)
    expect(await waiting).toMatchObject({ kind: 'code' })
  })

  it('says that there is none when time is up', async () => {
    vi.useFakeTimers()
    const { waiters } = start()
    const waiting = waiters.wait(request('a', 1_000))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await waiting).toEqual({ kind: 'none' })
    expect(await waiters.wait(request('a', 0))).toEqual({ kind: 'none' })
    expect(waiters.count()).toBe(0)
  })

  it('reads again when a hint comes while it reads', async () => {
    const { store, wakeup, waiters } = start()
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    store.hasCode = async (id) => {
      store.asked.hasCode += 1
      const had = store.codes.has(id)
      if (store.asked.hasCode === 1) await gate
      return had
    }
    const waiting = waiters.wait(request('a', MINUTE))
    store.codes.set('a', codeOf('a'))
    wakeup.notify(connectionSource('a'))
    open()
    expect(await waiting).toMatchObject({ kind: 'code' })
  })

  it('gives all polls of one attempt the same code for one claim', async () => {
    const { store, wakeup, waiters } = start()
    const waiting = Array.from({ length: 20 }, () => waiters.wait(request('a', MINUTE)))
    await vi.waitFor(() => expect(store.asked.hasCode).toBeGreaterThan(0))
    store.codes.set('a', codeOf('a'))
    wakeup.notify(connectionSource('a'))
    const results = await Promise.all(waiting)
    expect(new Set(results.map((r) => (r.kind === 'code' ? r.code.id : r.kind)))).toEqual(
      new Set(['code-of-a']),
    )
    expect(store.asked.claimCode).toBe(1)
  })

  it.each([
    ['stands still', 0],
    ['is set back an hour', -3_600_000],
  ])('says that there is none when time is up, though the clock %s', async (_, jumpMs) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const at = Date.now()
    const date = vi.spyOn(Date, 'now').mockReturnValue(at)
    const { waiters } = start()
    const waiting = waiters.wait(request('a', 1_000))
    date.mockReturnValue(at + jumpMs)
    await vi.advanceTimersByTimeAsync(1_001)
    date.mockRestore()
    expect(waiters.count()).toBe(0)
    expect(await waiting).toEqual({ kind: 'none' })
  })

  it('ends when the attempt expires, unless it was extended meanwhile', async () => {
    vi.useFakeTimers()
    const { store, waiters } = start()
    const now = Date.now()
    store.attempts.set('a', attemptOf('a', now + 2_000))
    const waiting = waiters.wait(request('a', MINUTE, { expiresAt: now + 1_000 }))
    await vi.advanceTimersByTimeAsync(1_500)
    expect(waiters.count()).toBe(1)
    await vi.advanceTimersByTimeAsync(500)
    expect(await waiting).toEqual({ kind: 'over' })
  })

  it('ends when the attempt is closed', async () => {
    const { store, wakeup, waiters } = start()
    const expiresAt = Date.now() + MINUTE
    store.attempts.set('a', { ...attemptOf('a', expiresAt), closedAt: 1 })
    const waiting = waiters.wait(request('a', MINUTE, { expiresAt }))
    await vi.waitFor(() => expect(store.asked.hasCode).toBe(1))
    wakeup.notify(attemptTopic('a'))
    expect(await waiting).toEqual({ kind: 'over' })
  })

  it('frees a waiter whose client is gone, and claims nothing for it', async () => {
    const { store, wakeup, waiters } = start()
    const client = { leave: () => {} }
    const onGone = (leave: () => void) => {
      client.leave = leave
    }
    const waiting = waiters.wait(request('a', MINUTE, { onGone }))
    expect(waiters.count()).toBe(1)
    client.leave()
    expect(await waiting).toEqual({ kind: 'none' })
    expect(waiters.count()).toBe(0)
    store.codes.set('a', codeOf('a'))
    wakeup.notify(connectionSource('a'))
    expect(store.asked.claimCode).toBe(0)
    expect(await waiters.wait(request('b', MINUTE, { onGone: (leave) => leave() }))).toEqual({ kind: 'none' })
    expect(store.asked.hasCode).toBe(1)
  })

  it('passes on what the store throws, and goes on', async () => {
    const { store, waiters } = start()
    const { hasCode } = store
    store.hasCode = () => Promise.reject(new Error('disk gone'))
    await expect(waiters.wait(request('a', MINUTE))).rejects.toThrow('disk gone')
    store.hasCode = hasCode
    store.codes.set('a', codeOf('a'))
    expect(await waiters.wait(request('a', MINUTE))).toMatchObject({ kind: 'code' })
  })

  it('polls slowly while hints cannot arrive', async () => {
    vi.useFakeTimers()
    let isHealthy = false
    const wakeup = { ...memoryWakeup(), isHealthy: () => isHealthy }
    const { store, waiters } = start({ wakeup, slowPollMs: 2_000 })
    store.attempts.set('a', attemptOf('a', Date.now() + MINUTE))
    const waiting = waiters.wait(request('a', MINUTE))
    await vi.advanceTimersByTimeAsync(4_100)
    expect(store.asked.hasCode).toBe(3)
    isHealthy = true
    await vi.advanceTimersByTimeAsync(10_000)
    expect(store.asked.hasCode).toBe(3)
    isHealthy = false
    store.codes.set('a', codeOf('a'))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await waiting).toMatchObject({ kind: 'code' })
  })

  it('lets everyone look once when hints were missed, and read anew whether their attempt is open', async () => {
    const { store, wakeup, waiters } = start()
    const waiting = ['a', 'b', 'c'].map((id) => waiters.wait(request(id, MINUTE)))
    await vi.waitFor(() => expect(store.asked.hasCode).toBe(3))
    store.codes.set('a', codeOf('a'))
    store.attempts.set('a', attemptOf('a', Date.now() + MINUTE))
    store.attempts.set('b', { ...attemptOf('b', Date.now() + MINUTE), closedAt: 1 })
    store.attempts.set('c', attemptOf('c', Date.now() + MINUTE))
    wakeup.notify(ANY_TOPIC)
    expect(await Promise.all(waiting.slice(0, 2))).toMatchObject([{ kind: 'code' }, { kind: 'over' }])
    await vi.waitFor(() => expect(store.asked).toMatchObject({ hasCode: 5, getAttempt: 3 }))
    expect(waiters.count()).toBe(1)
  })

  it('makes one more round of any number of missed hints', async () => {
    const { store, wakeup, waiters } = start()
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    store.attempts.set('a', attemptOf('a', Date.now() + MINUTE))
    void waiters.wait(request('a', MINUTE))
    await vi.waitFor(() => expect(store.asked.hasCode).toBe(1))
    const { getAttempt } = store
    store.getAttempt = async (id) => {
      await gate
      return getAttempt(id)
    }
    for (let n = 0; n < 100; n += 1) wakeup.notify(ANY_TOPIC)
    open()
    await vi.waitFor(() => expect(store.asked.hasCode).toBe(3))
    await new Promise((resolve) => setImmediate(resolve))
    expect(store.asked.hasCode).toBe(3)
  })

  it('answers everyone when it closes, and takes nobody afterwards', async () => {
    const { waiters } = start()
    const waiting = Array.from({ length: 5 }, (_, n) => waiters.wait(request(`a${n}`, MINUTE)))
    waiters.close()
    expect(await Promise.all(waiting)).toEqual(Array(5).fill({ kind: 'none' }))
    await expect(waiters.wait(request('a', MINUTE))).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('hands out a code that is being claimed while it closes', async () => {
    const { store, wakeup, waiters } = start()
    const waiting = waiters.wait(request('a', MINUTE))
    await vi.waitFor(() => expect(store.asked.hasCode).toBe(1))
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const { claimCode } = store
    store.claimCode = async (id) => {
      await gate
      return claimCode(id)
    }
    store.codes.set('a', codeOf('a'))
    wakeup.notify(connectionSource('a'))
    waiters.close()
    open()
    expect(await waiting).toMatchObject({ kind: 'code' })
  })

  it('gives each of a thousand waiters its own code', async () => {
    const { store, wakeup, waiters } = start()
    const ids = Array.from({ length: 1_000 }, (_, n) => `a${n}`)
    const waiting = ids.map((id) => waiters.wait(request(id, MINUTE)))
    expect(waiters.count()).toBe(1_000)
    for (const id of ids) store.codes.set(id, codeOf(id))
    for (const id of ids) wakeup.notify(connectionSource(id))
    const results = await Promise.all(waiting)
    expect(results.map((r) => (r.kind === 'code' ? r.code.id : r.kind))).toEqual(
      ids.map((id) => `code-of-${id}`),
    )
    expect(waiters.count()).toBe(0)
  })
})
