import { afterEach, beforeEach, expect, it } from 'vitest'
import { CONTACT, OWNER, startNoticeRelay, to } from '../support/notice-relay.ts'
import type { TestRelay } from '../support/relay.ts'
import type { SmtpSink } from '../support/smtp-sink.ts'
import { waitFor } from '../support/wait-for.ts'

/* A login breaks, and the people whom it concerns have a mail about it in a real mailbox. */

let sink: SmtpSink
let relay: TestRelay
let close: () => Promise<void>
beforeEach(async () => {
  ;({ sink, relay, close } = await startNoticeRelay())
})
afterEach(() => close())

async function connect(): Promise<{ companyId: string; connectionId: string }> {
  const company = await relay.api<{ id: string }>('POST', '/v2/company', {
    name: 'Example Energy',
    contactEmail: CONTACT,
  })
  const connection = await relay.api<{ id: string }>('POST', `/v2/connection/company/${company.body.id}`, {
    utility: 'sandbox-power',
    username: 'pat-the-user',
    password: 'not-a-real-one',
    connectionOwnerEmail: OWNER,
    externalId: 'Site 12',
  })
  return { companyId: company.body.id, connectionId: connection.body.id }
}
async function logIn(connectionId: string, outcome: object) {
  const attempt = await relay.api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})
  await relay.api('POST', `/v2/attempt/${attempt.body.id}/outcome`, outcome)
}

it('tells the owner and the company what is wrong and what to do, and stops on request', async () => {
  const { companyId, connectionId } = await connect()
  await logIn(connectionId, { status: 'CONNECTED' })
  await logIn(connectionId, { status: 'PASSWORD_INCORRECT' })
  const mail = await sink.waitFor(to(OWNER), 60_000)
  const { parsed } = mail
  expect(parsed.subject).toBe('Your Sandbox Power login needs attention')
  expect(parsed.text).toContain('Sandbox Power did not take the user name and password that we have.')
  expect(parsed.text).toContain('reconnect with the right ones')
  expect(parsed.html).toContain('Sandbox Power did not take the user name')
  expect(parsed.from).toMatchObject({ name: 'Example Energy via MFA Relay', address: 'codes@relay.test' })
  const header = (name: string) => parsed.headers.find(({ key }) => key === name)?.value
  expect(header('auto-submitted')).toBe('auto-generated')
  expect(mail.raw.toString()).not.toMatch(/pat-the-user|not-a-real-one/)
  expect(parsed.text).not.toContain('Site 12')
  const other = await sink.waitFor(to(CONTACT), 60_000)
  expect(other.parsed.text).toContain('Site 12')
  expect(other.parsed.messageId).not.toBe(parsed.messageId)

  const link = /http:\/\/localhost:\d+\/r\/notices\/\S+/.exec(parsed.text!)![0]
  expect(mail.raw.toString()).toContain(`List-Unsubscribe: <${link}>`)
  const page = await fetch(link)
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining(OWNER)])
  const oneClick = { method: 'POST', body: new URLSearchParams('List-Unsubscribe=One-Click') }
  expect((await fetch(link, oneClick)).status).toBe(200)
  expect(await (await fetch(link)).text()).toContain('You will get no more mails')
  expect((await fetch(`${relay.url}/r/notices/nonsense`)).status).toBe(404)
  const audit = await relay.api<{ items: { action: string }[] }>('GET', '/v2/audit')
  expect(audit.body.items.filter(({ action }) => action === 'notices.stopped')).toHaveLength(1)

  // A second login that breaks: the owner of both has stopped it, the company has not.
  const second = await relay.api<{ id: string }>('POST', `/v2/connection/company/${companyId}`, {
    utility: 'sandbox-power',
    connectionOwnerEmail: OWNER,
    externalId: 'Site 13',
  })
  await logIn(second.body.id, { status: 'NEW_PASSWORD_NEEDED' })
  await waitFor(
    () => sink.mails.some((one) => to(CONTACT)(one) && one.parsed.text?.includes('Site 13')),
    'the second mail',
    60_000,
  )
  expect(sink.mails.filter(to(OWNER))).toHaveLength(1)
}, 180_000)
