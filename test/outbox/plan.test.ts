import { describe, expect, it } from 'vitest'
import type { Extraction, ExtractionKind } from '../../src/domain/extraction.ts'
import type { NewCode } from '../../src/domain/inbound-record.ts'
import type { MailboxContext } from '../../src/domain/mailbox.ts'
import type { VerdictLevel } from '../../src/domain/verdict.ts'
import { copyPlanner } from '../../src/outbox/plan.ts'

const context: MailboxContext = {
  mailbox: {
    address: 'mfa-aaaaaaaaaaaaaaaa@relay.test',
    channel: 'email',
    connectionId: 'c1',
    createdAt: 0,
    retiredAt: null,
    providerSid: null,
  },
  connection: {
    id: 'c1',
    companyId: 'k1',
    utility: 'sandbox-power',
    url: null,
    mfaMethod: 'managed_forwarding',
    inboxAddresses: [],
  },
  recipients: [
    { id: 'r1', channel: 'email', address: 'pat@example.test' },
    { id: 'r2', channel: 'sms', address: '+14155550123' },
  ],
  pinnedSenders: [],
}

const code: NewCode = {
  id: 'k',
  source: 'connection:c1',
  code: '123456',
  verdict: 'trusted',
  rule: 'general',
  confidence: 1,
  expiresAt: 600_000,
}

const verdict = (level: VerdictLevel) => ({ level, reasons: [], senderDomain: null, forwardedBy: null })
const extraction = (kind: ExtractionKind): Extraction =>
  ({
    kind,
    code: '123456',
    rule: 'general',
    confidence: 1,
    reason: 'unmatched',
    candidates: [],
  }) as Extraction

const plan = (level: VerdictLevel, kind: ExtractionKind, relayNotices = true) =>
  copyPlanner({ relayNotices })(
    context,
    { verdict: verdict(level), extraction: extraction(kind) },
    kind === 'code' && level !== 'untrusted' ? code : null,
  )

describe('who gets a copy', () => {
  it('every confirmed recipient of a trusted code, by their own channel, until the code expires', () => {
    expect(plan('trusted', 'code')).toEqual([
      {
        id: expect.any(String),
        kind: 'code_copy',
        courier: 'email',
        recipientId: 'r1',
        address: 'pat@example.test',
        expiresAt: 600_000,
      },
      {
        id: expect.any(String),
        kind: 'code_copy',
        courier: 'sms',
        recipientId: 'r2',
        address: '+14155550123',
        expiresAt: 600_000,
      },
    ])
  })

  it.each(['notice', 'invitation', 'sign_in_link', 'none'] as const)(
    'of a trusted %s, as a notice',
    (kind) => {
      expect(plan('trusted', kind).map((d) => [d.kind, d.courier, d.expiresAt])).toEqual([
        ['notice_copy', 'email', null],
        ['notice_copy', 'sms', null],
      ])
      expect(plan('trusted', kind, false)).toEqual([])
    },
  )

  it('codes are copied even where notices are not', () => {
    expect(plan('trusted', 'code', false)).toHaveLength(2)
  })

  it.each(['bounce', 'auto_reply', 'forwarding_confirmation', 'unread'] as const)(
    'nobody of a %s',
    (kind) => {
      expect(plan('trusted', kind)).toEqual([])
    },
  )

  it.each(['candidate', 'untrusted'] as const)('nobody of anything that is only %s', (level) => {
    for (const kind of ['code', 'notice', 'invitation', 'sign_in_link', 'none'] as const) {
      expect(plan(level, kind)).toEqual([])
    }
  })

  it('gives every delivery an id of its own', () => {
    const ids = plan('trusted', 'code').map(({ id }) => id)
    expect(new Set(ids).size).toBe(2)
  })
})
