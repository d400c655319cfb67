import type { Attempt, Outcome } from '../../src/domain/attempt.ts'
import type { ConnectionFacts, MessageFact, NeighbourFact } from '../../src/domain/connection-facts.ts'
import type { Setting } from '../../src/status/diagnosis/diagnosis.ts'
import { loadInboxProviders, providerOf } from '../../src/utilities/inbox-providers.ts'
import { BUILT_IN_UTILITIES, loadUtilities } from '../../src/utilities/load.ts'

/* Facts for tests: a connection at Sandbox Power whose last login, at T0, got no code. */

export const T0 = Date.UTC(2026, 2, 1, 2)
export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const WEEK = 7 * DAY

export const { utilities } = loadUtilities({ builtInDir: BUILT_IN_UTILITIES })
const { providers } = loadInboxProviders()

export const setting = (change: Partial<Setting> = {}): Setting => ({
  now: T0 + DAY,
  utility: utilities.get('sandbox-power'),
  providerOf: (inbox) => providerOf(providers, inbox),
  ...change,
})

export const ADDRESS = 'mfa-abcdefghij234567@relay.test'
export const NUMBER = '+14155550101'

export const NO_CODE: Outcome = { status: 'MFA_TOKEN_EXPIRED', code: 'not_received' }
export const REJECTED: Outcome = { status: 'MFA_TOKEN_EXPIRED', code: 'rejected' }
export const ACCEPTED: Outcome = { status: 'CONNECTED', code: 'accepted' }

/** A login that took five minutes. */
export const login = (
  id: string,
  openedAt: number,
  outcome: Outcome | null,
  tookMs = 5 * MINUTE,
): Attempt => ({
  id,
  connectionId: 'c1',
  runner: null,
  purpose: 'login',
  openedAt,
  expiresAt: openedAt + 10 * MINUTE,
  closedAt: outcome === null ? null : openedAt + tookMs,
  outcome,
})

const FROM_UTILITY = { code: 'from_utility', text: 'sandbox-power.test is a sender of Sandbox Power' }
const SIGNED = { code: 'dkim_pass_aligned', text: 'DKIM: signed by sandbox-power.test' }
export const LISTED = [FROM_UTILITY, SIGNED]

/** A trusted message with a code, half a minute after T0, sent two seconds before it came. */
export function message(id: string, change: Partial<MessageFact> = {}): MessageFact {
  const receivedAt = change.receivedAt ?? T0 + 30 * SECOND
  const sentAt = change.sentAt ?? receivedAt - 2 * SECOND
  return {
    id,
    mailbox: ADDRESS,
    connectionId: 'c1',
    channel: 'email',
    sender: 'sandbox-power.test',
    address: 'no-reply@sandbox-power.test',
    forwardedBy: null,
    verdict: 'trusted',
    reasons: LISTED,
    isReleased: false,
    extraction: 'code',
    extractionReason: null,
    rule: 'template:sandbox-power/email/0',
    code: null,
    ...change,
    sentAt,
    receivedAt,
  }
}

/** A message that trust kept in quarantine, for these reasons. */
export const quarantined = (
  id: string,
  codes: readonly string[],
  change: Partial<MessageFact> = {},
): MessageFact =>
  message(id, {
    verdict: 'untrusted',
    reasons: codes.map((code) => ({ code, text: `Reason ${code}` })),
    ...change,
  })

export const neighbour = (id: string, change: Partial<NeighbourFact> = {}): NeighbourFact => ({
  ...message(id, { connectionId: 'c2', mailbox: 'mfa-sister@relay.test', ...change }),
  hadOwnLogin: false,
  ...change,
})

/** Facts with one login that got no code; `connection` is changed field by field. */
export function facts(
  change: Partial<Omit<ConnectionFacts, 'connection'>> & {
    connection?: Partial<ConnectionFacts['connection']>
  } = {},
): ConnectionFacts {
  return {
    company: { isActive: true, features: { smsRelay: true } },
    mailboxes: [{ address: ADDRESS, channel: 'email', createdAt: T0 - 30 * WEEK, retiredAt: null }],
    attempts: [login('a1', T0, NO_CODE)],
    messages: [],
    neighbours: [],
    refusals: [],
    senders: [],
    pins: [],
    confirmations: [],
    ...change,
    connection: {
      id: 'c1',
      companyId: 'co1',
      utility: 'sandbox-power',
      mfaMethod: 'managed_forwarding',
      inboxAddresses: [],
      status: 'MFA_TOKEN_EXPIRED',
      createdAt: T0 - 30 * WEEK,
      ...change.connection,
    },
  }
}

/** A believed sender of the past. */
export const knownSender = (sender: string, lastSeenAt = T0 - WEEK) =>
  ({ channel: 'email', sender, firstSeenAt: T0 - 20 * WEEK, lastSeenAt, messages: 20 }) as const
