import { describe, expect, it } from 'vitest'
import { CONNECTION_STATUSES, type ConnectionStatus } from '../../src/domain/connection.ts'
import { Failure } from '../../src/domain/failure.ts'
import {
  AWAITING_LOGIN,
  MOVES,
  mayMove,
  moveStatus,
  type StatusChange,
  type StatusEvent,
} from '../../src/domain/status.ts'
import { STATUS_BOOK } from '../../src/domain/status-book.ts'
import { HOUR, reported, standing, T0 } from './status-samples.ts'

const refusal = (act: () => unknown): Failure => {
  try {
    act()
  } catch (error) {
    if (error instanceof Failure) return error
  }
  throw new Error('nothing was refused')
}

/** The part of the published diagram that is known. */
const PUBLISHED: Partial<Record<ConnectionStatus, readonly ConnectionStatus[]>> = {
  PENDING: ['CONNECTED', 'PASSWORD_INCORRECT', 'MFA_TOKEN_EXPIRED', 'WEBSITE_DOWN', 'OTHER_ERROR'],
  CONNECTED: [
    'CONNECTED',
    'PASSWORD_INCORRECT',
    'MFA_TOKEN_EXPIRED',
    'NEW_PASSWORD_NEEDED',
    'WEBSITE_DOWN',
    'NO_ACCOUNTS_FOUND',
    'UNDER_INVESTIGATION',
    'OTHER_ERROR',
  ],
  PASSWORD_INCORRECT: ['CONNECTED'],
  MFA_TOKEN_EXPIRED: ['CONNECTED'],
  NEW_PASSWORD_NEEDED: ['CONNECTED'],
  ADDITIONAL_CREDENTIALS_NEEDED: ['CONNECTED'],
}

describe('the moves', () => {
  it.each(Object.entries(PUBLISHED).flatMap(([from, targets]) => targets.map((to) => [from, to] as const)))(
    '%s may become %s, as published',
    (from, to) => {
      expect(mayMove(from as ConnectionStatus, to)).toBe(true)
      expect(moveStatus(standing(from as ConnectionStatus), reported(to), T0 + 1)?.status).toBe(to)
    },
  )
  it('lead to every status and out of every status', () => {
    const reachable = new Set(Object.values(MOVES).flat())
    expect([...CONNECTION_STATUSES].filter((status) => !reachable.has(status))).toEqual([])
    expect(CONNECTION_STATUSES.filter((status) => MOVES[status].length === 0)).toEqual([])
  })
  it('know a name, a group and a meaning for all twelve', () => {
    expect(Object.keys(STATUS_BOOK).sort()).toEqual([...CONNECTION_STATUSES].sort())
  })
})

describe('refused moves say why', () => {
  it.each<[string, StatusChange, StatusEvent, RegExp]>([
    [
      'a login cannot make a connection pending',
      standing('CONNECTED'),
      reported('PENDING'),
      /pending only until/,
    ],
    [
      'nor inactive',
      standing('CONNECTED'),
      reported('COMPANY_INACTIVE'),
      /CONNECTED cannot become COMPANY_INACTIVE. Only deactivating/,
    ],
    [
      'nobody investigates an inactive company',
      standing('COMPANY_INACTIVE'),
      { kind: 'investigation_started', note: null },
      /Reactivate the company first/,
    ],
    [
      'what is active cannot be reactivated',
      standing('CONNECTED'),
      { kind: 'company_reactivated', former: null },
      /not inactive: the connection is Connected/,
    ],
    [
      'only an investigation can end',
      standing('CONNECTED'),
      { kind: 'investigation_ended', status: 'CONNECTED', note: null },
      /No investigation is under way/,
    ],
    [
      'and not in being pending again',
      standing('UNDER_INVESTIGATION'),
      { kind: 'investigation_ended', status: 'PENDING', note: null },
      /UNDER_INVESTIGATION cannot become PENDING/,
    ],
  ])('%s', (_, current, event, why) => {
    const failure = refusal(() => moveStatus(current, event, T0 + HOUR))
    expect(failure.code).toBe('conflict')
    expect(failure.message).toMatch(why)
  })
})

describe('an outcome', () => {
  const broken = standing('MFA_TOKEN_EXPIRED', {
    statusCause: 'arrived_late',
    statusSuggestion: 'Wait longer.',
  })

  it.each([{}, { code: 'accepted' }, { code: 'not_received', detail: 'nothing came' }] as const)(
    'without a status moves nothing, as the runner may have crashed: %j',
    (outcome) => {
      expect(moveStatus(broken, { kind: 'outcome', outcome }, T0 + HOUR)).toBeNull()
    },
  )
  it('that repeats keeps when it was first seen, and the cause', () => {
    const outcome = { status: 'MFA_TOKEN_EXPIRED', detail: 'again' } as const
    expect(moveStatus(broken, { kind: 'outcome', outcome }, T0 + HOUR)).toEqual({
      ...broken,
      statusLastUpdateAt: T0 + HOUR,
      statusErrorDetail: 'again',
    })
  })
  it('that differs drops the cause of what was before', () => {
    expect(moveStatus(broken, reported('CONNECTED'), T0 + HOUR)).toEqual(
      standing('CONNECTED', { statusFirstSeenAt: T0 + HOUR, statusLastUpdateAt: T0 + HOUR }),
    )
  })
  it('of a login that began before the last change tells about a past that is over', () => {
    const changed = moveStatus(standing('PASSWORD_INCORRECT'), { kind: 'credentials_changed' }, T0 + HOUR)!
    expect(moveStatus(changed, reported('PASSWORD_INCORRECT', T0 + 1), T0 + 2 * HOUR)).toBeNull()
    expect(moveStatus(changed, reported('PASSWORD_INCORRECT', T0 + HOUR), T0 + 2 * HOUR)).toMatchObject({
      status: 'PASSWORD_INCORRECT',
      statusCause: null,
    })
  })
  it('for a company that was deactivated meanwhile moves nothing', () => {
    expect(moveStatus(standing('COMPANY_INACTIVE'), reported('CONNECTED'), T0 + HOUR)).toBeNull()
  })
})

describe('repairs wait for the login that proves them', () => {
  it.each<[StatusEvent['kind'], ConnectionStatus]>([
    ['credentials_changed', 'PASSWORD_INCORRECT'],
    ['credentials_changed', 'NEW_PASSWORD_NEEDED'],
    ['credentials_changed', 'ADDITIONAL_CREDENTIALS_NEEDED'],
    ['mfa_configured', 'MFA_TOKEN_EXPIRED'],
  ])('%s leaves %s standing', (kind, status) => {
    const moved = moveStatus(
      standing(status, { statusErrorDetail: 'old' }),
      { kind } as StatusEvent,
      T0 + HOUR,
    )
    expect(moved).toMatchObject({
      status,
      statusFirstSeenAt: T0,
      statusCause: AWAITING_LOGIN,
      statusErrorDetail: null,
    })
  })
  it.each<[StatusEvent['kind'], ConnectionStatus]>([
    ['credentials_changed', 'CONNECTED'],
    ['credentials_changed', 'MFA_TOKEN_EXPIRED'],
    ['mfa_configured', 'PASSWORD_INCORRECT'],
    ['mfa_configured', 'PENDING'],
  ])('%s says nothing about %s', (kind, status) => {
    expect(moveStatus(standing(status), { kind } as StatusEvent, T0 + HOUR)).toBeNull()
  })
  it('a diagnosis of the old trouble does not overwrite them', () => {
    const waiting = standing('MFA_TOKEN_EXPIRED', { statusCause: AWAITING_LOGIN })
    const event = { kind: 'diagnosed', cause: 'sender_moved', detail: 'x', suggestion: 'y' } as const
    expect(moveStatus(waiting, event, T0 + HOUR)).toBeNull()
  })
})

describe('a diagnosis', () => {
  const event = {
    kind: 'diagnosed',
    cause: 'sender_moved',
    detail: 'Moved.',
    suggestion: 'Nothing.',
  } as const

  it('changes words only, and no instants', () => {
    expect(moveStatus(standing('MFA_TOKEN_EXPIRED'), event, T0 + HOUR)).toEqual(
      standing('MFA_TOKEN_EXPIRED', {
        statusErrorDetail: 'Moved.',
        statusCause: 'sender_moved',
        statusSuggestion: 'Nothing.',
      }),
    )
  })
  it('leaves what the runner said', () => {
    const told = standing('MFA_TOKEN_EXPIRED', { statusErrorDetail: 'no code' })
    expect(moveStatus(told, event, T0 + HOUR)?.statusErrorDetail).toBe('no code')
  })
  it.each(['PENDING', 'CONNECTED', 'COMPANY_INACTIVE'] as const)('has nothing to say about %s', (status) => {
    expect(moveStatus(standing(status), event, T0 + HOUR)).toBeNull()
  })
  it('that says the same again changes nothing', () => {
    const once = moveStatus(standing('OTHER_ERROR'), event, T0 + HOUR)!
    expect(moveStatus(once, event, T0 + 2 * HOUR)).toBeNull()
    const countedOn = { ...event, detail: 'Moved, twice.', said: null }
    expect(moveStatus(once, countedOn, T0 + 2 * HOUR)).toBeNull()
  })
  it('is written again after a login that broke the same way', () => {
    const once = moveStatus(standing('OTHER_ERROR'), event, T0 + HOUR)!
    const again = moveStatus(once, reported('OTHER_ERROR'), T0 + 2 * HOUR)!
    expect(again).toMatchObject({ statusErrorDetail: null, statusCause: 'sender_moved' })
    expect(moveStatus(again, event, T0 + 3 * HOUR)).toMatchObject({ statusErrorDetail: 'Moved.' })
  })
  it('replaces the one before, but not what was said', () => {
    const once = moveStatus(standing('OTHER_ERROR'), event, T0 + HOUR)!
    const other = { ...event, cause: 'arrived_late', detail: 'Late.' } as const
    for (const said of [null, 'The page was empty']) {
      expect(moveStatus(once, { ...other, said }, T0 + 2 * HOUR)).toMatchObject({
        statusErrorDetail: said ?? 'Late.',
        statusCause: 'arrived_late',
      })
    }
  })
})

describe('a company', () => {
  it('that comes back finds its connections as they were, since now', () => {
    const former = standing('PASSWORD_INCORRECT', { statusErrorDetail: 'no', statusCause: 'not_about_codes' })
    const inactive = moveStatus(former, { kind: 'company_deactivated' }, T0 + HOUR)!
    expect(inactive).toMatchObject({ status: 'COMPANY_INACTIVE', statusErrorDetail: null, statusCause: null })
    expect(moveStatus(inactive, { kind: 'company_reactivated', former }, T0 + 2 * HOUR)).toEqual({
      ...former,
      statusFirstSeenAt: T0 + 2 * HOUR,
      statusLastUpdateAt: T0 + 2 * HOUR,
    })
  })
  it('whose past is not known starts anew', () => {
    const event = { kind: 'company_reactivated', former: null } as const
    expect(moveStatus(standing('COMPANY_INACTIVE'), event, T0 + HOUR)?.status).toBe('PENDING')
  })
  it('that is deactivated twice is so once', () => {
    expect(moveStatus(standing('COMPANY_INACTIVE'), { kind: 'company_deactivated' }, T0 + HOUR)).toBeNull()
  })
})
