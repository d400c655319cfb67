import { generateKeyPairSync } from 'node:crypto'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConnectionStatus } from '../../src/domain/connection.ts'
import { newId } from '../../src/domain/id.ts'
import type { NoticeContent, NoticeItem, NoticeMail } from '../../src/domain/notice.ts'
import { makeCouriers } from '../../src/outbox/couriers.ts'
import { noticeLetter } from '../../src/outbox/email/notice-letter.ts'
import { startNoticeOutbox } from '../../src/outbox/notices.ts'
import type { NoticeResult } from '../../src/store/notice-store.ts'
import { memoryWakeup } from '../../src/wakeup/memory.ts'
import { NOTICES_TOPIC } from '../../src/wakeup/wakeup.ts'
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'
import { fakeClock } from './fakes.ts'

const AT = Date.UTC(2026, 10, 21, 7, 30)
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const nameOf = (id: string) => ({ pge: 'Pacific Gas', bge: 'Baltimore Gas' })[id]

const item = (
  change: Partial<NoticeItem> = {},
  connection: Partial<NoticeItem['connection']> = {},
): NoticeItem => ({
  noticeId: newId(),
  kind: 'connection_broken',
  happenedAt: AT,
  connection: {
    id: 'c-1',
    externalId: 'Site 12',
    utility: 'pge',
    url: null,
    status: 'PASSWORD_INCORRECT',
    statusSuggestion: null,
    ...connection,
  },
  endpoint: null,
  ...change,
})
const content = (change: Partial<NoticeContent> = {}): NoticeContent => ({
  mail: { id: newId(), contactId: newId(), state: 'leased', dueAt: AT, tries: 0, createdAt: AT },
  address: 'owner@customer.test',
  companyName: 'Example Energy',
  isCompany: false,
  items: [item()],
  ...change,
})
const write = (change: Partial<NoticeContent>) =>
  noticeLetter(content(change), nameOf, 'https://relay.test/stop')

describe('what people are told', () => {
  it('is the diagnosis’ sentence where there is one, else what the status means and what to do', () => {
    const said = write({
      items: [item({}, { statusSuggestion: 'We asked Pacific Gas for a code and none came.' })],
    })
    expect(said.lead).toBe('We asked Pacific Gas for a code and none came.')
    const statuses = [
      'MFA_TOKEN_EXPIRED',
      'PASSWORD_INCORRECT',
      'NEW_PASSWORD_NEEDED',
      'ADDITIONAL_CREDENTIALS_NEEDED',
      'NO_ACCOUNTS_FOUND',
      'URL_INACCESSIBLE',
      'OTHER_ERROR',
    ] satisfies ConnectionStatus[]
    const letters = statuses.map((status) => write({ items: [item({}, { status })] }))
    expect(new Set(letters.map(({ lead }) => lead)).size).toBe(statuses.length)
    for (const { subject, lead, paragraphs } of letters) {
      expect(subject).toBe('Your Pacific Gas login needs attention')
      expect(lead).toContain('Pacific Gas')
      expect(paragraphs).toHaveLength(2)
    }
  })

  it('names the connection to the company alone, and what is from outside cannot do harm', () => {
    const names = ({ facts }: ReturnType<typeof write>) => facts.map(([label]) => label)
    expect(names(write({}))).toEqual(['Utility', 'Status', 'Since', 'Company'])
    expect(names(write({ isCompany: true }))).toEqual(['Utility', 'Connection', 'Status', 'Since', 'Company'])
    const odd = write({
      isCompany: true,
      companyName: 'Evil\r\nBcc: x@y.test',
      items: [item({}, { externalId: 'a\r\nb', statusSuggestion: `x\u202e\r\n${'y'.repeat(900)}` })],
    })
    expect(JSON.stringify(odd)).not.toMatch(/\\r|\\n|\u202e/)
    expect(odd.lead.length).toBeLessThan(520)
  })

  it('is a list where there is more than one thing, and counts what is too much', () => {
    const kinds = ['connection_broken', 'copies_failing', 'forwarding_unproven'] as const
    const items = [
      ...kinds.map((kind) => item({ kind })),
      item({ kind: 'webhook_disabled', connection: null, endpoint: 'hooks.example.com' }),
    ]
    const letter = write({ items, isCompany: true })
    expect(letter.subject).toBe('4 things need attention at Example Energy')
    const told = letter.paragraphs.slice(0, -1)
    expect(told.map((line) => line.split(':')[0])).toEqual([
      'Pacific Gas (Site 12)',
      'Pacific Gas (Site 12)',
      'Pacific Gas (Site 12)',
      'hooks.example.com',
    ])
    expect(new Set(told).size).toBe(4)
    const sites = Array.from({ length: 73 }, (_, n) => item({}, { externalId: `Site ${n}` }))
    const flood = write({ items: sites, isCompany: true })
    expect(flood.paragraphs).toHaveLength(50 + 2)
    expect(flood.paragraphs).toContain('And 23 more.')
    const own = write({ items: sites })
    expect(own.paragraphs[0]).toMatch(/^Pacific Gas: .* \(73 logins\)$/)
    expect(own.paragraphs).toHaveLength(2)
  })

  it('has a letter of its own for each kind', () => {
    const subjects = (['copies_failing', 'forwarding_unproven', 'webhook_disabled'] as const).map(
      (kind) =>
        write({
          items: [
            item(
              kind === 'webhook_disabled'
                ? { kind, connection: null, endpoint: 'hooks.example.com' }
                : { kind },
            ),
          ],
        }).subject,
    )
    expect(subjects).toEqual([
      'Copies of your Pacific Gas codes do not arrive',
      'Nothing is forwarded from Pacific Gas yet',
      'Events to hooks.example.com are switched off',
    ])
  })
})

describe('a mail to people', () => {
  let sink: SmtpSink
  beforeEach(async () => {
    sink = await startSmtpSink()
  })
  afterEach(() => sink.close())

  it('is ours: signed, automatic, with one click to end it, the same on every try', async () => {
    const couriers = makeCouriers(
      {
        mailDomain: 'relay.test',
        outboundSmtpUrl: sink.smtpUrl,
        relayFrom: 'hello@relay.test',
        attachOriginal: false,
        dkimDomain: '',
        dkimSelector: 'mfa',
        dkimKey: privateKey,
        smsFrom: '',
        publicUrl: '',
      },
      {
        masterKeys: [new Uint8Array(32).fill(7)],
        publicUrl: () => 'https://relay.test',
        nameOf,
        smsMessages: null,
      },
    )
    const told = content()
    const signal = new AbortController().signal
    for (const _ of [1, 2]) expect(await couriers.notices!.send(told, signal)).toMatchObject({ kind: 'sent' })
    await couriers.couriers.email!.close()
    const [first, second] = sink.mails
    expect(second!.parsed.messageId).toBe(first!.parsed.messageId)
    expect(first!.parsed.messageId).toMatch(/^<[0-9a-f]{40}@relay\.test>$/)
    expect(first!.envelope.from).toMatch(/^b-[0-9a-f-]+@relay\.test$/)
    expect(first!.parsed.from).toMatchObject({
      address: 'hello@relay.test',
      name: 'Example Energy via MFA Relay',
    })
    const header = (name: string) => first!.parsed.headers.find(({ key }) => key === name)?.value
    expect(header('auto-submitted')).toBe('auto-generated')
    expect(header('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click')
    const [, token = ''] = /<https:\/\/relay\.test\/r\/notices\/(\S+)>/.exec(header('list-unsubscribe')!)!
    expect(couriers.links.read('notices', token, AT)).toEqual({
      kind: 'valid',
      recipientId: told.mail.contactId,
    })
    // It opens nothing else.
    expect(couriers.links.read('stop', token, AT)).toEqual({ kind: 'invalid' })
    expect(couriers.loopMarks.verify(header('x-mfa-relay-loop')!)).toBe(told.mail.contactId)
    expect(first!.parsed.text).toContain('reconnect with the right ones')
    expect(first!.parsed.html).toContain('reconnect with the right ones')
    const resolver = async () => [[`v=DKIM1; p=${publicKey.toString('base64')}`]]
    const { results } = await dkimVerify(first!.raw, { resolver })
    expect(results.map(({ status, signingDomain }) => [status.result, signingDomain])).toEqual([
      ['pass', 'relay.test'],
    ])
  })
})

describe('the queue of mails', () => {
  it('takes few at a time, and sends all of them without a pause', async () => {
    const clock = fakeClock(AT)
    const waiting = Array.from(
      { length: 60 },
      (): NoticeMail => ({ ...content().mail, id: newId(), state: 'due' }),
    )
    const finished: string[] = []
    let claimed = 0
    const wakeup = memoryWakeup()
    const queue = startNoticeOutbox({
      wakeup,
      holder: 'node',
      clock,
      store: {
        async claimNoticeMails({ limit }) {
          const mails = waiting.splice(0, limit)
          claimed += mails.length
          expect(claimed - finished.length).toBeLessThanOrEqual(8)
          return mails
        },
        nextNoticeAt: async () => (waiting.length > 0 ? AT : null),
        loadNoticeMail: async (id) => content({ mail: { ...content().mail, id } }),
        async finishNoticeMail(id) {
          finished.push(id)
        },
        releaseNoticeMails: async () => 0,
      },
      mailer: {
        async send() {
          wakeup.notify(NOTICES_TOPIC)
          return { kind: 'sent' }
        },
      },
    })
    await queue.whenIdle()
    expect(new Set(finished).size).toBe(60)
    expect([finished.length, clock.now()]).toEqual([60, AT])
    await queue.close(0)
  })

  it('drops what nobody needs to hear, tries again what failed for now, and ends what failed for good', async () => {
    const clock = fakeClock(AT)
    const mails = new Map<string, NoticeMail & { isOver?: boolean }>()
    const results: [string, NoticeResult['kind'], number | null][] = []
    const add = (id: string) =>
      mails.set(id, { id, contactId: id, state: 'due', dueAt: AT, tries: 0, createdAt: AT })
    for (const id of ['dropped', 'later', 'never', 'gone']) add(id)
    const due = () => [...mails.values()].filter((mail) => !mail.isOver)
    const queue = startNoticeOutbox({
      wakeup: memoryWakeup(),
      holder: 'node',
      clock,
      store: {
        claimNoticeMails: async ({ now }) => due().filter(({ dueAt }) => dueAt <= now),
        nextNoticeAt: async () => (due().length > 0 ? Math.min(...due().map(({ dueAt }) => dueAt)) : null),
        loadNoticeMail: async (id) => (id === 'dropped' ? null : content({ mail: mails.get(id)! })),
        finishNoticeMail: async (id, result, { nextDueAt }) => {
          const mail = mails.get(id)!
          const next = { ...mail, tries: mail.tries + 1, dueAt: nextDueAt ?? mail.dueAt }
          mails.set(id, { ...next, isOver: nextDueAt === null })
          results.push([id, result.kind, nextDueAt === null ? null : nextDueAt - clock.now()])
          if (id === 'gone') expect(result).toMatchObject({ bounce: { kind: 'hard', stopsAfter: 1 } })
        },
        releaseNoticeMails: async () => 0,
      },
      mailer: {
        send: async ({ mail }) => {
          const bounce = { kind: 'hard', status: '5.1.1', text: 'x', stopsAfter: 1 } as const
          if (mail.id === 'gone') return { kind: 'permanent', error: '550 5.1.1', bounce }
          return mail.id === 'never'
            ? { kind: 'permanent', error: '550' }
            : { kind: 'temporary', error: '451' }
        },
      },
    })
    await clock.advance(1_000)
    expect(results.sort()).toEqual([
      ['dropped', 'dropped', null],
      ['gone', 'failed', null],
      ['later', 'failed', 60_000],
      ['never', 'failed', null],
    ])
    await clock.advance(86_400_000)
    const waits = results.filter(([id]) => id === 'later').map(([, , wait]) => wait)
    expect(waits).toEqual([60_000, 300_000, 1_800_000, 7_200_000, 21_600_000, null])
    const closing = queue.close(0)
    await clock.advance(5_000)
    await closing
  })
})
