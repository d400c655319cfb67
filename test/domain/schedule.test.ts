import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/domain/attempt.ts'
import type { ConnectionStatus } from '../../src/domain/connection.ts'
import { newId } from '../../src/domain/id.ts'
import {
  JITTER_MS,
  jitter,
  LEAST_GAP_MS,
  type Scheduled,
  type ScheduleEvent,
  SETTLE_MS,
  scheduleAfter,
  weekly,
} from '../../src/domain/schedule.ts'
import { AWAITING_LOGIN } from '../../src/domain/status.ts'
import { DAY, HOUR, MINUTE, T0 } from '../store/samples.ts'

const WEEK = 7 * DAY

const scheduled = (change: Partial<Scheduled> = {}): Scheduled => ({
  id: newId(),
  createdAt: T0,
  status: 'CONNECTED',
  statusCause: null,
  mfaMethod: 'managed_forwarding',
  hasCredentials: true,
  nextLoginAt: T0,
  failures: 0,
  changedAt: T0,
  ...change,
})
/** Several events, one after the other. */
function live(start: Scheduled, ...events: [ScheduleEvent, number][]): Scheduled {
  let login = start
  for (const [event, at] of events) login = { ...login, ...scheduleAfter(login, event, at) }
  return login
}
const outcome = (told: Outcome, openedAt = T0): ScheduleEvent => ({
  kind: 'outcome',
  outcome: told,
  openedAt,
})
const nextAfter = (event: ScheduleEvent, change: Partial<Scheduled> = {}, now = T0 + MINUTE) =>
  scheduleAfter(scheduled(change), event, now).nextLoginAt

describe('the first login', () => {
  it('is soon after the credentials came, and at once when the second factor is set up', () => {
    const fresh = scheduled({ status: 'PENDING', mfaMethod: null, nextLoginAt: null })
    const created = live(fresh, [{ kind: 'created' }, T0])
    expect(created.nextLoginAt).toBe(T0 + SETTLE_MS)
    expect(live(created, [{ kind: 'mfa_configured' }, T0 + 5]).nextLoginAt).toBe(T0 + 5)
  })

  it('is never by itself without credentials', () => {
    const bare = { hasCredentials: false, nextLoginAt: null }
    const kinds = ['created', 'credentials_changed', 'mfa_configured'] as const
    for (const kind of kinds) expect(nextAfter({ kind }, bare)).toBeNull()
    expect(nextAfter(outcome({ status: 'CONNECTED' }), bare)).toBeNull()
    expect(nextAfter({ kind: 'company_reactivated', former: null }, bare)).toBeNull()
  })
})

describe('the week', () => {
  it('is kept, whenever logins really happen', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.array(fc.nat(4 * DAY), { minLength: 1, maxLength: 20 }), (id, delays) => {
        const login = scheduled({ id })
        let at = T0
        for (const delay of delays) {
          const next = weekly(login, at)
          expect((next - T0 - jitter(id)) % WEEK).toBe(0)
          expect(next - at).toBeGreaterThanOrEqual(LEAST_GAP_MS)
          expect(next - at).toBeLessThan(LEAST_GAP_MS + WEEK)
          at = next + delay
        }
      }),
    )
  })

  it('is spread over a day, and stable', () => {
    const offsets = Array.from({ length: 2_000 }, () => jitter(newId()))
    const quarters = [0, 0, 0, 0]
    for (const offset of offsets) quarters[Math.floor((offset / JITTER_MS) * 4)]! += 1
    for (const count of quarters) expect(count).toBeGreaterThan(400)
    const id = newId()
    expect(jitter(id)).toBe(jitter(id))
  })

  it.each(['CONNECTED', 'NO_ACCOUNTS_FOUND'] as const)(
    'goes on after %s, with pauses forgotten',
    (status) => {
      const login = scheduled({ failures: 4 })
      const after = scheduleAfter(login, outcome({ status }), T0 + HOUR)
      expect(after).toEqual({ nextLoginAt: weekly(login, T0 + HOUR), failures: 0, changedAt: T0 })
    },
  )
})

describe('after a login that failed', () => {
  it.each(['WEBSITE_DOWN', 'URL_INACCESSIBLE', 'OTHER_ERROR', undefined] as const)(
    'waits for hours, ever more, when it says %s',
    (status) => {
      let login = scheduled()
      const pauses: number[] = []
      for (let day = 0; day < 7; day += 1) {
        const at = T0 + day * DAY
        const told = status ? { status } : {}
        login = live(
          login,
          [{ kind: 'opened', expiresAt: at + 10 * MINUTE }, at],
          [outcome(told, at), at + MINUTE],
        )
        pauses.push(Math.floor((login.nextLoginAt! - at - MINUTE) / HOUR))
      }
      expect(pauses).toEqual([2, 4, 8, 16, 24, 24, 24])
    },
  )

  it.each<Outcome>([
    { status: 'PASSWORD_INCORRECT' },
    { status: 'NEW_PASSWORD_NEEDED' },
    { status: 'ADDITIONAL_CREDENTIALS_NEEDED' },
    { status: 'MFA_TOKEN_EXPIRED' },
    { status: 'OTHER_ERROR', code: 'rejected' },
    { status: 'CONNECTED', code: 'rejected' },
    { code: 'rejected' },
  ])('waits until something was changed when it says %j', (told) => {
    const login = live(scheduled(), [outcome(told), T0 + MINUTE])
    expect(login.nextLoginAt).toBeNull()
    expect(live(login, [{ kind: 'credentials_changed' }, T0 + DAY]).nextLoginAt).toBe(T0 + DAY)
  })

  it('does not take a new way for codes for a new password', () => {
    const wrong = { status: 'PASSWORD_INCORRECT', nextLoginAt: null } as const
    expect(nextAfter({ kind: 'mfa_configured' }, wrong)).toBeNull()
    const mended = { ...wrong, statusCause: AWAITING_LOGIN }
    expect(nextAfter({ kind: 'mfa_configured' }, mended)).toBe(T0 + MINUTE)
    const lost = { status: 'MFA_TOKEN_EXPIRED', nextLoginAt: null } as const
    expect(nextAfter({ kind: 'mfa_configured' }, lost)).toBe(T0 + MINUTE)
  })

  it('comes back soon when nobody told, but only some times a day', () => {
    let login = scheduled()
    let at = T0
    let logins = 0
    while (at < T0 + 3 * DAY) {
      const expiresAt = at + 10 * MINUTE
      login = live(login, [{ kind: 'opened', expiresAt }, at])
      expect(login.nextLoginAt).toBeGreaterThan(expiresAt)
      at = login.nextLoginAt!
      logins += 1
    }
    expect(logins).toBeLessThanOrEqual(9)
    expect(live(scheduled(), [{ kind: 'opened', expiresAt: T0 + 1 }, T0]).nextLoginAt).toBe(
      T0 + 1 + 5 * MINUTE,
    )
  })

  it('moves with a login that is extended', () => {
    const opened = live(scheduled(), [{ kind: 'opened', expiresAt: T0 + HOUR / 2 }, T0])
    const extended = live(opened, [{ kind: 'extended', expiresAt: T0 + HOUR }, T0 + 1])
    expect(extended.nextLoginAt).toBe(T0 + HOUR + 5 * MINUTE)
  })
})

describe('a change while a login runs', () => {
  const opened: [ScheduleEvent, number] = [{ kind: 'opened', expiresAt: T0 + 10 * MINUTE }, T0]
  const changed: [ScheduleEvent, number] = [{ kind: 'credentials_changed' }, T0 + MINUTE]

  it('is tried at once, whatever the login with the old ones says', () => {
    const refused = outcome({ status: 'PASSWORD_INCORRECT' }, T0)
    const login = live(scheduled({ changedAt: T0 - DAY }), opened, changed, [refused, T0 + 2 * MINUTE])
    expect(login.nextLoginAt).toBe(T0 + MINUTE)
  })

  it('is not tried again when the login with the new ones failed first', () => {
    const refused = (openedAt: number) => outcome({ status: 'PASSWORD_INCORRECT' }, openedAt)
    const login = live(
      scheduled({ changedAt: T0 - DAY }),
      opened,
      changed,
      [refused(T0 + 2 * MINUTE), T0 + 3 * MINUTE],
      [refused(T0), T0 + 4 * MINUTE],
    )
    expect(login.nextLoginAt).toBeNull()
  })
})

describe('a connection that is held', () => {
  it.each<[ScheduleEvent]>([
    [{ kind: 'company_deactivated' }],
    [{ kind: 'investigation_started', note: null }],
    [outcome({ status: 'UNDER_INVESTIGATION' })],
  ])('is not due after %j', (event) => expect(nextAfter(event)).toBeNull())

  it.each(['COMPANY_INACTIVE', 'UNDER_INVESTIGATION'] as const)('stays so while %s', (status) => {
    const held = { status, nextLoginAt: null }
    for (const kind of ['credentials_changed', 'mfa_configured'] as const)
      expect(nextAfter({ kind }, held)).toBeNull()
    expect(nextAfter(outcome({ status: 'CONNECTED' }), held)).toBeNull()
  })

  it.each<[ConnectionStatus, string | null, boolean]>([
    ['PENDING', null, true],
    ['CONNECTED', null, true],
    ['WEBSITE_DOWN', null, true],
    ['PASSWORD_INCORRECT', null, false],
    ['PASSWORD_INCORRECT', AWAITING_LOGIN, true],
    ['MFA_TOKEN_EXPIRED', null, false],
    ['UNDER_INVESTIGATION', null, false],
  ])('is due at once when it comes back as %s (%s): %s', (status, statusCause, isDue) => {
    const former = { ...scheduled(), status, statusCause }
    const event = { kind: 'company_reactivated', former } as unknown as ScheduleEvent
    const held = { status: 'COMPANY_INACTIVE', nextLoginAt: null } as const
    expect(nextAfter(event, held)).toBe(isDue ? T0 + MINUTE : null)
  })
})
