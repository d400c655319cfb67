import { describe, expect, it } from 'vitest'
import type { ReadableMessage } from '../../src/domain/message.ts'
import { type Authentication, NOTHING_KNOWN } from '../../src/trust/authentication.ts'
import type { Circumstances } from '../../src/trust/circumstances.ts'
import { judge } from '../../src/trust/judge.ts'
import { circumstances, codes, context, NOW, OUR_ADDRESS, utility } from './support.ts'

const mail = (sender: string): ReadableMessage => ({
  channel: 'email',
  sender,
  senderName: null,
  subject: 'Your code',
  dateAt: NOW,
  messageId: '<1@x.test>',
  headers: [],
  text: null,
  html: null,
  attachments: [],
})
const authentic = (domain: string): Authentication => ({
  ...NOTHING_KNOWN,
  dkim: [{ domain, result: 'pass', void: null, comment: null, covers: ['to'] }],
  namedRecipients: [{ header: 'to', address: OUR_ADDRESS }],
})
const NEW = 'codes@news.example-electric.test'
const judged = (
  change: Partial<Circumstances> = {},
  mailbox = context(),
  sender = NEW,
  facts = authentic(sender.split('@')[1]!),
) => judge(facts, mail(sender), mailbox, utility(), circumstances(change))

describe('a sender that is new, at a domain of the utility', () => {
  it('is heard while a login waits for a code', () => {
    expect(judged()).toMatchObject({ level: 'candidate', senderDomain: 'news.example-electric.test' })
  })

  it('is quarantined while none does', () => {
    for (const loginOpenUntil of [null, NOW, NOW - 1]) {
      const verdict = judged({}, context({}, [], { loginOpenUntil }))
      expect(verdict.level).toBe('untrusted')
      expect(codes(verdict)).toContain('new_sender_no_login')
    }
  })

  it('is quarantined with anything but one code', () => {
    for (const extraction of [
      { kind: 'none', reason: 'ambiguous', candidates: [] },
      { kind: 'notice', candidates: [] },
    ] as const) {
      const verdict = judged({ extraction })
      expect(verdict.level).toBe('untrusted')
      expect(codes(verdict)).toContain('new_sender_no_code')
    }
  })

  it('is quarantined where the setting says so', () => {
    const verdict = judged({ newSenders: 'quarantine' })
    expect(verdict.level).toBe('untrusted')
    expect(codes(verdict)).toContain('new_senders_off')
  })

  it('is believed once pinned, login or not', () => {
    const pinned = context({}, ['news.example-electric.test'], { loginOpenUntil: null })
    expect(judged({ newSenders: 'quarantine' }, pinned).level).toBe('trusted')
  })
})

describe('nobody can teach us a sender', () => {
  const url = 'https://portal.citywater.test/login'

  for (const [who, sender] of [
    ['a domain of the attacker’s own', 'codes@evil.test'],
    ['a lookalike', 'codes@example-electrlc.test'],
    ['a lookalike that ends alike', 'codes@notexample-electric.test'],
    ['the utility’s name below another domain', 'codes@example-electric.test.evil.test'],
  ] as const) {
    it(`from ${who}, though it is authentic and comes while a login waits`, () => {
      const verdict = judged({}, context(), sender)
      expect(verdict.level).toBe('untrusted')
      expect(codes(verdict)[0]).toBe('from_not_utility')
    })
  }

  it('in the utility’s name without proof', () => {
    expect(judged({}, context(), NEW, NOTHING_KNOWN).level).toBe('untrusted')
    expect(judged({}, context(), NEW, authentic('evil.test')).level).toBe('untrusted')
  })

  it('by the URL of another connection: it counts for its own alone', () => {
    expect(judged({}, context({ url }), 'codes@mail.citywater.test').level).toBe('candidate')
    expect(judged({}, context(), 'codes@mail.citywater.test').level).toBe('untrusted')
  })

  it('by a short code, unless a login waits', () => {
    const sms = (loginOpenUntil: number | null) =>
      judge(
        null,
        { ...mail('65432'), channel: 'sms' },
        context({}, [], { loginOpenUntil }),
        utility(),
        circumstances(),
      )
    expect(sms(NOW + 1).level).toBe('candidate')
    expect(sms(null).level).toBe('untrusted')
    expect(codes(sms(null))).toEqual(['sms_short_code_new', 'new_sender_no_login'])
  })
})
