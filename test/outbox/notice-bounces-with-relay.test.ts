import { afterAll, beforeAll, expect, it } from 'vitest'
import { BOUNCE_SAMPLES } from '../inbound/bounce-samples.ts'
import { CONTACT, OWNER, startNoticeRelay, to } from '../support/notice-relay.ts'
import type { TestRelay } from '../support/relay.ts'
import { sendReport } from '../support/report-mail.ts'
import type { SmtpSink } from '../support/smtp-sink.ts'
import { waitFor } from '../support/wait-for.ts'

/* What comes back of mails to people, at a whole relay: a real mail to a real mail server, and its report. */

let sink: SmtpSink
let relay: TestRelay
let close: () => Promise<void>
beforeAll(async () => {
  ;({ sink, relay, close } = await startNoticeRelay())
})
afterAll(() => close())
const unknownUser = BOUNCE_SAMPLES.find(({ name }) => name.startsWith('Postfix: unknown'))!

/** A connection of this owner whose login breaks. */
async function broken(companyId: string, externalId: string): Promise<void> {
  const created = await relay.api<{ id: string }>('POST', `/v2/connection/company/${companyId}`, {
    utility: 'sandbox-power',
    connectionOwnerEmail: OWNER,
    externalId,
  })
  const { body } = await relay.api<{ id: string }>('POST', `/v2/connection/${created.body.id}/attempt`, {})
  await relay.api('POST', `/v2/attempt/${body.id}/outcome`, { status: 'PASSWORD_INCORRECT' })
}

it('a report that the mailbox does not exist ends mails to that person, and to nobody else', async () => {
  const company = await relay.api<{ id: string }>('POST', '/v2/company', {
    name: 'Example Energy',
    contactEmail: CONTACT,
  })
  await broken(company.body.id, 'Site 1')
  const mail = await sink.waitFor(to(OWNER), 60_000)
  const forged = mail.envelope.from.replace(/^b-./, (start) => (start === 'b-0' ? 'b-1' : 'b-0'))
  expect((await sendReport(relay.ports.smtp, forged, unknownUser.mime(OWNER))).code).toBe(550)
  expect((await sendReport(relay.ports.smtp, mail.envelope.from, unknownUser.mime(OWNER))).code).toBe(250)
  const audit = await relay.api<{ items: { action: string; detail: string | null }[] }>('GET', '/v2/audit')
  expect(audit.body.items.filter(({ action }) => action === 'notices.stopped')).toMatchObject([
    { detail: 'hard_bounces (5.1.1)' },
  ])
  const link = /http:\/\/localhost:\d+\/r\/notices\/\S+/.exec(mail.parsed.text!)![0]
  expect(await (await fetch(link)).text()).toContain('no more mails')

  await broken(company.body.id, 'Site 2')
  await waitFor(
    () => sink.mails.some((one) => to(CONTACT)(one) && one.parsed.text?.includes('Site 2')),
    'the mail to the company',
    60_000,
  )
  expect(sink.mails.filter(to(OWNER))).toHaveLength(1)
}, 180_000)
