import { describe, expect, it } from 'vitest'
import { afterOutcome } from '../../src/domain/status.ts'

const T0 = Date.UTC(2026, 2, 1)
const broken = {
  status: 'PASSWORD_INCORRECT',
  statusFirstSeenAt: T0,
  statusLastUpdateAt: T0,
  statusErrorDetail: 'wrong password',
  statusCause: 'password',
  statusSuggestion: 'reconnect',
} as const

describe("an outcome and a connection's status", () => {
  it.each([{}, { code: 'accepted' }, { code: 'not_received', detail: 'nothing came' }] as const)(
    'moves nothing without a status: %j',
    (outcome) => {
      expect(afterOutcome(broken, outcome, T0 + 1)).toBeNull()
    },
  )

  it('moves to another status, and forgets what was diagnosed for the old one', () => {
    expect(afterOutcome(broken, { status: 'CONNECTED' }, T0 + 1)).toEqual({
      status: 'CONNECTED',
      statusFirstSeenAt: T0 + 1,
      statusLastUpdateAt: T0 + 1,
      statusErrorDetail: null,
      statusCause: null,
      statusSuggestion: null,
    })
  })

  it('notes that the same status was seen again', () => {
    expect(afterOutcome(broken, { status: 'PASSWORD_INCORRECT', detail: 'again' }, T0 + 1)).toEqual({
      ...broken,
      statusLastUpdateAt: T0 + 1,
      statusErrorDetail: 'again',
    })
  })
})
