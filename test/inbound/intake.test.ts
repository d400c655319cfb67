import { describe, expect, it } from 'vitest'
import { createIntake } from '../../src/inbound/intake.ts'

describe('the bound on messages that are on their way', () => {
  const stuck = () => new Promise<void>(() => {})

  it('lets in so many, and tells the next to come back', async () => {
    const intake = createIntake({ maxMessages: 2, maxAgeMs: 1_000, now: () => 0 })
    const first = Promise.withResolvers<string>()
    const running = intake.run(() => first.promise)
    void intake.run(stuck)
    expect(intake.inFlight()).toBe(2)
    expect(intake.whyFull()).toBe('count')
    await expect(intake.run(async () => 'third')).rejects.toMatchObject({ code: 'unavailable' })
    first.resolve('done')
    expect(await running).toBe('done')
    expect(await intake.run(async () => 'third')).toBe('third')
  })

  it('gives the place back when the work fails', async () => {
    const intake = createIntake({ maxMessages: 1, maxAgeMs: 1_000 })
    await expect(intake.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(intake.inFlight()).toBe(0)
  })

  it('lets nobody in while the oldest is stuck', async () => {
    let at = 0
    const intake = createIntake({ maxMessages: 10, maxAgeMs: 1_000, now: () => at })
    const first = Promise.withResolvers<void>()
    const running = intake.run(() => first.promise)
    at = 1_000
    expect(intake.whyFull()).toBeNull()
    at = 1_001
    expect(intake.whyFull()).toBe('age')
    await expect(intake.run(async () => {})).rejects.toMatchObject({ code: 'unavailable' })
    first.resolve()
    await running
    expect(intake.whyFull()).toBeNull()
  })
})
