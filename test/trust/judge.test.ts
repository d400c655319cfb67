import { describe, expect, it } from 'vitest'
import type { Header, ReadableMessage } from '../../src/domain/message.ts'
import { type Authentication, NOTHING_KNOWN } from '../../src/trust/authentication.ts'
import { judge as judgeIn } from '../../src/trust/judge.ts'
import { circumstances, context, OUR_ADDRESS, utility } from './support.ts'

type Judged = Parameters<typeof judgeIn>
const judge = (facts: Judged[0], message: Judged[1], mailbox: Judged[2], definition: Judged[3]) =>
  judgeIn(facts, message, mailbox, definition, circumstances())

const message = (sender: string | null, headers: readonly Header[] = []): ReadableMessage => ({
  channel: 'email',
  sender,
  senderName: null,
  subject: 'Your code',
  dateAt: 0,
  messageId: '<1@x.test>',
  headers,
  text: null,
  html: null,
  attachments: [],
})
const sms = (sender: string): ReadableMessage => ({ ...message(sender), channel: 'sms' })
const signedBy = (domain: string): Authentication => ({
  ...NOTHING_KNOWN,
  dkim: [{ domain, result: 'pass', void: null, comment: null, covers: ['to'] }],
  namedRecipients: [{ header: 'to', address: OUR_ADDRESS }],
})
const fromNetwork: Authentication = { ...NOTHING_KNOWN, trustedNetwork: true }

describe('whose mail a connection believes', () => {
  it('that of the senders its utility lists, and of hosts below them', () => {
    for (const host of ['mail.example-electric.test', 'em.mail.example-electric.test']) {
      expect(judge(signedBy(host), message(`x@${host}`), context(), utility()).level).toBe('trusted')
    }
  })

  it('that of nobody else, however well authenticated, and from no trusted network', () => {
    for (const sender of [
      'x@stranger.test',
      'x@notexample-electric.test',
      'x@example-electric.test.evil.test',
    ]) {
      const domain = sender.slice(2)
      const verdict = judge(signedBy(domain), message(sender), context(), utility())
      expect(verdict).toMatchObject({ level: 'untrusted', senderDomain: domain })
      expect(verdict.reasons[0]?.code).toBe('from_not_utility')
      expect(judge(fromNetwork, message(sender), context(), utility()).level).toBe('untrusted')
    }
  })

  it('as a candidate, that of a new sender at a domain of the utility', () => {
    const sender = message('x@news.example-electric.test')
    expect(judge(signedBy('example-electric.test'), sender, context(), utility()).level).toBe('candidate')
    expect(judge(NOTHING_KNOWN, sender, context(), utility()).level).toBe('untrusted')
  })

  it('where there is no definition, that of the site the connection logs in to', () => {
    const connection = context({ utility: 'other', url: 'https://portal.citywater.test/login' })
    expect(judge(signedBy('citywater.test'), message('x@mail.citywater.test'), connection, null).level).toBe(
      'trusted',
    )
    expect(judge(signedBy('stranger.test'), message('x@stranger.test'), connection, null).level).toBe(
      'untrusted',
    )
    const nowhere = context({ utility: 'other' })
    expect(judge(signedBy('citywater.test'), message('x@citywater.test'), nowhere, null).level).toBe(
      'untrusted',
    )
  })

  it('that of a pinned sender, once authenticated', () => {
    const pinned = context({}, ['esp.test'])
    expect(judge(signedBy('esp.test'), message('x@esp.test'), pinned, utility()).level).toBe('trusted')
    expect(judge(NOTHING_KNOWN, message('x@esp.test'), pinned, utility()).level).toBe('untrusted')
  })

  it('where the utility names its signers, nobody else signs for it', () => {
    const strict = utility({
      email: { from: ['@mail.example-electric.test'], signedBy: ['signer.example-electric.test'] },
    })
    const sender = message('x@mail.example-electric.test')
    expect(judge(signedBy('signer.example-electric.test'), sender, context(), strict).level).toBe('trusted')
    expect(judge(signedBy('mail.example-electric.test'), sender, context(), strict).level).toBe('untrusted')
  })

  it('none without a single sender', () => {
    const verdict = judge(fromNetwork, message(null), context(), utility())
    expect(verdict).toMatchObject({ level: 'untrusted', senderDomain: null })
    expect(verdict.reasons[0]?.code).toBe('no_sender')
  })

  it('none where readers could see different headers', () => {
    const sender = 'x@mail.example-electric.test'
    for (const key of [
      'from',
      'sender',
      'reply-to',
      'to',
      'cc',
      'subject',
      'date',
      'message-id',
      'content-type',
      'content-transfer-encoding',
      'mime-version',
    ]) {
      const twice = [
        { key, value: '1' },
        { key, value: '2' },
      ]
      const verdict = judge(fromNetwork, message(sender, twice), context(), utility())
      expect(verdict.level, key).toBe('untrusted')
      expect(verdict.reasons[0]?.code).toBe('repeated_header')
      const hidden = judge(
        { ...fromNetwork, headerNames: [key, key] },
        message(sender, [{ key, value: '1' }]),
        context(),
        utility(),
      )
      expect(hidden.reasons[0]?.code).toBe('unclear_headers')
    }
    const received = [
      { key: 'received', value: '1' },
      { key: 'received', value: '2' },
    ]
    expect(judge(fromNetwork, message(sender, received), context(), utility()).level).toBe('trusted')
  })

  it('never as a robot what came to the operator', () => {
    const verdict = judge(null, message('x@mail.example-electric.test'), null, null)
    expect(verdict.level).toBe('untrusted')
    expect(verdict.reasons[0]?.code).toBe('operator_mail')
  })

  it('and says why in sentences', () => {
    const verdict = judge(signedBy('stranger.test'), message('x@stranger.test'), context(), utility())
    for (const { code, text } of verdict.reasons) {
      expect(code).toMatch(/^[a-z_]+$/)
      expect(text).toMatch(/^[A-Za-z].{15,}/)
    }
  })
})

describe('whose text messages a connection believes', () => {
  const table: [string, readonly string[], string, string][] = [
    ['72345', [], 'trusted', 'sms_sender_listed'],
    ['+14155550123', ['+14155550123'], 'trusted', 'sms_sender_pinned'],
    ['65432', [], 'candidate', 'sms_short_code_new'],
    ['654321', [], 'candidate', 'sms_short_code_new'],
    ['6543210', [], 'untrusted', 'sms_sender_unknown'],
    ['+14155550123', [], 'untrusted', 'sms_sender_unknown'],
    ['EXAMPLE', [], 'untrusted', 'sms_sender_unknown'],
    // Names of senders may have spaces, and letters that look like digits.
    ['72345 ', [], 'untrusted', 'sms_sender_unknown'],
    [' 72345', [], 'untrusted', 'sms_sender_unknown'],
    ['+72345', [], 'untrusted', 'sms_sender_unknown'],
    ['\uff17\uff12\uff13\uff14\uff15', [], 'untrusted', 'sms_sender_unknown'],
    ['', [], 'untrusted', 'sms_sender_unknown'],
  ]
  for (const [sender, pinned, level, code] of table) {
    it(`${sender || 'nobody'}${pinned.length ? ', pinned' : ''} is ${level}`, () => {
      const verdict = judge(null, sms(sender), context({}, pinned), utility())
      expect(verdict).toMatchObject({ level, senderDomain: sender || null, forwardedBy: null })
      expect(verdict.reasons.map((reason) => reason.code)).toEqual([code])
    })
  }
})
