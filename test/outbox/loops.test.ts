import { generateKeyPairSync } from 'node:crypto'
import nodemailer from 'nodemailer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { provision, startRelay, type TestRelay } from '../support/relay.ts'
import { type ReceivedMail, type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'
import { waitFor } from '../support/wait-for.ts'

/*
 * A customer whose mail server sends everything it gets back to us: real copies, a real second mail server, and the
 * ways in which mail programs forward. However it is done, it ends after one round.
 */

type Message = { extraction: { kind: string }; verdict: { level: string; reasons: { code: string }[] } }
type Returned = { readonly from: string; readonly raw: string }

const SMTP_LINE = '\r\n'
const RECEIVED = (by: string) =>
  `Received: from mx.customer.test (192.0.2.1) by ${by} with ESMTP; Sun, 1 Mar 2026 02:00:00 +0000`

/** A new message around some text of the copy, as mail programs make that forward by writing. */
const written = (from: string, body: readonly string[], type = 'text/plain; charset=utf-8'): string =>
  [
    `From: ${from}`,
    'Subject: FW: Your Sandbox Power code',
    `Message-ID: <${Math.random()}@customer.test>`,
    `Date: ${new Date().toUTCString()}`,
    `Content-Type: ${type}`,
    '',
    ...body,
    '',
  ].join(SMTP_LINE)

const codeOf = (mail: ReceivedMail): string => /\b\d{6}\b/.exec(mail.parsed.text ?? '')![0]
const stopUrlOf = (mail: ReceivedMail): string => /http\S+\/r\/stop\/\S+/.exec(mail.parsed.text ?? '')![0]
/** The copy without some of its headers and without its link: what is left when a mail system rewrote it. */
const stripped = (mail: ReceivedMail, headers: RegExp): string => {
  const [head = ''] = mail.raw.toString().split('\r\n\r\n')
  const kept = head
    .split(/\r\n(?![ \t])/)
    .filter((field) => !headers.test(field) && !/^(?:Content-|MIME-)/i.test(field))
  return [...kept, '', `Your Sandbox Power verification code is ${codeOf(mail)}`, ''].join('\r\n')
}
const quote = (mail: ReceivedMail): string[] =>
  (mail.parsed.text ?? '').split('\n').map((line) => `> ${line}`)

/** How it comes back, and what gives it away. */
const WAYS: readonly (readonly [
  name: string,
  reason: string,
  make: (mail: ReceivedMail, pat: string) => Returned,
])[] = [
  [
    'redirected as it is',
    'loop_own_mark',
    (mail, pat) => ({
      from: `${pat.replace('@', '+caf_=x=relay.test@')}`,
      raw: `${RECEIVED('mx.customer.test')}\r\n${mail.raw}`,
    }),
  ],
  [
    'attached to a message',
    'loop_own_mark',
    (mail, pat) => ({
      from: pat,
      raw: written(
        pat,
        [
          '--=_a',
          'Content-Type: text/plain',
          '',
          'See attached.',
          '--=_a',
          'Content-Type: message/rfc822',
          '',
          mail.raw.toString(),
          '--=_a--',
        ],
        'multipart/mixed; boundary="=_a"',
      ),
    }),
  ],
  [
    'written anew with the text of the copy, as Outlook does',
    'loop_own_link',
    (mail, pat) => ({
      from: pat,
      raw: written(pat, ['', '-----Original Message-----', 'From: Sandbox Power', '', ...quote(mail)]),
    }),
  ],
  [
    'written anew, its links rewritten by a filter',
    'loop_own_link',
    (mail, pat) => {
      const safe = `https://eur01.safelinks.example.test/?url=${encodeURIComponent(stopUrlOf(mail))}&amp;data=05`
      const html = `<p>Your Sandbox Power verification code is ${codeOf(mail)}</p><a href="${safe}">Stop these e-mails</a>`
      return { from: pat, raw: written(pat, [html], 'text/html; charset=utf-8') }
    },
  ],
  [
    'written anew with nothing left but the code',
    'loop_same_code',
    (mail, pat) => ({
      from: pat,
      raw: written(pat, [`Your Sandbox Power verification code is ${codeOf(mail)}`]),
    }),
  ],
  [
    'redirected, our headers and links taken out',
    'loop_own_sender',
    (mail, pat) => ({ from: pat, raw: stripped(mail, /^(?:X-MFA-Relay-Loop|List-Unsubscribe|DKIM-)/i) }),
  ],
  [
    'stripped, with another From, still signed by us',
    'loop_own_signature',
    (mail, pat) => ({
      from: pat,
      raw: `From: ${pat}\r\n${stripped(mail, /^(?:X-MFA-Relay-Loop|List-Unsubscribe|From)/i)}`,
    }),
  ],
]

let sink: SmtpSink
let relay: TestRelay
let returned: ((mail: ReceivedMail) => Promise<void>) | null = null
beforeAll(async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  sink = await startSmtpSink({ onMail: (mail) => void returned?.(mail) })
  relay = await startRelay({
    OUTBOUND_SMTP_URL: sink.smtpUrl,
    DKIM_DOMAIN: 'relay.test',
    DKIM_SELECTOR: 'codes',
    DKIM_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  })
})
afterAll(async () => {
  await relay.close()
  relay.remove()
  await sink.close()
})

const messagesOf = async (connectionId: string) =>
  (await relay.api<{ items: Message[] }>('GET', `/v2/connection/${connectionId}/messages`)).body.items
const copiesOf = async (connectionId: string) =>
  (await relay.api<{ items: { state: string }[] }>('GET', `/v2/connection/${connectionId}/deliveries`)).body
    .items

async function handOver(mail: Returned, to: string): Promise<void> {
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port: relay.ports.smtp, ignoreTLS: true })
  await transport
    .sendMail({ envelope: { from: mail.from, to }, raw: mail.raw })
    .finally(() => transport.close())
}

describe('a customer whose mail server sends our copies back', () => {
  it.each(WAYS)('%s: it ends after one round (%s)', async (_, reason, make) => {
    const pat = `pat-${reason.replaceAll('_', '-')}-${WAYS.findIndex(([, , way]) => way === make)}@customer.test`
    const { connectionId, emailAddress } = await provision(relay, {
      emails: [pat],
      inboxAddresses: [pat],
      method: 'inbox_forwarding',
    })
    const { body: attempt } = await relay.api<{ id: string }>(
      'POST',
      `/v2/connection/${connectionId}/attempt`,
      {},
    )
    const rounds: Promise<void>[] = []
    returned = async (mail) => void rounds.push(handOver(make(mail, pat), emailAddress))
    await sendMail(relay.ports.smtp, {
      to: emailAddress,
      text: codeText(String(100_000 + Math.floor(Math.random() * 9e5))),
    })
    await waitFor(() => rounds.length > 0, 'the copy to be sent back')
    await Promise.all(rounds)

    const [second, first, ...more] = await messagesOf(connectionId)
    expect(more).toEqual([])
    expect(first).toMatchObject({ extraction: { kind: 'code' }, verdict: { level: 'trusted' } })
    expect(second).toMatchObject({ extraction: { kind: 'loop' }, verdict: { level: 'untrusted' } })
    expect(second!.verdict.reasons[0]!.code).toBe(reason)
    expect(await copiesOf(connectionId)).toHaveLength(1)
    expect(rounds).toHaveLength(1)

    const code = await relay.api<{ id: string }>('GET', `/v2/attempt/${attempt.id}/code?wait=0`)
    const next = await relay.api('GET', `/v2/attempt/${attempt.id}/code?wait=0&after=${code.body.id}`)
    expect(next.status).toBe(204)
  })
})

describe('mail that is no loop', () => {
  it('is the portal’s own, when it sends the same code again', async () => {
    returned = null
    const { connectionId, emailAddress } = await provision(relay, { emails: ['resend@customer.test'] })
    for (const subject of ['Your code', 'Your code, again']) {
      await sendMail(relay.ports.smtp, { to: emailAddress, subject, text: codeText('606060') })
    }
    const kinds = (await messagesOf(connectionId)).map(({ extraction }) => extraction.kind)
    expect(kinds).toEqual(['code', 'code'])
  })

  it('bears a loop header or a stop link that we did not sign', async () => {
    const { connectionId, emailAddress } = await provision(relay)
    const token = `${'a'.repeat(32)}-0-${'b'.repeat(64)}`
    await sendMail(relay.ports.smtp, {
      to: emailAddress,
      text: `${codeText('707070')}\r\nhttps://relay.test/r/stop/${token}\r\n`,
      headers: { 'X-MFA-Relay-Loop': `${connectionId}.${'0'.repeat(20)}` },
    })
    expect((await messagesOf(connectionId))[0]).toMatchObject({ extraction: { kind: 'code' } })
  })

  it.each([
    ['once through our host', [RECEIVED('relay.test')], 'code'],
    [
      'through our host and a filter on it',
      [RECEIVED('relay.test'), 'Received: from localhost (127.0.0.1) by relay.test'],
      'code',
    ],
    ['twice through our host', [RECEIVED('relay.test'), RECEIVED('RELAY.test')], 'loop'],
    ['through 50 hosts', Array.from({ length: 50 }, (_, hop) => RECEIVED(`mx${hop}.test`)), 'code'],
    ['through 51 hosts', Array.from({ length: 51 }, (_, hop) => RECEIVED(`mx${hop}.test`)), 'loop'],
  ])('came %s', async (_, received, kind) => {
    const { connectionId, emailAddress } = await provision(relay)
    const from = 'no-reply@sandbox-power.test'
    const raw = [...received, `From: ${from}`, 'Subject: Your code', '', codeText('808080')].join('\r\n')
    await handOver({ from, raw }, emailAddress)
    expect((await messagesOf(connectionId))[0]).toMatchObject({ extraction: { kind } })
  })
})
