import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { provision, startRelay, type TestRelay } from '../support/relay.ts'
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'

/* The pages where they are served: behind the whole relay, with the link from a real mail. */

let sink: SmtpSink
let relay: TestRelay
beforeEach(async () => {
  sink = await startSmtpSink()
  relay = await startRelay({ RECIPIENT_CONFIRMATION: 'required', OUTBOUND_SMTP_URL: sink.smtpUrl })
})
afterEach(async () => {
  await relay.close()
  relay.remove()
  await sink.close()
})

type Mfa = { recipients: { emails: { address: string; state: string }[] } }

describe('the pages of a running relay', () => {
  it('let a new recipient confirm with the link from their mail, and stop again', async () => {
    const { connectionId } = await provision(relay, { emails: ['pat@customer.test'] })
    const stateOf = async () =>
      (await relay.api<Mfa>('GET', `/v2/connection/${connectionId}/mfa`)).body.recipients.emails[0]?.state
    expect(await stateOf()).toBe('pending')

    const mail = await sink.waitFor(() => true, 15_000)
    const [link] = /http:\/\/localhost:\d+\/r\/confirm\/\S+/.exec(mail.parsed.text!)!
    const page = await fetch(link)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain("style-src 'sha256-")
    expect(await stateOf()).toBe('pending')
    expect((await fetch(link, { method: 'POST' })).status).toBe(200)
    expect(await stateOf()).toBe('confirmed')

    const header = mail.parsed.headers.find(({ key }) => key === 'list-unsubscribe')!.value
    const oneClick = { method: 'POST', body: new URLSearchParams('List-Unsubscribe=One-Click') }
    expect((await fetch(/<(.*)>/.exec(header)![1]!, oneClick)).status).toBe(200)
    expect(await stateOf()).toBe('stopped')
  })

  it('are pages for wrong links too', async () => {
    const response = await fetch(`${relay.url}/r/confirm/nonsense`)
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toMatch(/^text\/html/)
    expect(response.headers.get('cache-control')).toBe('no-store')
  })
})
