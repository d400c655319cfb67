import { afterEach, describe, expect, it } from 'vitest'
import { type Planner, startPlanner } from '../../src/notices/planner.ts'
import type { NoticeRules } from '../../src/store/notice-store.ts'
import { memoryWakeup } from '../../src/wakeup/memory.ts'
import { EVENTS_TOPIC, NOTICES_TOPIC } from '../../src/wakeup/wakeup.ts'
import { fakeClock } from '../outbox/fakes.ts'

const AT = Date.UTC(2026, 10, 21, 7, 30)
const running: Planner[] = []
afterEach(async () => {
  for (const planner of running.splice(0)) await planner.stop()
})

function setUp({ waiting = 0, unproven = 0, fails = 0, isOn = true } = {}) {
  const clock = fakeClock(AT)
  const wakeup = memoryWakeup()
  const heard: string[] = []
  wakeup.subscribe((topic) => heard.push(topic))
  const state = { waiting, unproven, fails, rounds: 0 }
  const asked: NoticeRules[] = []
  const looked: number[] = []
  const planner = startPlanner({
    wakeup,
    now: clock.now,
    after: clock.after,
    settings: { isOn, gatherMinutes: 15, spacingMinutes: 240, forwardingDays: 3 },
    store: {
      async findUnproven({ openedBefore, limit }) {
        looked.push(openedBefore)
        const taken = Math.min(limit, state.unproven)
        state.unproven -= taken
        return taken
      },
      async planNotices(rules) {
        state.rounds += 1
        asked.push(rules)
        if (state.fails > 0) {
          state.fails -= 1
          throw new Error('the disk is gone')
        }
        const taken = Math.min(rules.limit, state.waiting)
        state.waiting -= taken
        return taken
      },
    },
  })
  running.push(planner)
  return { clock, wakeup, heard, state, asked, looked, planner }
}

describe('the planner', () => {
  it('plans all there is, step by step, by the settings, and says so', async () => {
    const { clock, state, asked, looked, heard } = setUp({ waiting: 120, unproven: 70 })
    await clock.advance(0)
    expect(state).toMatchObject({ waiting: 0, unproven: 0 })
    expect(asked[0]).toMatchObject({
      now: AT,
      isOn: true,
      gatherMs: 900_000,
      spacingMs: 14_400_000,
      repeatMs: 86_400_000,
    })
    expect(looked[0]).toBe(AT - 3 * 86_400_000)
    expect(heard).toEqual([NOTICES_TOPIC])
  })

  it('looks every minute, and soon after something happened, once for many hints', async () => {
    const { clock, wakeup, state } = setUp()
    await clock.advance(0)
    expect(state.rounds).toBe(1)
    for (let n = 0; n < 50; n += 1) wakeup.notify(EVENTS_TOPIC)
    wakeup.notify('something else')
    await clock.advance(1_000)
    expect(state.rounds).toBe(2)
    await clock.advance(60_000)
    expect(state.rounds).toBe(3)
    wakeup.notify(EVENTS_TOPIC)
    await clock.advance(1_000)
    expect(state.rounds).toBe(4)
  })

  it('tries again when a round failed, and does nothing once it was stopped', async () => {
    const { clock, wakeup, state, planner } = setUp({ waiting: 1, fails: 1, isOn: false })
    await clock.advance(0)
    expect(state.waiting).toBe(1)
    await clock.advance(60_000)
    expect(state.waiting).toBe(0)
    await planner.stop()
    const { rounds } = state
    wakeup.notify(EVENTS_TOPIC)
    await clock.advance(600_000)
    expect(state.rounds).toBe(rounds)
  })
})
