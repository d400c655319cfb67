import type { ConnectionFacts } from '../../src/domain/connection-facts.ts'
import type { Cause } from '../../src/domain/diagnosis.ts'
import {
  DAY,
  facts,
  HOUR,
  knownSender,
  login,
  MINUTE,
  message,
  NO_CODE,
  NUMBER,
  quarantined,
  T0,
  WEEK,
} from './samples.ts'

/** What trust says of a sender that proves who it is, and is nobody we know. */
export const MOVED = ['from_not_utility', 'dkim_pass_aligned']
export const stranger = { sender: 'sandbox-billing.test', address: 'code@sandbox-billing.test' }
export const sms = {
  connection: { mfaMethod: 'sms' },
  mailboxes: [{ address: NUMBER, channel: 'sms', createdAt: T0 - WEEK, retiredAt: null }],
} as const
export const text = (id: string, sender: string, code: string, change = {}) =>
  message(id, {
    channel: 'sms',
    mailbox: NUMBER,
    sender,
    address: sender,
    reasons: [{ code, text: code }],
    ...change,
  })
export const inbox = (address = 'bills@gmail.com') =>
  ({ connection: { mfaMethod: 'inbox_forwarding', inboxAddresses: [address] } }) as const

/** A broken login, and the class that it belongs to. */
export type Row = [what: string, cause: Cause, facts: ConnectionFacts]

/** Logins for which something came to the connection, or nothing came anywhere. */
export const ARRIVED: Row[] = [
  ['nothing came at all', 'nothing_arrived', facts()],
  [
    'nothing came, only an offer from a stranger',
    'nothing_arrived',
    facts({
      messages: [
        quarantined('m1', MOVED, {
          ...stranger,
          extraction: 'none',
          extractionReason: 'unmatched',
          rule: null,
        }),
      ],
    }),
  ],
  [
    'nothing came, only a bill from another sender than the codes',
    'nothing_arrived',
    facts({
      messages: [
        message('m0', { receivedAt: T0 - WEEK }),
        message('m1', { extraction: 'notice', address: 'billing@sandbox-power.test', rule: null }),
      ],
    }),
  ],
  [
    'nothing came, an older code is none',
    'nothing_arrived',
    facts({ messages: [message('m1', { receivedAt: T0 - 2 * DAY })] }),
  ],
  [
    'nothing came, a code of another login is none',
    'nothing_arrived',
    facts({
      messages: [message('m1', { code: { state: 'claimed', attemptId: 'other', expiresAt: T0 + HOUR } })],
    }),
  ],
  [
    'a stranger sends a code',
    'sender_moved',
    facts({ messages: [quarantined('m1', MOVED, stranger)], senders: [knownSender('sandbox-power.test')] }),
  ],
  [
    'a stranger texts a code',
    'sender_moved',
    facts({ ...sms, messages: [text('m1', '+14155550199', 'sms_sender_unknown', { verdict: 'untrusted' })] }),
  ],
  [
    'a stranger writes at every login, in a new format too',
    'sender_moved',
    facts({
      attempts: [login('a0', T0 - DAY, NO_CODE), login('a1', T0, NO_CODE)],
      messages: [
        quarantined('m0', MOVED, { ...stranger, extraction: 'none', receivedAt: T0 - DAY + MINUTE }),
        quarantined('m1', MOVED, { ...stranger, extraction: 'none' }),
      ],
    }),
  ],
  [
    'a message without a code',
    'format_changed',
    facts({ messages: [message('m1', { extraction: 'none', extractionReason: 'unmatched', rule: null })] }),
  ],
  [
    'a link instead of a code',
    'format_changed',
    facts({ messages: [message('m1', { extraction: 'sign_in_link', rule: null })] }),
  ],
  [
    'a message that could not be read',
    'format_changed',
    facts({ messages: [message('m1', { extraction: 'unread', extractionReason: 'crash', rule: null })] }),
  ],
  [
    'a notice from where codes come from',
    'format_changed',
    facts({ messages: [message('m1', { extraction: 'notice', rule: null })] }),
  ],
  [
    'a released message without a code',
    'format_changed',
    facts({ messages: [quarantined('m1', MOVED, { isReleased: true, extraction: 'none' })] }),
  ],
  [
    'a broken signature',
    'untrusted',
    facts({ messages: [quarantined('m1', ['from_utility', 'spf_pass_not_aligned', 'dkim_fail'])] }),
  ],
  [
    'a stranger that proves nothing',
    'untrusted',
    facts({ messages: [quarantined('m1', ['from_not_utility', 'spf_none', 'dkim_none'], stranger)] }),
  ],
  ['two From headers', 'untrusted', facts({ messages: [quarantined('m1', ['repeated_header'])] })],
  [
    'an inbox that writes anew',
    'untrusted',
    facts({
      ...inbox(),
      messages: [quarantined('m1', MOVED, { sender: 'gmail.com', address: 'bills@gmail.com' })],
    }),
  ],
  [
    'a code after the login ended',
    'arrived_late',
    facts({ messages: [message('m1', { sentAt: T0 + MINUTE, receivedAt: T0 + 20 * MINUTE })] }),
  ],
  [
    'a code of before the login',
    'arrived_late',
    facts({ messages: [message('m1', { sentAt: T0 - HOUR, receivedAt: T0 + MINUTE })] }),
  ],
  [
    'a text after the login ended',
    'arrived_late',
    facts({
      ...sms,
      messages: [
        text('m1', '72345', 'sms_sender_listed', { sentAt: T0 + 20 * MINUTE, receivedAt: T0 + 20 * MINUTE }),
      ],
    }),
  ],
]
