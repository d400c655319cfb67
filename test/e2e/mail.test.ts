import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CodeTimeout, Relay } from '../../src/client/index.ts'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { ADMIN_KEY, provision, startRelay, type TestRelay } from '../support/relay.ts'
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'

let sink: SmtpSink
let relay: TestRelay
let client: Relay

beforeAll(async () => {
  sink = await startSmtpSink()
  relay = await startRelay({ OUTBOUND_SMTP_URL: sink.smtpUrl })
  client = new Relay({ url: relay.url, apiKey: ADMIN_KEY })
})
afterAll(async () => {
  await relay.close()
  relay.remove()
  await sink.close()
})

const statusOf = async (connectionId: string): Promise<unknown> =>
  (await relay.api('GET', `/v2/connection/${connectionId}/details`)).body.status

describe('a code by mail', () => {
  it('reaches the waiting runner, and a copy reaches the customer', async () => {
    const { connectionId, emailAddress } = await provision(relay, { emails: ['pat@customer.test'] })
    const code = await client.login(connectionId, async (login) => {
      const waiting = login.code({ timeoutMs: 20_000 })
      await sendMail(relay.ports.smtp, { to: emailAddress, text: codeText('481920') })
      return waiting
    })
    expect(code).toMatchObject({ code: '481920', channel: 'email', verdict: 'trusted' })
    expect(await statusOf(connectionId)).toBe('CONNECTED')

    const copy = await sink.waitFor((mail) => mail.envelope.to.includes('pat@customer.test'), 15_000)
    expect(copy.parsed.text).toContain('481920')
    expect(copy.parsed.html).toContain('481920')
    expect(copy.envelope.from).toMatch(/^b-.+@relay\.test$/)
    expect(copy.parsed.headers.find(({ key }) => key === 'auto-submitted')?.value).toBe('auto-generated')
  })

  it('is found in whatever case the address was typed', async () => {
    const { connectionId, emailAddress } = await provision(relay)
    await client.login(connectionId, async (login) => {
      await sendMail(relay.ports.smtp, { to: emailAddress.toUpperCase(), text: codeText('113355') })
      expect((await login.code({ timeoutMs: 20_000 })).code).toBe('113355')
    })
  })

  it('comes once, however often the same message is sent', async () => {
    const { connectionId, emailAddress } = await provision(relay, { emails: ['once@customer.test'] })
    const mail = {
      to: emailAddress,
      text: codeText('775533'),
      messageId: '<repeated@sandbox-power.test>',
      date: new Date(),
    }
    await client
      .login(connectionId, async (login) => {
        await sendMail(relay.ports.smtp, mail)
        await sendMail(relay.ports.smtp, mail)
        const first = await login.code({ timeoutMs: 20_000 })
        await expect(login.code({ timeoutMs: 1, after: first.id })).rejects.toBeInstanceOf(CodeTimeout)
      })
      .catch(() => undefined)
    const messages = await relay.api<{ total: number }>('GET', `/v2/connection/${connectionId}/messages`)
    expect(messages.body.total).toBe(1)
    await sink.waitFor((m) => m.envelope.to.includes('once@customer.test'), 15_000)
    const deliveries = await relay.api<{ total: number }>('GET', `/v2/connection/${connectionId}/deliveries`)
    expect(deliveries.body.total).toBe(1)
  })

  it('is not taken from before the attempt, nor handed to a second one', async () => {
    const { connectionId, emailAddress } = await provision(relay)
    await sendMail(relay.ports.smtp, { to: emailAddress, text: codeText('101010') })
    const open = await relay.api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})
    const early = await relay.api('GET', `/v2/attempt/${open.body.id}/code?wait=0`)
    expect(early.status).toBe(204)
    const second = await relay.api<{ error: { code: string; details: { attemptId: string } } }>(
      'POST',
      `/v2/connection/${connectionId}/attempt`,
      {},
    )
    expect(second.status).toBe(409)
    expect(second.body.error).toMatchObject({ code: 'attempt_open', details: { attemptId: open.body.id } })
  })
})

describe('what is no code', () => {
  it('of an unknown sender is kept in quarantine, visible, never claimable, never copied', async () => {
    const { connectionId, emailAddress } = await provision(relay, { emails: ['safe@customer.test'] })
    const error = await client
      .login(connectionId, async (login) => {
        await sendMail(relay.ports.smtp, {
          to: emailAddress,
          from: 'no-reply@sandbox-power.evil.test',
          text: codeText('666666'),
        })
        await login.code({ timeoutMs: 1_000 })
      })
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CodeTimeout)
    expect((error as CodeTimeout).seen).toMatchObject([{ verdict: 'untrusted', result: 'quarantined' }])
    expect(await statusOf(connectionId)).toBe('MFA_TOKEN_EXPIRED')
    const deliveries = await relay.api<{ total: number }>('GET', `/v2/connection/${connectionId}/deliveries`)
    expect(deliveries.body.total).toBe(0)
  })

  it('with two codes is ambiguous, and nothing is handed out', async () => {
    const { connectionId, emailAddress } = await provision(relay)
    const open = await relay.api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})
    const text = 'Your verification code is 224466.\r\n\r\nYour verification code is 335577.\r\n'
    await sendMail(relay.ports.smtp, { to: emailAddress, text })
    const poll = await relay.api('GET', `/v2/attempt/${open.body.id}/code?wait=0`)
    expect(poll.status).toBe(204)
    const attempt = await relay.api<{ seen: { result: string }[] }>('GET', `/v2/attempt/${open.body.id}`)
    expect(attempt.body.seen.map(({ result }) => result)).toEqual(['ambiguous'])
  })
})

describe('at the door', () => {
  it('an unknown recipient is refused with 550', async () => {
    await expect(
      sendMail(relay.ports.smtp, { to: 'mfa-aaaaaaaaaaaaaaaa@relay.test', text: 'x' }),
    ).rejects.toMatchObject({ responseCode: 550 })
  })

  it('a retired address is refused, and never given out again', async () => {
    const { connectionId, emailAddress } = await provision(relay)
    const gone = await relay.api('DELETE', `/v2/connection/${connectionId}/mfa/mailbox/${emailAddress}`)
    expect(gone.status).toBeLessThan(300)
    await expect(sendMail(relay.ports.smtp, { to: emailAddress, text: 'x' })).rejects.toMatchObject({
      responseCode: 550,
    })
    const again = await relay.api<{ emailAddress: string }>('PUT', `/v2/connection/${connectionId}/mfa`, {
      method: 'managed_forwarding',
      recipients: { emails: [], phones: [] },
    })
    expect(again.body.emailAddress).not.toBe(emailAddress)
  })

  it('mail to postmaster is taken for the operator', async () => {
    await sendMail(relay.ports.smtp, {
      to: 'postmaster@relay.test',
      from: 'someone@example.com',
      text: 'Hello',
    })
  })
})
