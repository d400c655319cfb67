import { generateKeyPairSync } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { afterEach, describe, expect, it } from 'vitest'
import type { CourierPort } from '../../src/outbox/courier.ts'
import { type CopySettings, type CourierSet, makeCouriers } from '../../src/outbox/couriers.ts'
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'
import { makeContent, makeDelivery, ORIGINAL, RECEIVED_AT } from './content.ts'

const MASTER_KEY = new Uint8Array(32).fill(7)
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

function setUp(
  outboundSmtpUrl: string,
  over: Partial<CopySettings> = {},
): CourierSet & { email: CourierPort } {
  const settings: CopySettings = {
    mailDomain: 'relay.test',
    outboundSmtpUrl,
    relayFrom: '',
    attachOriginal: false,
    dkimDomain: '',
    dkimSelector: 'mfa',
    dkimKey: privateKey,
    smsFrom: '',
    publicUrl: '',
    ...over,
  }
  const set = makeCouriers(settings, {
    masterKeys: [MASTER_KEY],
    publicUrl: () => 'https://relay.test',
    nameOf: (id) => (id === 'sandbox-power' ? 'Sandbox Power' : undefined),
    smsMessages: null,
  })
  const email = set.couriers.email!
  open.push(() => email.close())
  return { ...set, email }
}

async function sink(options: Parameters<typeof startSmtpSink>[0] = {}): Promise<SmtpSink> {
  const started = await startSmtpSink(options)
  open.push(() => started.close())
  return started
}

const patience = () => new AbortController().signal

async function sendOne(content = makeContent(), over: Partial<CopySettings> = {}) {
  const mailbox = await sink()
  const set = setUp(mailbox.smtpUrl, over)
  const result = await set.email.send(content, patience())
  const mail = mailbox.mails[0]
  const header = (name: string) =>
    mail?.parsed.headers.filter(({ key }) => key === name.toLowerCase()).map(({ value }) => value) ?? []
  return { ...set, mailbox, result, mail: mail!, header }
}

describe('a copy of a code', () => {
  it('shows the code, the utility, when it came, how long it lives, why the reader gets it and how to stop', async () => {
    const { mail, result } = await sendOne()
    expect(result.kind).toBe('sent')
    for (const part of [mail.parsed.text!, mail.parsed.html!]) {
      expect(part).toContain('431862')
      expect(part).toContain('Sandbox Power')
      expect(part).toContain('Example Energy')
      expect(part).toContain('21 November 2026, 07:44:05 UTC')
      expect(part).toContain('07:54:05 UTC (10 minutes)')
      expect(part).toMatch(/You get this because/)
      expect(part).toContain('https://relay.test/r/stop/')
    }
  })

  it('keeps the code out of everything that a locked phone or a mail log shows', async () => {
    const { mail } = await sendOne()
    expect(mail.parsed.subject).toBe('Your Sandbox Power code')
    const headers = mail.raw.toString('latin1').split('\r\n\r\n')[0]!
    expect(headers).not.toContain('431862')
    expect(mail.parsed.text!.slice(0, 70)).not.toContain('431862')
  })

  it('comes from us, to one recipient, along a return path that names the delivery', async () => {
    const content = makeContent()
    const { mail, header, returnPaths } = await sendOne(content)
    expect(header('from')).toEqual(['Sandbox Power via MFA Relay <codes@relay.test>'])
    expect(header('to')).toEqual(['pat@customer.test'])
    expect(header('reply-to')).toEqual([])
    expect(mail.envelope.to).toEqual(['pat@customer.test'])
    expect(mail.envelope.from).toMatch(/^b-[0-9a-f]{32}-[0-9a-f]{20}@relay\.test$/)
    expect(returnPaths.parse(mail.envelope.from)).toBe(content.delivery.id)
  })

  it('says that a machine wrote it, marks it against loops and offers one-click unsubscribing', async () => {
    const content = makeContent()
    const { header, loopMarks, links } = await sendOne(content)
    expect(header('auto-submitted')).toEqual(['auto-generated'])
    expect(header('x-auto-response-suppress')).toEqual(['All'])
    expect(loopMarks.verify(header('x-mfa-relay-loop')[0]!)).toBe(content.delivery.connectionId)
    expect(header('list-unsubscribe-post')).toEqual(['List-Unsubscribe=One-Click'])
    const token = /^<https:\/\/relay\.test\/r\/stop\/([^>]+)>$/.exec(header('list-unsubscribe')[0]!)![1]!
    expect(links.read('stop', token, Date.now())).toEqual({
      kind: 'valid',
      recipientId: content.delivery.recipientId,
    })
  })

  it('has a Message-ID of its own, the same at every try, and refers to the original', async () => {
    const content = makeContent()
    const mailbox = await sink()
    const { email } = setUp(mailbox.smtpUrl)
    await email.send(content, patience())
    await email.send({ ...content, delivery: { ...content.delivery, tries: 1 } }, patience())
    await email.send(
      { ...content, delivery: { ...content.delivery, recipientId: makeDelivery().id } },
      patience(),
    )
    const ids = mailbox.mails.map(({ parsed }) => parsed.messageId)
    expect(ids[0]).toMatch(/^<[0-9a-f]{40}@relay\.test>$/)
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
    expect(mailbox.mails[0]!.parsed.references).toBe('<original-1@sandbox-power.test>')
    expect(mailbox.mails[1]!.parsed.html).toBe(mailbox.mails[0]!.parsed.html)
  })

  it('carries the original only if the setting says so', async () => {
    expect((await sendOne()).mail.parsed.attachments).toEqual([])
    const { mail } = await sendOne(makeContent(), { attachOriginal: true })
    expect(mail.parsed.attachments.map(({ mimeType }) => mimeType)).toEqual(['message/rfc822'])
  })

  it('is refused for good once the code is gone', async () => {
    const { result, mailbox } = await sendOne(makeContent({ code: null }))
    expect(result).toEqual({ kind: 'permanent', error: 'the code is no longer kept' })
    expect(mailbox.mails).toEqual([])
  })
})

describe('our DKIM signature', () => {
  const resolver = async (name: string, type: string) => {
    if (type === 'TXT' && name === 'mfa._domainkey.relay.test') {
      return [[`v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`]]
    }
    throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
  }

  it('verifies, is aligned with From and covers what must not be changed', async () => {
    const { mail } = await sendOne()
    const { results } = await dkimVerify(mail.raw, { resolver })
    expect(results).toHaveLength(1)
    expect(results[0]).toMatchObject({
      signingDomain: 'relay.test',
      status: { result: 'pass', aligned: 'relay.test' },
    })
    const signed = results[0]!.signingHeaders!.keys.toLowerCase()
    for (const field of [
      'from',
      'subject',
      'date',
      'list-unsubscribe',
      'list-unsubscribe-post',
      'x-mfa-relay-loop',
    ]) {
      expect(signed.split(/[:,]\s*/)).toContain(field)
    }
  })

  it('verifies on notices too, with the original inside', async () => {
    const content = makeContent({ delivery: makeDelivery({ kind: 'notice_copy' }), code: null })
    const { mail } = await sendOne(content)
    const { results } = await dkimVerify(mail.raw, { resolver })
    expect(results[0]!.status.result).toBe('pass')
  })

  it('breaks when the body changes on its way (so the check above can fail)', async () => {
    const { mail } = await sendOne()
    const changed = Buffer.from(mail.raw.toString('latin1').replace('431862', '431863'), 'latin1')
    const { results } = await dkimVerify(changed, { resolver })
    expect(results[0]!.status.result).not.toBe('pass')
  })

  it('stops the start when its key cannot be used', () => {
    expect(() => setUp('smtp://127.0.0.1:1', { dkimKey: '-----BEGIN PRIVATE KEY-----\nx' })).toThrow()
    expect(() => setUp('smtp://127.0.0.1:1', { dkimKey: '/nowhere/dkim.pem' })).toThrow(/ENOENT/)
  })
})

describe('a copy of a notice', () => {
  it('carries the original as it came', async () => {
    const content = makeContent({ delivery: makeDelivery({ kind: 'notice_copy' }), code: null })
    const { mail } = await sendOne(content)
    expect(mail.parsed.subject).toBe('A message from Sandbox Power')
    expect(mail.raw.toString('latin1')).toContain(ORIGINAL.trimEnd())
    expect(mail.raw.toString('latin1')).toMatch(
      /Content-Type: message\/rfc822[\s\S]*?Content-Transfer-Encoding: 7bit/,
    )
  })

  it('quotes an SMS, escaped', async () => {
    const base = makeContent()
    const { mail } = await sendOne({
      ...base,
      delivery: makeDelivery({ kind: 'notice_copy' }),
      code: null,
      message: { ...base.message!, channel: 'sms', subject: null },
      raw: Buffer.from('Planned work on <b>Monday</b>\nNo action needed'),
    })
    expect(mail.parsed.text).toContain('> Planned work on <b>Monday</b>\n> No action needed')
    expect(mail.parsed.html).toContain('&lt;b&gt;Monday&lt;/b&gt;')
    expect(mail.parsed.attachments).toEqual([])
  })
})

describe('the question to a new recipient', () => {
  it('has a link that confirms, and one to refuse', async () => {
    const delivery = makeDelivery({ kind: 'confirm_recipient', messageId: null })
    const { mail, links } = await sendOne(makeContent({ delivery, message: null, code: null, raw: null }))
    const token = /https:\/\/relay\.test\/r\/confirm\/(\S+)/.exec(mail.parsed.text!)![1]!
    expect(links.read('confirm', token, RECEIVED_AT)).toEqual({
      kind: 'valid',
      recipientId: delivery.recipientId,
    })
    expect(mail.parsed.text).toContain('https://relay.test/r/stop/')
  })

  it('is the same letter at every try: its link ends two weeks after it was asked, not after it was sent', async () => {
    const createdAt = Date.UTC(2026, 0, 1)
    const delivery = makeDelivery({ kind: 'confirm_recipient', messageId: null, createdAt })
    const { mail, links } = await sendOne(makeContent({ delivery, message: null, code: null, raw: null }))
    const token = /https:\/\/relay\.test\/r\/confirm\/(\S+)/.exec(mail.parsed.text!)![1]!
    const twoWeeks = 14 * 86_400_000
    expect(links.read('confirm', token, createdAt + twoWeeks).kind).toBe('valid')
    expect(links.read('confirm', token, createdAt + twoWeeks + 1_000).kind).toBe('expired')
  })
})

describe('what comes from outside', () => {
  const NASTY = 'Power\r\nBcc: evil@x.test\r\n\r\n<script>alert(1)</script>\u202e\u200b\0'

  it('cannot add a header, a part, markup or hidden text', async () => {
    const base = makeContent()
    const { mail, header } = await sendOne({
      ...base,
      delivery: makeDelivery({ kind: 'notice_copy' }),
      companyName: NASTY,
      message: { ...base.message!, subject: NASTY, sender: NASTY },
      utility: 'other',
      url: 'https://evil.test/"><script>',
    })
    expect(header('bcc')).toEqual([])
    expect(mail.envelope.to).toEqual(['pat@customer.test'])
    expect(header('from')).toEqual(
      ['evil.test via MFA Relay <codes@relay.test>'].map((v) => expect.stringContaining(v.split(' <')[0]!)),
    )
    expect(mail.parsed.html).not.toContain('<script>')
    expect(mail.parsed.html).not.toMatch(/[\u202e\u200b]/)
    expect(mail.parsed.text).not.toMatch(/[\u202e\u200b\0]/)
    expect(mail.parsed.text).not.toMatch(/^Bcc:/m)
  })

  it.each(['c@d.test>\r\nRCPT TO:<evil@x.test', 'pat@customer.test, evil@x.test', 'Pat <pat@customer.test>'])(
    'an address such as %j is never written to',
    async (address) => {
      const { mailbox, result } = await sendOne(makeContent({ delivery: makeDelivery({ address }) }))
      expect(result.kind).toBe('permanent')
      expect(mailbox.mails).toEqual([])
    },
  )

  it('an odd Message-ID is not repeated', async () => {
    const raw = Buffer.from('Message-ID: <a b>\r\n <c@d.test>\r\nX: y\r\n\r\nMessage-ID: <body@x.test>\r\n')
    const { header } = await sendOne(makeContent({ raw }))
    expect(header('references')).toEqual([])
  })
})

describe('what the next hop says', () => {
  const refusedAtRcpt = async (code: number) => {
    const mailbox = await sink({ refuseRecipient: () => ({ code, text: 'no such box' }) })
    return setUp(mailbox.smtpUrl).email.send(makeContent(), patience())
  }

  it('4xx is worth another try, 5xx is not', async () => {
    expect(await refusedAtRcpt(450)).toMatchObject({
      kind: 'temporary',
      error: expect.stringContaining('450'),
    })
    expect(await refusedAtRcpt(550)).toMatchObject({
      kind: 'permanent',
      error: expect.stringContaining('no such box'),
    })
  })

  it('counts after the last dot too', async () => {
    const mailbox = await sink({ refuseMessage: () => ({ code: 554, text: 'looks like spam' }) })
    const result = await setUp(mailbox.smtpUrl).email.send(makeContent(), patience())
    expect(result).toMatchObject({ kind: 'permanent', error: expect.stringContaining('looks like spam') })
  })

  it('nobody there: temporary', async () => {
    const mailbox = await startSmtpSink()
    await mailbox.close()
    const result = await setUp(mailbox.smtpUrl).email.send(makeContent(), patience())
    expect(result.kind).toBe('temporary')
  })

  it('a refusing greeting is about the hop, not about this recipient: temporary', async () => {
    const url = await scripted((socket) => socket.end('554 5.7.1 go away\r\n'))
    const result = await setUp(url).email.send(makeContent(), patience())
    expect(result.kind).toBe('temporary')
  })

  it.each(['end', 'destroy'] as const)(
    'a connection lost after the last dot (%s) is temporary, and the library does not send again by itself',
    async (how) => {
      let messages = 0
      const url = await scripted((socket) => {
        socket.write('220 hop.test\r\n')
        let isData = false
        socket.on('data', (chunk) => {
          const text = chunk.toString('latin1')
          if (isData && text.endsWith('\r\n.\r\n')) {
            messages += 1
            socket[how]()
          } else if (/^DATA/m.test(text)) {
            isData = true
            socket.write('354 go on\r\n')
          } else if (!isData) socket.write('250 ok\r\n')
        })
      })
      const result = await setUp(url).email.send(makeContent(), patience())
      expect(result.kind).toBe('temporary')
      expect(messages).toBe(1)
    },
  )

  it('a connection that the hop ended between two messages costs no retry', async () => {
    const url = await scripted((socket) => {
      socket.write('220 hop.test\r\n')
      let isData = false
      let messages = 0
      socket.on('data', (chunk) => {
        const text = chunk.toString('latin1')
        if (isData && text.endsWith('\r\n.\r\n')) {
          isData = false
          messages += 1
          socket.write('250 taken\r\n')
        } else if (/^DATA/m.test(text)) {
          isData = true
          socket.write('354 go on\r\n')
        } else if (/^MAIL/m.test(text) && messages > 0) socket.end()
        else if (!isData) socket.write('250 ok\r\n')
      })
    })
    const { email } = setUp(url)
    expect((await email.send(makeContent(), patience())).kind).toBe('sent')
    expect((await email.send(makeContent(), patience())).kind).toBe('sent')
  })

  it('a hop that never answers is left at the deadline', async () => {
    const url = await scripted(() => {})
    const deadline = new AbortController()
    const sending = setUp(url).email.send(makeContent(), deadline.signal)
    deadline.abort(new Error('no answer in time'))
    expect((await sending).kind).toBe('temporary')
  })

  /** A server that does what real ones do only on bad days. */
  async function scripted(onSocket: (socket: Socket) => void): Promise<string> {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      onSocket(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    open.push(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    })
    return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
})
