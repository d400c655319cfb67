import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BOUNCE_SAMPLES } from '../inbound/bounce-samples.ts'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { ADMIN_KEY, provision, startRelay, type TestRelay } from '../support/relay.ts'
import { sendReport } from '../support/report-mail.ts'
import { type ReceivedMail, type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'
import { waitFor } from '../support/wait-for.ts'

/* What comes back of copies, at a whole relay: real copies to a real mail server, answers to their return paths. */

type Delivery = {
  id: string
  kind: string
  state: string
  lastError: string | null
  bounced: { kind: string; status: string | null } | null
}
type Recipient = { id: string; address: string; state: string; stopReason: string | null }
type Message = { extraction: { kind: string }; verdict: { reasons: { code: string }[] }; mailbox: string }

let sink: SmtpSink
let relay: TestRelay
let customer = 0
let pat: string
beforeAll(async () => {
  sink = await startSmtpSink()
  relay = await startRelay({ OUTBOUND_SMTP_URL: sink.smtpUrl })
})
beforeEach(() => {
  customer += 1
  pat = `pat${customer}@customer.test`
})
afterAll(async () => {
  await relay.close()
  relay.remove()
  await sink.close()
})

const list = async <T>(connectionId: string, what: string) =>
  (await relay.api<{ items: T[] }>('GET', `/v2/connection/${connectionId}/${what}`)).body.items
const deliveriesOf = (connectionId: string) => list<Delivery>(connectionId, 'deliveries')
const messagesOf = (connectionId: string) => list<Message>(connectionId, 'messages')
const recipientsOf = async (connectionId: string) =>
  (await relay.api<{ recipients: { emails: Recipient[] } }>('GET', `/v2/connection/${connectionId}/mfa`)).body
    .recipients.emails

/** A code comes in and its copy arrives: the copy as the customer's mail server has it. */
async function copyTo(address: string, emailAddress: string, code: string): Promise<ReceivedMail> {
  await sendMail(relay.ports.smtp, { to: emailAddress, text: codeText(code) })
  return sink.waitFor(
    (mail) => mail.envelope.to.includes(address) && (mail.parsed.text ?? '').includes(code),
    15_000,
  )
}

const answer = (returnPath: string, mime: string) => sendReport(relay.ports.smtp, returnPath, mime)

const sample = (name: string) => BOUNCE_SAMPLES.find((one) => one.name.startsWith(name))!

describe('an answer to a copy', () => {
  it('that the mailbox does not exist is kept, shown, and stops the recipient', async () => {
    const { connectionId, emailAddress } = await provision(relay, { emails: [pat] })
    const copy = await copyTo(pat, emailAddress, '431862')
    expect(await answer(copy.envelope.from, sample('Postfix: unknown').mime(pat))).toMatchObject({
      code: 250,
    })
    expect(await deliveriesOf(connectionId)).toMatchObject([
      {
        state: 'failed',
        lastError: expect.stringContaining('User unknown'),
        bounced: { kind: 'hard', status: '5.1.1' },
      },
    ])
    expect(await recipientsOf(connectionId)).toMatchObject([{ state: 'stopped', stopReason: 'hard_bounces' }])
    const [report] = await messagesOf(connectionId)
    expect(report).toMatchObject({
      mailbox: copy.envelope.from,
      extraction: { kind: 'bounce' },
      verdict: { reasons: [{ code: 'return_path' }] },
    })
    const before = sink.mails.length
    await sendMail(relay.ports.smtp, { to: emailAddress, text: codeText('550912') })
    expect((await deliveriesOf(connectionId)).map(({ kind }) => kind)).toEqual(['code_copy'])
    expect(sink.mails.length).toBe(before)
  })

  it('is found at its copy in every style, and its code is no code', async () => {
    const { connectionId, emailAddress } = await provision(relay, { emails: [pat] })
    const open = await relay.api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})
    const copy = await copyTo(pat, emailAddress, '271828')
    const [delivery] = await deliveriesOf(connectionId)
    for (const { mime } of BOUNCE_SAMPLES)
      expect((await answer(copy.envelope.from, mime(pat))).code).toBe(250)
    const kinds = (await messagesOf(connectionId)).map(({ extraction }) => extraction.kind)
    expect(kinds.filter((kind) => kind === 'bounce')).toHaveLength(
      BOUNCE_SAMPLES.filter((s) => s.expect).length,
    )
    expect(kinds.filter((kind) => kind === 'code')).toHaveLength(1)
    const first = await relay.api<{ id: string; code: string }>(
      'GET',
      `/v2/attempt/${open.body.id}/code?wait=0`,
    )
    expect(first.body.code).toBe('271828')
    const after = await relay.api('GET', `/v2/attempt/${open.body.id}/code?wait=0&after=${first.body.id}`)
    expect(after.status).toBe(204)
    expect(await deliveriesOf(connectionId)).toMatchObject([{ id: delivery!.id, bounced: { kind: 'hard' } }])
  })

  it('that somebody is away is kept and goes nowhere', async () => {
    const { connectionId, emailAddress } = await provision(relay, { emails: [pat] })
    const copy = await copyTo(pat, emailAddress, '314159')
    await waitFor(async () => (await deliveriesOf(connectionId))[0]?.state === 'sent', 'the mark')
    const before = sink.mails.length
    expect((await answer(copy.envelope.from, sample('an out-of-office').mime(pat))).code).toBe(250)
    expect((await messagesOf(connectionId))[0]).toMatchObject({ extraction: { kind: 'auto_reply' } })
    expect(await deliveriesOf(connectionId)).toMatchObject([{ state: 'sent', bounced: null }])
    expect(sink.mails.length).toBe(before)
  })

  it('said twice counts once; two copies in a row that came back stop the recipient', async () => {
    const { connectionId, emailAddress } = await provision(relay, { emails: [pat] })
    const copies = [await copyTo(pat, emailAddress, '111222'), await copyTo(pat, emailAddress, '333444')]
    const disabled = (to: string) =>
      sample('Postfix: unknown').mime(to).replace('Status: 5.1.1', 'Status: 5.2.1')
    await answer(copies[0]!.envelope.from, disabled(pat))
    await answer(copies[0]!.envelope.from, disabled(pat))
    expect(await recipientsOf(connectionId)).toMatchObject([{ state: 'confirmed' }])
    await answer(copies[1]!.envelope.from, disabled(pat))
    expect(await recipientsOf(connectionId)).toMatchObject([{ state: 'stopped', stopReason: 'hard_bounces' }])
  })
})

it('answers are taken over HTTP too, and forged ones are not', async () => {
  const { connectionId, emailAddress } = await provision(relay, { emails: [pat] })
  const copy = await copyTo(pat, emailAddress, '299792')
  const upload = (recipient: string) =>
    fetch(`${relay.url}/inbound/mime?sender=&recipient=${encodeURIComponent(recipient)}`, {
      method: 'POST',
      headers: { 'x-api-key': ADMIN_KEY, 'content-type': 'message/rfc822' },
      body: sample('Exchange: recipient').mime(pat),
    })
  expect((await upload(copy.envelope.from.replace(/.@/, '@'))).status).toBe(404)
  expect((await upload(copy.envelope.from)).status).toBe(202)
  expect(await recipientsOf(connectionId)).toMatchObject([{ state: 'stopped', stopReason: 'hard_bounces' }])
})

describe('a forged answer', () => {
  it.each([
    [
      'another delivery',
      (path: string) => path.replace(/^b-(.)/, (_, digit) => `b-${digit === '0' ? '1' : '0'}`),
    ],
    [
      'another signature',
      (path: string) => path.replace(/(.)@/, (_, digit) => `${digit === '0' ? '1' : '0'}@`),
    ],
    ['no signature', (path: string) => path.replace(/-[0-9a-f]+@/, '@')],
    ['a shortened signature', (path: string) => path.replace(/.@/, '@')],
    ['another domain', (path: string) => path.replace(/@.*/, '@evil.test')],
  ])('to %s is refused at RCPT', async (_, forge) => {
    const { connectionId, emailAddress } = await provision(relay, { emails: [pat] })
    const copy = await copyTo(pat, emailAddress, '161803')
    const reply = await answer(forge(copy.envelope.from), sample('Postfix: unknown').mime(pat))
    expect(reply).toMatchObject({ code: 550, text: expect.stringContaining('5.1.1') })
    expect(await recipientsOf(connectionId)).toMatchObject([{ state: 'confirmed' }])
  })

  it('at one’s own copy cannot stop somebody else, whatever it names', async () => {
    const eve = `eve${customer}@customer.test`
    const victim = await provision(relay, { emails: [pat] })
    const attacker = await provision(relay, { emails: [eve] })
    await copyTo(pat, victim.emailAddress, '141421')
    const own = await copyTo(eve, attacker.emailAddress, '173205')
    expect((await answer(own.envelope.from, sample('Postfix: unknown').mime(pat))).code).toBe(250)
    expect(await recipientsOf(victim.connectionId)).toMatchObject([{ state: 'confirmed' }])
    expect((await deliveriesOf(victim.connectionId))[0]!.bounced).toBeNull()
  })

  it('in other letter case is still the real one: mail systems change it', async () => {
    const { connectionId, emailAddress } = await provision(relay, { emails: [pat] })
    const copy = await copyTo(pat, emailAddress, '223606')
    const path = copy.envelope.from.toUpperCase()
    expect((await answer(path, sample('Postfix: unknown').mime(pat))).code).toBe(250)
    expect(await recipientsOf(connectionId)).toMatchObject([{ state: 'stopped' }])
  })
})

describe('a recipient whose copies came back', () => {
  it('is asked anew when the company says so, and gets copies again once they confirm', async () => {
    const { connectionId, emailAddress } = await provision(relay, { emails: [pat] })
    const copy = await copyTo(pat, emailAddress, '244949')
    await answer(copy.envelope.from, sample('Postfix: unknown').mime(pat))
    const [stopped] = await recipientsOf(connectionId)
    const path = `/v2/connection/${connectionId}/mfa/recipient/${stopped!.id}/ask`
    expect(await relay.api('POST', path)).toMatchObject({
      status: 200,
      body: { state: 'pending', stopReason: null },
    })
    const question = await sink.waitFor(
      ({ envelope, parsed }) => envelope.to.includes(pat) && /^Confirm/.test(parsed.subject ?? ''),
      15_000,
    )
    const link = /\/r\/confirm\/\S+/.exec(question.parsed.text!)![0]
    expect((await fetch(`${relay.url}${link}`, { method: 'POST' })).status).toBe(200)
    await copyTo(pat, emailAddress, '264575')
    expect(await relay.api('POST', path)).toMatchObject({ status: 409 })
    const nobody = path.replace(stopped!.id, '00000000-0000-7000-8000-000000000000')
    expect(await relay.api('POST', nobody)).toMatchObject({ status: 404 })
  })

  it('ends their copies with one click, as the header of a copy offers it', async () => {
    const { connectionId, emailAddress } = await provision(relay, { emails: [pat] })
    const copy = await copyTo(pat, emailAddress, '282842')
    const header = (name: string) => copy.parsed.headers.find(({ key }) => key === name)?.value
    expect(header('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click')
    const url = /^<(http:\/\/localhost:\d+\/r\/stop\/[^>]+)>$/.exec(header('list-unsubscribe')!)![1]!
    // A mail program posts a form without cookies, and follows no redirect (RFC 8058 §3.1).
    const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' })
    const reply = await fetch(url.replace('localhost', '127.0.0.1'), {
      method: 'POST',
      body,
      redirect: 'error',
    })
    expect(reply.status).toBe(200)
    expect(await recipientsOf(connectionId)).toMatchObject([{ state: 'stopped', stopReason: 'unsubscribed' }])
    const [stopped] = await recipientsOf(connectionId)
    const again = await relay.api('POST', `/v2/connection/${connectionId}/mfa/recipient/${stopped!.id}/ask`)
    expect(again.status).toBe(409)
  })
})
