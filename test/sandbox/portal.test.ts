import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeBrowser } from '../../src/sandbox/browser.ts'
import { type Portal, startPortal } from '../../src/sandbox/portal.ts'
import type { OutgoingSms } from '../../src/sandbox/send-code.ts'
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'
import { waitFor } from '../support/wait-for.ts'

const PAT = {
  username: 'pat@example.com',
  password: 'not-a-real-password',
  email: 'mfa-aaaaaaaaaaaaaaaa@relay.test',
  phone: '+14155550100',
}

let relay: SmtpSink
let portal: Portal
let texts: OutgoingSms[]
beforeEach(async () => {
  texts = []
  relay = await startSmtpSink()
  portal = await startPortal({
    smtp: { host: '127.0.0.1', port: relay.port },
    sendSms: async (sms) => void texts.push(sms),
    accounts: [PAT],
  })
})
afterEach(async () => {
  await portal.close()
  await relay.close()
})

const login = (browser = makeBrowser(portal.url), query = '', password = PAT.password) =>
  browser.submit(`/login${query}`, { username: PAT.username, password })
const codeIn = (text: string | undefined) => /\b\d{6}\b/.exec(text ?? '')?.[0] ?? ''
const mailTo = async (count: number) => {
  await waitFor(() => relay.mails.length >= count, `${count} mails`)
  return relay.mails.map(({ parsed }) => parsed)
}

describe('signing in at Sandbox Power', () => {
  it('takes the code that it mailed, and gives a bill', async () => {
    const browser = makeBrowser(portal.url)
    expect((await login(browser)).path).toBe('/mfa')
    const [mail] = await mailTo(1)
    expect(mail!.text).toContain('Your Sandbox Power verification code is ')
    expect(mail!.from?.address).toBe('no-reply@sandbox-power.test')
    const bills = await browser.submit('/mfa', { code: codeIn(mail!.text) })
    expect(bills.path).toBe('/bills')
    const pdf = await browser.get('/bills/2026-10.pdf')
    expect(pdf.text).toMatch(/^%PDF-1\.4\n[\s\S]*Sandbox Power[\s\S]*%%EOF\n$/)
  })

  it('has a cross-reference table in its bill that a reader can follow', async () => {
    const browser = makeBrowser(portal.url)
    await login(browser)
    const [mail] = await mailTo(1)
    await browser.submit('/mfa', { code: codeIn(mail!.text) })
    const { text } = await browser.get('/bills/2026-10.pdf')
    const table = Number(/startxref\n(\d+)/.exec(text)![1])
    expect(text.slice(table, table + 4)).toBe('xref')
    const offsets = [...text.slice(table).matchAll(/^(\d{10}) 00000 n/gm)].map((match) => Number(match[1]))
    expect(offsets.map((offset, index) => text.slice(offset, offset + 5) === `${index + 1} 0 o`)).toEqual(
      offsets.map(() => true),
    )
  })

  it('sends an SMS from its short code when asked', async () => {
    const browser = makeBrowser(portal.url)
    await login(browser, '?via=sms')
    await waitFor(() => texts.length > 0, 'an SMS')
    expect(texts[0]).toMatchObject({
      from: '72345',
      to: PAT.phone,
      sid: expect.stringMatching(/^SM[0-9a-f]{32}$/),
    })
    expect((await browser.submit('/mfa', { code: codeIn(texts[0]!.body) })).path).toBe('/bills')
  })

  it('shows nothing without the code', async () => {
    const browser = makeBrowser(portal.url)
    expect((await browser.get('/bills/2026-10.pdf')).path).toBe('/login')
    await login(browser)
    expect((await browser.get('/bills/2026-10.pdf')).path).toBe('/mfa')
  })

  it('refuses a wrong password', async () => {
    const page = await login(undefined, '', 'wrong')
    expect(page.status).toBe(401)
    expect(portal.sent).toEqual([])
  })

  it('locks the account after three wrong codes, also for the right one and the next login', async () => {
    const browser = makeBrowser(portal.url)
    await login(browser)
    const [mail] = await mailTo(1)
    const right = codeIn(mail!.text)
    const wrong = right === '000000' ? '000001' : '000000'
    expect((await browser.submit('/mfa', { code: wrong })).status).toBe(401)
    expect((await browser.submit('/mfa', { code: wrong })).status).toBe(401)
    expect((await browser.submit('/mfa', { code: wrong })).status).toBe(423)
    expect((await browser.submit('/mfa', { code: right })).status).toBe(423)
    expect((await login()).status).toBe(423)
    portal.unlock(PAT.username)
    expect((await login()).path).toBe('/mfa')
  })
})

describe('what can be made to go wrong', () => {
  it('resend: the newer code counts, the older no longer', async () => {
    const browser = makeBrowser(portal.url)
    await login(browser)
    const [first] = await mailTo(1)
    await browser.submit('/mfa/resend', {})
    const [, second] = await mailTo(2)
    expect((await browser.submit('/mfa', { code: codeIn(first!.text) })).status).toBe(401)
    expect((await browser.submit('/mfa', { code: codeIn(second!.text) })).path).toBe('/bills')
  })

  it('resendAfterMs: it does so by itself', async () => {
    await login(undefined, '?resendAfterMs=1')
    const [first, second] = await mailTo(2)
    expect(codeIn(first!.text)).not.toBe(codeIn(second!.text))
  })

  it('duplicate: the same message twice, with the same id', async () => {
    await login(undefined, '?duplicate=true')
    await login(undefined, '?duplicate=true&via=sms')
    const [first, second] = await mailTo(2)
    expect(first!.messageId).toBe(second!.messageId)
    await waitFor(() => texts.length === 2, 'two SMS')
    expect(texts[0]).toEqual(texts[1])
  })

  it('wrongSender: not the sender that the utility is known by', async () => {
    await login(undefined, '?wrongSender=true')
    await login(undefined, '?wrongSender=true&via=sms')
    const [mail] = await mailTo(1)
    expect(mail!.from?.address).not.toMatch(/@sandbox-power\.test$/)
    await waitFor(() => texts.length === 1, 'an SMS')
    expect(texts[0]!.from).not.toBe('72345')
  })

  it('changedFormat: other words, the same code', async () => {
    const browser = makeBrowser(portal.url)
    await login(browser, '?changedFormat=true')
    const [mail] = await mailTo(1)
    expect(mail!.text).not.toContain('verification code is')
    expect((await browser.submit('/mfa', { code: codeIn(mail!.text) })).path).toBe('/bills')
  })

  it('twoCodes: two different codes in one message, the first is right', async () => {
    const browser = makeBrowser(portal.url)
    await login(browser, '?twoCodes=true')
    const [mail] = await mailTo(1)
    const codes = mail!.text!.match(/\b\d{6}\b/g)!
    expect(new Set(codes).size).toBe(2)
    expect((await browser.submit('/mfa', { code: codes[0]! })).path).toBe('/bills')
  })

  it('expirySeconds: the code is refused once it has expired, without counting as wrong', async () => {
    const browser = makeBrowser(portal.url)
    await login(browser, '?expirySeconds=0')
    const [mail] = await mailTo(1)
    for (let n = 0; n < 4; n += 1) {
      const page = await browser.submit('/mfa', { code: codeIn(mail!.text) })
      expect(page.text).toContain('has expired')
    }
  })

  it('drop and delayMs: nothing comes, or later; closing does not wait for it', async () => {
    await login(undefined, '?drop=true')
    await login(undefined, '?delayMs=600000')
    await login()
    expect(await mailTo(1)).toHaveLength(1)
  })

  it('is set for all logins over HTTP, and says what it does not know', async () => {
    const set = (body: unknown) =>
      fetch(`${portal.url}/sandbox/knobs`, { method: 'POST', body: JSON.stringify(body) })
    expect(await (await set({ duplicate: true })).json()).toMatchObject({ duplicate: true, delayMs: 0 })
    await login()
    await mailTo(2)
    const refused = await set({ duplicated: true })
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('duplicated')
    expect((await login(undefined, '?nonsense=1')).status).toBe(400)
  })

  it('accounts are set over HTTP too', async () => {
    const account = { username: 'sam', password: 'secret-word', email: 'mfa-bbbbbbbbbbbbbbbb@relay.test' }
    await fetch(`${portal.url}/sandbox/accounts`, { method: 'POST', body: JSON.stringify(account) })
    await makeBrowser(portal.url).submit('/login', { username: 'sam', password: 'secret-word' })
    const [mail] = await mailTo(1)
    expect(mail!.to?.[0]?.address).toBe(account.email)
  })
})
