import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/domain/attempt.ts'
import { CONNECTION_STATUSES } from '../../src/domain/connection.ts'
import {
  brokeOnCode,
  endOf,
  type LoginResult,
  loginResult,
  type Retry,
  retryAfter,
} from '../../src/domain/login-result.ts'

describe('what a login says about the way of its code', () => {
  it.each<[string, Outcome | null, LoginResult]>([
    ['nobody told', null, 'untold'],
    ['told without a word', {}, 'untold'],
    ['a code that was taken', { status: 'CONNECTED', code: 'accepted' }, 'worked'],
    ['taken, and broken behind it', { status: 'WEBSITE_DOWN', code: 'accepted' }, 'worked'],
    ['taken, and another factor asked', { status: 'MFA_TOKEN_EXPIRED', code: 'accepted' }, 'other'],
    ['in without a code', { status: 'CONNECTED', code: 'not_requested' }, 'worked_without_code'],
    ['in, and nothing said of codes', { status: 'CONNECTED' }, 'worked_without_code'],
    ['in, and no accounts there', { status: 'NO_ACCOUNTS_FOUND' }, 'worked_without_code'],
    ['no code came', { status: 'MFA_TOKEN_EXPIRED', code: 'not_received' }, 'not_received'],
    ['no code came, no status told', { code: 'not_received' }, 'not_received'],
    ['only the status', { status: 'MFA_TOKEN_EXPIRED' }, 'not_received'],
    ['the code was refused', { status: 'MFA_TOKEN_EXPIRED', code: 'rejected' }, 'rejected'],
    ['the code was refused, no status told', { code: 'rejected' }, 'rejected'],
    ['never asked for one', { status: 'MFA_TOKEN_EXPIRED', code: 'not_requested' }, 'never_asked'],
    ['never got that far', { status: 'OTHER_ERROR', code: 'not_requested' }, 'never_asked'],
    ['another trouble', { status: 'PASSWORD_INCORRECT' }, 'other'],
  ])('%s', (_, outcome, result) => {
    expect(loginResult({ outcome })).toBe(result)
    expect(brokeOnCode({ outcome })).toBe(['not_received', 'rejected', 'never_asked'].includes(result))
  })
})

describe('the next login', () => {
  it.each<[string, Outcome | null, Retry]>([
    [
      'after a wrong code waits for a person',
      { status: 'MFA_TOKEN_EXPIRED', code: 'rejected' },
      'after_change',
    ],
    [
      'after a wrong code, whatever else is said',
      { status: 'WEBSITE_DOWN', code: 'rejected' },
      'after_change',
    ],
    ['after a wrong code without a status', { code: 'rejected' }, 'after_change'],
    ['after no code', { status: 'MFA_TOKEN_EXPIRED', code: 'not_received' }, 'after_change'],
    ['with a wrong password', { status: 'PASSWORD_INCORRECT' }, 'after_change'],
    ['at a site that is down', { status: 'WEBSITE_DOWN' }, 'in_hours'],
    ['after a crash', null, 'in_hours'],
    ['while the team looks', { status: 'UNDER_INVESTIGATION' }, 'when_released'],
    ['that worked', { status: 'CONNECTED' }, 'as_scheduled'],
  ])('%s', (_, outcome, retry) => {
    expect(retryAfter(outcome)).toBe(retry)
  })
  it('is never tried at once after a wrong code', () => {
    for (const status of CONNECTION_STATUSES)
      expect(retryAfter({ status, code: 'rejected' })).toBe('after_change')
  })
})

it('a login ends when it is told, or else when it expires', () => {
  expect(endOf({ closedAt: 5, expiresAt: 9 })).toBe(5)
  expect(endOf({ closedAt: null, expiresAt: 9 })).toBe(9)
})
