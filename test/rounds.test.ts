import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startRounds } from '../src/rounds.ts'

const SECOND = 1_000

describe('rounds', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('come every so often, the first one at once where it is wanted', async () => {
    const [late, early] = [vi.fn(async () => {}), vi.fn(async () => {})]
    const options = { everyMs: SECOND, onError: () => {} }
    const both = [startRounds(late, options), startRounds(early, { ...options, atOnce: true })]
    expect([late, early].map(({ mock }) => mock.calls.length)).toEqual([0, 1])
    await vi.advanceTimersByTimeAsync(2 * SECOND)
    expect([late, early].map(({ mock }) => mock.calls.length)).toEqual([2, 3])
    await Promise.all(both.map((rounds) => rounds.stop()))
    await vi.advanceTimersByTimeAsync(5 * SECOND)
    expect([late, early].map(({ mock }) => mock.calls.length)).toEqual([2, 3])
  })

  it('are never two at once: who asks meanwhile waits for the one that runs', async () => {
    const gate = Promise.withResolvers<void>()
    const round = vi.fn(() => gate.promise)
    const rounds = startRounds(round, { everyMs: SECOND, onError: () => {} })
    const asked = [rounds.run(), rounds.run()]
    await vi.advanceTimersByTimeAsync(3 * SECOND)
    expect(round).toHaveBeenCalledTimes(1)
    gate.resolve()
    await Promise.all(asked)
    await rounds.run()
    expect(round).toHaveBeenCalledTimes(2)
    await rounds.stop()
  })

  it('go on after one that failed', async () => {
    const onError = vi.fn()
    const fault = new Error('the disk is full')
    const round = vi.fn(async () => {}).mockRejectedValueOnce(fault)
    const rounds = startRounds(round, { everyMs: SECOND, onError })
    await rounds.run()
    await rounds.run()
    expect(onError.mock.calls).toEqual([[fault]])
    expect(round).toHaveBeenCalledTimes(2)
    await rounds.stop()
  })

  it('are stopped once the one under way has heard of it and ended', async () => {
    const gate = Promise.withResolvers<void>()
    const heard: boolean[] = []
    const rounds = startRounds(
      async (isStopped) => {
        heard.push(isStopped())
        await gate.promise
        heard.push(isStopped())
      },
      { everyMs: SECOND, onError: () => {}, atOnce: true },
    )
    const stopping = rounds.stop().then(() => heard.push(true))
    gate.resolve()
    await stopping
    expect(heard).toEqual([false, true, true])
  })
})
