import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReaderSettings } from '../../src/assemble-worker.ts'
import type { InboundEmail, InboundSms } from '../../src/domain/message.ts'
import { createReaderPool, type ReaderPool } from '../../src/inbound/reader-pool.ts'
import { BUILT_IN_UTILITIES, loadUtilities } from '../../src/utilities/load.ts'
import { startDnsServer, type TestDns } from '../support/dns.ts'
import { contextOf, MAILBOX, NUMBER } from './support.ts'

const FOR_MAILBOX = [{ context: contextOf(MAILBOX) }]
const mail = (text: string): string =>
  [
    'From: Sandbox Power <codes@sandbox-power.test>',
    'Subject: Sign in',
    'Date: Sat, 21 Nov 2026 08:00:00 +0000',
    'Message-ID: <1@sandbox-power.test>',
    '',
    text,
  ].join('\r\n')

const email = (text: string, address = '192.0.2.10'): InboundEmail => ({
  channel: 'email',
  id: 'm1',
  door: 'smtp',
  receivedAt: Date.now(),
  envelope: { sender: 'codes@sandbox-power.test', recipients: [MAILBOX] },
  client: { address, tls: true },
  raw: Buffer.from(mail(text)),
})

describe('the thread as the relay runs it', () => {
  let dns: TestDns
  let pool: ReaderPool
  beforeAll(async () => {
    dns = await startDnsServer()
    dns.set('TXT', 'sandbox-power.test', 'v=spf1 ip4:192.0.2.10 -all')
    pool = await createReaderPool({
      workers: 1,
      deadlineMs: 2_000,
      entry: new URL('../../src/assemble-worker.ts', import.meta.url),
      utilities: loadUtilities({ builtInDir: BUILT_IN_UTILITIES }).utilities,
      settings: {
        logLevel: 'silent',
        trustedNetworks: ['10.0.0.0/8'],
        dnsServers: [dns.server],
        utilitiesDir: '',
        newSenders: 'candidate',
      } satisfies ReaderSettings,
    })
  })
  afterAll(async () => {
    await pool.close()
    await dns.close()
  })

  it('reads and judges by DNS', async () => {
    const text = 'Your Sandbox Power verification code is 482913'
    const { perMailbox } = await pool.read(email(text), FOR_MAILBOX)
    expect(perMailbox).toMatchObject([
      {
        verdict: { level: 'trusted', senderDomain: 'sandbox-power.test' },
        extraction: { kind: 'code', code: '482913' },
      },
    ])
    const forged = await pool.read(email(text, '198.51.100.7'), FOR_MAILBOX)
    expect(forged.perMailbox).toMatchObject([
      { verdict: { level: 'untrusted' }, extraction: { kind: 'code' } },
    ])
  })

  it('believes trusted networks', async () => {
    const before = dns.asked.length
    const { perMailbox } = await pool.read(email('hello', '10.9.9.9'), FOR_MAILBOX)
    expect(perMailbox[0]?.verdict.level).toBe('trusted')
    expect(dns.asked.length).toBe(before)
  })

  it('reads text messages', async () => {
    const sms: InboundSms = {
      channel: 'sms',
      id: 'm2',
      door: 'test',
      receivedAt: 0,
      sid: 'SM1',
      sender: '72345',
      recipient: NUMBER,
      body: 'Sandbox Power: 482913 is your sign-in code',
    }
    const { perMailbox } = await pool.read(sms, [{ context: contextOf(NUMBER) }])
    expect(perMailbox).toMatchObject([
      { verdict: { level: 'trusted' }, extraction: { kind: 'code', code: '482913' } },
    ])
  })

  it('outlives what stops a parser, and stores it unread', async () => {
    // A million parts: more than a minute for postal-mime, gigabytes of memory for others.
    const parts = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(1_000_000)}`
    const hostile = { ...email(''), raw: Buffer.from(`From: a@b.test\r\n${parts}`) }
    const reading = pool.read(hostile, FOR_MAILBOX)
    const neighbour = await pool.read(email('Your Sandbox Power verification code is 482913'), FOR_MAILBOX)
    expect(neighbour.perMailbox[0]?.extraction.kind).toBe('code')
    expect((await reading).perMailbox[0]?.extraction.kind).toBe('unread')
  })

  it('does not let a slow name server hold up the neighbours', async () => {
    dns.break('slow.test', 'silence')
    const slow = email('hello')
    const waiting = pool.read({ ...slow, envelope: { ...slow.envelope, sender: 'x@slow.test' } }, FOR_MAILBOX)
    let isAnswered = false
    waiting.then(() => {
      isAnswered = true
    })
    for (let count = 0; count < 5; count += 1) await pool.read(email('hello'), FOR_MAILBOX)
    expect(isAnswered).toBe(false)
    await waiting
  })
})
