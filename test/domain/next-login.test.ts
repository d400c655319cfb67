import { describe, expect, it } from 'vitest'
import type { Attempt, Outcome } from '../../src/domain/attempt.ts'
import type { ConnectionStatus } from '../../src/domain/connection.ts'
import { type LoginPlan, nextLogin } from '../../src/domain/next-login.ts'

const NOW = 1_000_000
const login = (outcome: Outcome | null, change: Partial<Attempt> = {}): Attempt => ({
  id: 'a',
  connectionId: 'c',
  runner: null,
  purpose: 'login',
  openedAt: NOW - 5_000,
  expiresAt: NOW - 1_000,
  closedAt: outcome ? NOW - 2_000 : null,
  outcome,
  ...change,
})
const plan = (change: Partial<LoginPlan> = {}): LoginPlan => ({
  nextLoginAt: NOW + 7,
  failures: 0,
  changedAt: 0,
  hasCredentials: true,
  lastLogin: login({ status: 'CONNECTED' }),
  testUntil: null,
  ...change,
})
const look = (
  change: Partial<LoginPlan>,
  status: ConnectionStatus = 'CONNECTED',
  statusCause: string | null = null,
) => nextLogin({ status, statusCause }, plan(change), NOW)

describe('the reason for the next login', () => {
  it.each([
    ['weekly', NOW + 7, {}],
    ['first_login', NOW + 7, { lastLogin: null }],
    ['retry', NOW + 7, { lastLogin: login({ status: 'WEBSITE_DOWN' }) }],
    ['no_report', NOW + 7, { lastLogin: login(null) }],
    ['changed', NOW + 7, { changedAt: NOW - 1_000 }],
    ['running', null, { lastLogin: login(null, { expiresAt: NOW + 1 }) }],
    ['test_asked', NOW, { testUntil: NOW + 1, nextLoginAt: null }],
    ['weekly', NOW + 7, { testUntil: NOW }],
    ['no_credentials', null, { hasCredentials: false, nextLoginAt: null }],
    ['needs_repair', null, { nextLoginAt: null }],
  ] as const)('is %s', (why, dueAt, change) => {
    expect(look(change)).toMatchObject({ why, dueAt })
    expect(look(change).text).toMatch(/\.$/)
  })

  it.each([
    ['company_inactive', 'COMPANY_INACTIVE', null],
    ['investigation', 'UNDER_INVESTIGATION', null],
  ] as const)('is %s', (why, status, dueAt) => {
    expect(look({ nextLoginAt: null }, status)).toMatchObject({ why, dueAt })
  })

  it('is a repair that waits for its proof', () => {
    expect(look({}, 'PASSWORD_INCORRECT', 'awaiting_login').why).toBe('changed')
  })
})
