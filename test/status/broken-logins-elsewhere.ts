import { inbox, type Row, sms, text } from './broken-logins.ts'
import {
  ACCEPTED,
  ADDRESS,
  DAY,
  facts,
  HOUR,
  knownSender,
  LISTED,
  login,
  MINUTE,
  message,
  NO_CODE,
  neighbour,
  REJECTED,
  SECOND,
  T0,
  WEEK,
} from './samples.ts'

/** Logins whose code went elsewhere, was refused, was never asked for, or was not missed at all. */
export const OTHERWISE: Row[] = [
  [
    'refused at a retired address',
    'retired_address',
    facts({
      refusals: [
        {
          address: 'mfa-old@relay.test',
          count: 3,
          firstAt: T0 + MINUTE,
          lastAt: T0 + 4 * MINUTE,
          lastSender: 'bounce@sandbox-power.test',
        },
      ],
    }),
  ],
  ['a code at the sister login', 'other_connection', facts({ neighbours: [neighbour('m1')] })],
  [
    'the sister login’s own code',
    'nothing_arrived',
    facts({ neighbours: [neighbour('m1', { hadOwnLogin: true })] }),
  ],
  [
    'refused: an older code was typed',
    'rejected_stale',
    facts({
      attempts: [login('a1', T0, REJECTED)],
      messages: [
        message('m1', {
          sentAt: T0 - 110 * SECOND,
          receivedAt: T0 + SECOND,
          code: { state: 'rejected', attemptId: 'a1', expiresAt: T0 + HOUR },
        }),
      ],
    }),
  ],
  [
    'refused: typed when it was dead',
    'rejected_stale',
    facts({ attempts: [login('a1', T0, REJECTED, 15 * MINUTE)], messages: [message('m1')] }),
  ],
  [
    'refused: a resend overtook it',
    'rejected_superseded',
    facts({
      attempts: [login('a1', T0, REJECTED)],
      messages: [
        message('m1', { code: { state: 'rejected', attemptId: 'a1', expiresAt: T0 + HOUR } }),
        message('m2', {
          receivedAt: T0 + MINUTE,
          code: { state: 'available', attemptId: null, expiresAt: T0 + HOUR },
        }),
      ],
    }),
  ],
  [
    'refused: fresh and alone',
    'rejected_wrong',
    facts({ attempts: [login('a1', T0, REJECTED)], messages: [message('m1')] }),
  ],
  ['refused: not one of ours', 'rejected_wrong', facts({ attempts: [login('a1', T0, REJECTED)] })],
  [
    'refused: an answer',
    'rejected_wrong',
    facts({ attempts: [login('a1', T0, REJECTED)], connection: { mfaMethod: 'security_questions' } }),
  ],
  [
    'the portal says it is locked',
    'account_locked',
    facts({ attempts: [login('a1', T0, { status: 'OTHER_ERROR', detail: 'Account locked for 24 h' })] }),
  ],
  [
    'the provider asked, nobody answered',
    'forwarding_unconfirmed',
    facts({ ...inbox(), confirmations: [{ messageId: 'q1', receivedAt: T0 - DAY }] }),
  ],
  ['the provider never even asked', 'forwarding_unconfirmed', facts(inbox())],
  [
    'asked anew after codes had come',
    'forwarding_unconfirmed',
    facts({
      ...inbox(),
      senders: [knownSender('sandbox-power.test', T0 - 5 * WEEK)],
      confirmations: [{ messageId: 'q1', receivedAt: T0 - DAY }],
    }),
  ],
  ['a provider that does not ask', 'nothing_arrived', facts(inbox('bills@outlook.com'))],
  [
    'texts from people, none from short codes',
    'short_codes_blocked',
    facts({
      ...sms,
      messages: [
        text('m0', '+14155550177', 'sms_sender_unknown', {
          verdict: 'untrusted',
          extraction: 'none',
          receivedAt: T0 - DAY,
        }),
      ],
    }),
  ],
  ['no text ever', 'nothing_arrived', facts(sms)],
  [
    'codes come and go',
    'works_on_and_off',
    facts({
      attempts: [NO_CODE, ACCEPTED, NO_CODE, ACCEPTED, NO_CODE].map((outcome, week) =>
        login(`a${week}`, T0 - (4 - week) * WEEK, outcome),
      ),
    }),
  ],
  [
    'two codes in one message',
    'ambiguous',
    facts({ messages: [message('m1', { extraction: 'none', extractionReason: 'ambiguous', rule: null })] }),
  ],
  [
    'a candidate that is held',
    'candidate_held',
    facts({
      messages: [
        message('m1', {
          verdict: 'candidate',
          reasons: [{ code: 'from_new_sender', text: 'x' }, LISTED[1]!],
        }),
      ],
    }),
  ],
  [
    'a code that nobody fetched',
    'not_collected',
    facts({
      messages: [message('m1', { code: { state: 'available', attemptId: null, expiresAt: T0 + HOUR } })],
    }),
  ],
  [
    'a code whose answer was lost',
    'not_collected',
    facts({
      messages: [message('m1', { code: { state: 'claimed', attemptId: 'a1', expiresAt: T0 + HOUR } })],
    }),
  ],
  [
    'never got to the code',
    'never_asked',
    facts({
      attempts: [login('a1', T0, { status: 'MFA_TOKEN_EXPIRED', code: 'not_requested', detail: 'CAPTCHA' })],
    }),
  ],
  [
    'set up to need none',
    'no_way_for_codes',
    facts({ mailboxes: [], connection: { mfaMethod: 'automatic' } }),
  ],
  ['never set up', 'no_way_for_codes', facts({ mailboxes: [], connection: { mfaMethod: null } })],
  [
    'a question without an answer',
    'no_way_for_codes',
    facts({ mailboxes: [], connection: { mfaMethod: 'security_questions' } }),
  ],
  [
    'the only address was retired',
    'no_way_for_codes',
    facts({ mailboxes: [{ address: ADDRESS, channel: 'email', createdAt: 0, retiredAt: 1 }] }),
  ],
  [
    'a wrong password',
    'not_about_codes',
    facts({ attempts: [login('a1', T0, { status: 'PASSWORD_INCORRECT' })] }),
  ],
  [
    'a site that went down behind the code',
    'not_about_codes',
    facts({ attempts: [login('a1', T0, { status: 'WEBSITE_DOWN', code: 'accepted' })] }),
  ],
  [
    'a login without accounts',
    'not_about_codes',
    facts({ attempts: [login('a1', T0, { status: 'NO_ACCOUNTS_FOUND', code: 'accepted' })] }),
  ],
  [
    'a site that is down',
    'not_about_codes',
    facts({ attempts: [login('a1', T0, { status: 'WEBSITE_DOWN' })] }),
  ],
  [
    'the last login worked',
    'healthy',
    facts({ attempts: [login('a0', T0 - WEEK, NO_CODE), login('a1', T0, ACCEPTED)] }),
  ],
  [
    'the last login was not asked',
    'healthy',
    facts({ attempts: [login('a1', T0, { status: 'CONNECTED', code: 'not_requested' })] }),
  ],
  [
    'a runner crashed after logins that worked',
    'healthy',
    facts({ attempts: [login('a0', T0 - WEEK, ACCEPTED), login('a1', T0, null)] }),
  ],
  ['no login yet', 'unknown', facts({ attempts: [] })],
  [
    'no login yet, and the provider waits',
    'forwarding_unconfirmed',
    facts({ ...inbox(), attempts: [], confirmations: [{ messageId: 'q1', receivedAt: T0 - DAY }] }),
  ],
]
