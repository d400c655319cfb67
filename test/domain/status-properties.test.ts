import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CONNECTION_STATUSES } from '../../src/domain/connection.ts'
import { CAUSES } from '../../src/domain/diagnosis.ts'
import { Failure } from '../../src/domain/failure.ts'
import {
  MOVES,
  moveStatus,
  OBSERVABLE,
  type StatusChange,
  type StatusEvent,
} from '../../src/domain/status.ts'
import { HOUR, reported, standing, T0 } from './status-samples.ts'

const anyStatus = fc.constantFrom(...CONNECTION_STATUSES)
const anyEvent: fc.Arbitrary<StatusEvent> = fc.oneof(
  anyStatus.map((status) => reported(status)),
  fc.record({
    kind: fc.constant('outcome' as const),
    outcome: fc.record({ code: fc.constantFrom('rejected', 'not_received') }),
  }),
  fc.record({
    kind: fc.constant('outcome' as const),
    outcome: fc.record({ status: anyStatus }),
    openedAt: fc.integer({ min: T0, max: T0 + 100 * HOUR }),
  }),
  fc.constantFrom<StatusEvent>(
    { kind: 'credentials_changed' },
    { kind: 'mfa_configured' },
    { kind: 'company_deactivated' },
    { kind: 'investigation_started', note: 'look' },
  ),
  fc
    .option(anyStatus.map((status) => standing(status)))
    .map((former) => ({ kind: 'company_reactivated' as const, former })),
  anyStatus.map((status) => ({ kind: 'investigation_ended' as const, status, note: null })),
  fc
    .constantFrom(...CAUSES)
    .map((cause) => ({ kind: 'diagnosed' as const, cause, detail: 'd', suggestion: null })),
)
/** Events with times that mostly rise, as several nodes' clocks do. */
const anyLife = fc.array(fc.tuple(anyEvent, fc.integer({ min: -2 * HOUR, max: 20 * HOUR })), {
  maxLength: 60,
})

/** Lives through the events; refused ones change nothing. */
function live(
  events: readonly (readonly [StatusEvent, number])[],
  each: (before: StatusChange, after: StatusChange, event: StatusEvent) => void,
): void {
  let current = standing('PENDING')
  let now = T0
  for (const [event, passes] of events) {
    now += passes
    const after = moveOrStay(current, event, now)
    each(current, after, event)
    current = after
  }
}

function moveOrStay(current: StatusChange, event: StatusEvent, now: number): StatusChange {
  try {
    return moveStatus(current, event, now) ?? current
  } catch (error) {
    if (error instanceof Failure && error.code === 'conflict') return current
    throw error
  }
}

/** Holds at every step of every life. */
const always = (each: Parameters<typeof live>[1]): void =>
  fc.assert(fc.property(anyLife, (events) => live(events, each)))

describe('whatever happens', () => {
  it('no unlisted move is ever made', () => {
    always((before, after) => {
      expect(before.status === after.status || MOVES[before.status].includes(after.status)).toBe(true)
    })
  })
  it('time in a status never runs backwards', () => {
    always((before, after) => {
      expect(after.statusFirstSeenAt).toBeGreaterThanOrEqual(before.statusFirstSeenAt)
      expect(after.statusLastUpdateAt).toBeGreaterThanOrEqual(before.statusLastUpdateAt)
      expect(after.statusLastUpdateAt).toBeGreaterThanOrEqual(after.statusFirstSeenAt)
      if (before.status !== after.status) expect(after.statusFirstSeenAt).toBe(after.statusLastUpdateAt)
    })
  })
  it('only a told status, the company or the team moves it: silence never does', () => {
    const silent = ['credentials_changed', 'mfa_configured', 'diagnosed']
    always((before, after, event) => {
      const isUntold = event.kind === 'outcome' && event.outcome.status === undefined
      if (isUntold || silent.includes(event.kind)) expect(after.status).toBe(before.status)
    })
  })
  it('an inactive company leaves only by coming back', () => {
    always((before, after, event) => {
      if (before.status === 'COMPANY_INACTIVE' && after.status !== before.status)
        expect(event.kind).toBe('company_reactivated')
    })
  })
  it('a login can show what it can show, from anywhere', () => {
    fc.assert(
      fc.property(anyStatus, fc.constantFrom(...OBSERVABLE), (from, to) => {
        const moved = moveStatus(standing(from), reported(to), T0 + HOUR)
        expect(moved?.status ?? from).toBe(from === 'COMPANY_INACTIVE' ? from : to)
      }),
    )
  })
})
