import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBrowser, startBrowser, type TestBrowser } from '../support/browser.ts'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { provision, startRelay, type TestRelay } from '../support/relay.ts'
import { type ReceivedMail, type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'

/* Hosted pages as a customer sees them: in a real browser, by the links of real mails. */

const PATIENCE_MS = 20_000
// Installing a browser on a bare machine takes a while.
const SETUP_MS = 300_000

const executable = findBrowser()
let browser: TestBrowser
let sink: SmtpSink
let relay: TestRelay

beforeAll(async () => {
  if (executable === null) return
  browser = await startBrowser(executable)
  sink = await startSmtpSink()
  relay = await startRelay({ OUTBOUND_SMTP_URL: sink.smtpUrl, RECIPIENT_CONFIRMATION: 'required' })
}, SETUP_MS)
afterAll(async () => {
  if (executable === null) return
  await browser.close()
  await relay.close()
  relay.remove()
  await sink.close()
})

const mailTo = (address: string, fits: (mail: ReceivedMail) => boolean) =>
  sink.waitFor((mail) => mail.envelope.to.includes(address) && fits(mail), PATIENCE_MS)
const linkIn = (mail: ReceivedMail, path: string): string => {
  const link = new RegExp(`http://localhost:\\d+${path}/\\S+`).exec(mail.parsed.text ?? '')?.[0]
  if (!link) throw new Error(`no link to ${path} in the mail`)
  return link
}

describe.runIf(executable !== null)('a new recipient', () => {
  it('confirms on the page, gets copies from then on, and can stop them', async () => {
    const pat = 'pat@customer.test'
    const { connectionId, emailAddress } = await provision(relay, { emails: [pat] })
    const question = await mailTo(pat, (mail) => mail.parsed.text?.includes('/r/confirm/') ?? false)
    await sendMail(relay.ports.smtp, { to: emailAddress, text: codeText('121314') })
    const before = await relay.api<{ items: { kind: string }[] }>(
      'GET',
      `/v2/connection/${connectionId}/deliveries`,
    )
    expect(before.body.items.filter(({ kind }) => kind === 'code_copy')).toEqual([])

    const { page, complaints } = await browser.open(linkIn(question, '/r/confirm'))
    await page.getByRole('button').click()
    await page.waitForLoadState()
    expect(await page.locator('main, body').first().innerText()).toContain(pat)
    expect(complaints).toEqual([])

    await sendMail(relay.ports.smtp, { to: emailAddress, text: codeText('232425') })
    const copy = await mailTo(pat, (mail) => mail.parsed.text?.includes('232425') ?? false)
    const stop = await browser.open(linkIn(copy, '/r/stop'))
    await stop.page.getByRole('button').click()
    await stop.page.waitForLoadState()
    const after = await relay.api<{ recipients: { emails: { state: string }[] } }>(
      'GET',
      `/v2/connection/${connectionId}/mfa`,
    )
    expect(after.body.recipients.emails).toMatchObject([{ state: 'stopped' }])
  })
})

describe.runIf(executable !== null)('the API’s own page', () => {
  it('shows the whole API without a complaint of the browser', async () => {
    const { page, complaints } = await browser.open(`${relay.url}/docs`)
    await page.getByText('/v2/connection/{id}/attempt').first().waitFor()
    expect(complaints).toEqual([])
  })
})
