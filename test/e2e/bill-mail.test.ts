import nodemailer from 'nodemailer'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Relay } from '../../src/client/index.ts'
import { billsOf, LAYOUTS } from '../collection/documents/bills/index.ts'
import { type DocumentDesk, documentDesk, PNG } from '../support/document-desk.ts'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { ADMIN_KEY, provision, startRelay, type TestRelay } from '../support/relay.ts'
import { smtpConnect } from '../support/smtp-client.ts'
import { waitFor } from '../support/wait-for.ts'

/* Bills that come by mail to a company's own address, on a whole relay: real mail in, figures out. */

type Mail = {
  messageId: string
  sender: string | null
  subject: string | null
  verdict: { level: string; reasons: { code: string }[] }
  result: string | null
  jobId: string | null
  documents: number
  ignored: number
}
type Attachments = NonNullable<
  Parameters<ReturnType<typeof nodemailer.createTransport>['sendMail']>[0]
>['attachments']

let relay: TestRelay
let desk: DocumentDesk
let companyId: string
let address: string

beforeAll(async () => {
  relay = await startRelay()
  desk = documentDesk(relay.url)
})
afterAll(async () => {
  await relay.close()
  relay.remove()
})
beforeEach(async () => {
  companyId = (await relay.api<{ id: string }>('POST', '/v2/company', { name: 'Bills Ltd' })).body.id
  const made = await relay.api<{ address: string }>('POST', `/v2/company/${companyId}/bill-address`)
  expect(made.status).toBe(201)
  address = made.body.address
})

const bill = (index: number): Promise<Buffer> => billsOf(LAYOUTS[1]!)[index]!.pdf()

async function send(mail: { subject: string; text?: string; from?: string; attachments?: Attachments }) {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: relay.ports.smtp,
    tls: { rejectUnauthorized: false },
  })
  const from = mail.from ?? 'billing@sandbox-power.test'
  const composed = { from, to: address, subject: mail.subject, text: mail.text ?? 'See attached.' }
  await transport.sendMail({ ...composed, ...(mail.attachments ? { attachments: mail.attachments } : {}) })
  transport.close()
}

const list = async (): Promise<Mail[]> =>
  (await relay.api<{ items: Mail[] }>('GET', `/v2/company/${companyId}/bill-mail`)).body.items
const settled = (count = 1): Promise<Mail[]> =>
  waitFor(async () => {
    const items = await list()
    return items.length === count && items.every(({ result }) => result !== null) ? items : null
  }, 'the mail to be looked at')

async function rcpt(recipient: string): Promise<number> {
  const smtp = await smtpConnect(relay.ports.smtp)
  await smtp.send('EHLO portal.test')
  await smtp.send('MAIL FROM:<billing@sandbox-power.test>')
  const { code } = await smtp.send(`RCPT TO:<${recipient}>`)
  smtp.quit()
  return code
}

describe('mail to a company’s address for bills', () => {
  it('becomes a job of its documents, and says whether its sender is believed', async () => {
    await send({
      subject: 'Your bill 2026-4711',
      attachments: [
        { filename: 'march.pdf', content: await bill(0) },
        { filename: 'photo.png', content: PNG },
        { filename: 'terms.txt', content: 'Terms and conditions' },
      ],
    })
    const [mail] = await settled()
    expect(mail).toMatchObject({
      sender: 'billing@sandbox-power.test',
      subject: 'Your bill ••••',
      verdict: { level: 'trusted' },
      result: 'documents',
      documents: 2,
      ignored: 1,
    })
    expect(mail?.verdict.reasons.map(({ code }) => code)).toContain('bill_mail')
    const job = await desk.finished(mail!.jobId!)
    expect(job).toMatchObject({ status: 'COMPLETED' })
    expect(job.parsedDocumentIds).toHaveLength(1)
    expect(job.unreadDocumentIds).toHaveLength(1)
    const document = await relay.api<{ bill: { amountDue: { value: number } } }>(
      'GET',
      `/v2/document/${job.parsedDocumentIds[0]}`,
    )
    expect(document.body.bill.amountDue.value).toBeGreaterThan(0)
  })

  it('knows content again that it has, and takes the same message once', async () => {
    const attachments = [{ filename: 'march.pdf', content: await bill(1) }]
    await send({ subject: 'First', attachments })
    const [first] = await settled()
    await desk.finished(first!.jobId!)
    await send({ subject: 'Reminder', attachments })
    const mails = await settled(2)
    const job = await desk.finished(mails.find(({ subject }) => subject === 'Reminder')!.jobId!)
    expect(job).toMatchObject({ parsedDocumentIds: [], duplicates: 1 })
    const sent = {
      to: address,
      subject: 'Once',
      text: 'x',
      messageId: '<once@sandbox-power.test>',
      date: new Date(0),
    }
    await sendMail(relay.ports.smtp, sent)
    await sendMail(relay.ports.smtp, sent)
    expect(await settled(3)).toHaveLength(3)
  })

  it('finds the bill in what a customer forwards, as an attachment of an attachment', async () => {
    const composer = nodemailer.createTransport({ streamTransport: true, buffer: true })
    const { message: inner } = await composer.sendMail({
      from: 'billing@utility.test',
      to: 'pat@customer.test',
      subject: 'Bill',
      html: '<p>Bill <img src="cid:logo"></p>',
      attachments: [
        { filename: 'logo.png', content: PNG, cid: 'logo', contentDisposition: 'inline' },
        { filename: 'april.pdf', content: await bill(2) },
      ],
    })
    await send({
      subject: 'Fwd: Bill',
      from: 'pat@customer.test',
      attachments: [{ filename: 'Bill.eml', content: inner as Buffer, contentType: 'message/rfc822' }],
    })
    const [mail] = await settled()
    // The logo decorates its text.
    expect(mail).toMatchObject({ result: 'documents', documents: 1, ignored: 1, sender: 'pat@customer.test' })
    expect((await desk.finished(mail!.jobId!)).parsedDocumentIds).toHaveLength(1)
  })

  it('without a document stays visible, gives no code, and is copied to nobody', async () => {
    const { connectionId } = await provision(relay, { emails: ['pat@customer.test'] })
    const client = new Relay({ url: relay.url, apiKey: ADMIN_KEY })
    const attempt = await client.openAttempt(connectionId)
    await sendMail(relay.ports.smtp, {
      to: address,
      text: codeText('482913'),
      subject: 'Your code is 482913',
    })
    const [mail] = await settled()
    expect(mail).toMatchObject({ result: 'no_documents', jobId: null, documents: 0 })
    expect(JSON.stringify(mail)).not.toContain('482913')
    expect(await client.waitForCode(attempt.id, { waitSeconds: 0 })).toBeNull()
    const copies = await relay.api<{ total: number }>('GET', `/v2/connection/${connectionId}/deliveries`)
    expect(copies.body.total).toBe(0)
    const operator = await relay.api<{ items: { id: string }[] }>('GET', '/v2/operator/messages?limit=500')
    expect(operator.body.items.map(({ id }) => id)).not.toContain(mail!.messageId)
  })

  it('comes to one address at a time; a retired one is refused, like one that never was', async () => {
    const path = `/v2/company/${companyId}/bill-address`
    expect(address).toMatch(/^bills-[a-z2-7]{16}@relay\.test$/)
    expect(await relay.api('POST', path)).toMatchObject({ status: 200, body: { address } })
    expect([await rcpt(address), await rcpt('bills-aaaaaaaaaaaaaaaa@relay.test')]).toEqual([250, 550])
    expect((await relay.api('DELETE', `${path}/${address}`)).status).toBe(204)
    expect((await relay.api('DELETE', `${path}/${address}`)).status).toBe(404)
    expect(await rcpt(address)).toBe(550)
    const next = await relay.api<{ address: string }>('POST', path)
    expect(next.body.address).not.toBe(address)
    const all = await relay.api<{ items: { address: string; retired: string | null }[] }>('GET', path)
    expect(all.body.items.map((one) => [one.address, one.retired === null])).toEqual([
      [next.body.address, true],
      [address, false],
    ])
    const mime = `/inbound/mime?sender=a@b.test&recipient=${next.body.address}`
    const upload = await fetch(`${relay.url}${mime}`, {
      method: 'POST',
      headers: { 'x-api-key': ADMIN_KEY, 'content-type': 'message/rfc822' },
      body: 'From: a@b.test\r\nSubject: by HTTP\r\n\r\nNo bill.\r\n',
    })
    expect(upload.status).toBe(202)
    expect((await settled())[0]).toMatchObject({ subject: 'by HTTP', result: 'no_documents' })
  })

  it('is seen by its company alone', async () => {
    const other = (await relay.api<{ id: string }>('POST', '/v2/company', { name: 'Other' })).body.id
    const key = await relay.api<{ key: string }>('POST', '/v2/key', { scope: 'company', companyId: other })
    for (const path of ['bill-address', 'bill-mail']) {
      const reply = await relay.api('GET', `/v2/company/${companyId}/${path}`, undefined, key.body.key)
      expect(reply.status).toBe(404)
    }
  })
})
