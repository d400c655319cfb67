import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type HandshakeWorld, letter, startHandshakeWorld } from '../handshake/world.ts'
import { hasPostfix, type Postfix, startPostfix } from '../support/postfix.ts'
import { PATIENCE_MS, patiently, submit } from '../support/postfix-mail.ts'
import { provision } from '../support/relay.ts'

/* Postfix as a portal's mail server, with records in DNS and mail signed before it is handed over. */

const PORTAL = 'sandbox-power.test'
const PORTAL_HOST = '127.0.0.2'
const SENDER = `no-reply@${PORTAL}`

type Message = {
  id: string
  verdict: { level: string; reasons: { code: string }[] }
  extraction: { kind: string }
}

vi.setConfig({ testTimeout: 2 * PATIENCE_MS, hookTimeout: 2 * PATIENCE_MS })

describe.runIf(hasPostfix())('a portal that sends with Postfix', () => {
  let world: HandshakeWorld
  let postfix: Postfix
  beforeAll(async () => {
    world = await startHandshakeWorld({ READ_DEADLINE_MS: '30000' })
    world.dns.set('TXT', PORTAL, `v=spf1 ip4:${PORTAL_HOST} -all`)
    world.dns.set('TXT', `_dmarc.${PORTAL}`, 'v=DMARC1; p=reject')
    postfix = await startPostfix({
      hostname: `mx.${PORTAL}`,
      sendsFrom: PORTAL_HOST,
      routes: { 'relay.test': world.relay.ports.smtp },
      mailboxes: [SENDER],
    })
  })
  afterAll(async () => {
    await postfix?.close()
    await world?.close()
  })

  const codeMail = (to: string, code: string) =>
    world.sign(
      letter({
        from: `Sandbox Power <${SENDER}>`,
        to,
        subject: 'Your sign-in code',
        text: `Your Sandbox Power verification code is ${code}`,
      }),
      PORTAL,
    )
  const send = (raw: string, to: string) => submit(postfix.port, raw, { from: SENDER, to })
  const messagesOf = async (connectionId: string) =>
    (await world.relay.api<{ items: Message[] }>('GET', `/v2/connection/${connectionId}/messages`)).body.items
  const logged = (pattern: RegExp) => patiently(() => pattern.exec(postfix.log()), `${pattern} in its log`)

  it('is believed by SPF, DKIM and DMARC, over TLS', async () => {
    const { connectionId, emailAddress } = await provision(world.relay)
    const attempt = await world.relay.api<{ id: string }>(
      'POST',
      `/v2/connection/${connectionId}/attempt`,
      {},
    )
    await send(await codeMail(emailAddress, '604857'), emailAddress)
    const code = await world.relay.api('GET', `/v2/attempt/${attempt.body.id}/code?wait=50`)
    expect(code.body).toMatchObject({ code: '604857', verdict: 'trusted' })
    const [message] = await messagesOf(connectionId)
    const reasons = message!.verdict.reasons.map((reason) => reason.code)
    expect(reasons).toEqual(expect.arrayContaining(['spf_pass_aligned', 'dkim_pass_aligned']))
    await logged(/TLS connection established to 127\.0\.0\.1.*: TLSv1\.3/)
    await logged(new RegExp(`to=<${emailAddress}>.*status=sent \\(250 .*kept as ${message!.id}`))
    await patiently(async () => (await postfix.queue()).length === 0, 'an empty queue')
    await postfix.show('after a mail that was taken')
  })

  it('keeps what we cannot judge while DNS is silent, and brings it again', async () => {
    const { connectionId, emailAddress } = await provision(world.relay)
    const attempt = await world.relay.api<{ id: string }>(
      'POST',
      `/v2/connection/${connectionId}/attempt`,
      {},
    )
    world.dns.break(PORTAL, 'SERVFAIL')
    await send(await codeMail(emailAddress, '271905'), emailAddress)
    const [waiting] = await patiently(async () => {
      const queue = await postfix.queue()
      return queue[0]?.recipients[0]?.delay_reason ? queue : null
    }, 'the mail in its queue')
    expect(waiting).toMatchObject({
      sender: SENDER,
      recipients: [{ address: emailAddress, delay_reason: expect.stringMatching(/said: 451 4\.\d\.\d /) }],
    })
    await postfix.show('while DNS is silent')
    expect(await messagesOf(connectionId)).toEqual([])
    world.dns.mend(PORTAL)
    await postfix.flush()
    const code = await world.relay.api('GET', `/v2/attempt/${attempt.body.id}/code?wait=50`)
    expect(code.body).toMatchObject({ code: '271905', verdict: 'trusted' })
    expect(await messagesOf(connectionId)).toHaveLength(1)
    await patiently(async () => (await postfix.queue()).length === 0, 'an empty queue')
  })

  it('hears at once that a recipient does not exist, and tells its sender', async () => {
    const nobody = 'mfa-aaaaaaaaaaaaaaaa@relay.test'
    await send(await codeMail(nobody, '118822'), nobody)
    await logged(new RegExp(`to=<${nobody}>.*status=bounced .*said: 550 5\\.1\\.1 `))
    const [bounce] = await patiently(() => {
      const mails = postfix.mails(SENDER)
      return mails.length > 0 ? mails : null
    }, 'the bounce in the portal’s mailbox')
    expect(bounce).toMatch(/^Action: failed$/m)
    expect(bounce).toMatch(/^Status: 5\.1\.1$/m)
    await postfix.show('after a mail to nobody')
  })

  it('that somebody without a key uses is not believed, and not bounced', async () => {
    const { connectionId, emailAddress } = await provision(world.relay)
    const forged = letter({
      from: `Sandbox Power <${SENDER}>`,
      to: emailAddress,
      subject: 'Your sign-in code',
      text: 'Your Sandbox Power verification code is 999111',
    })
    const evil = await startPostfix({
      hostname: 'mx.evil.test',
      sendsFrom: '127.0.0.66',
      routes: { 'relay.test': world.relay.ports.smtp },
    })
    try {
      await submit(evil.port, forged, { from: SENDER, to: emailAddress })
      const [message] = await patiently(async () => {
        const messages = await messagesOf(connectionId)
        return messages.length > 0 ? messages : null
      }, 'the forged mail')
      expect(message!.verdict.level).toBe('untrusted')
      expect(message!.verdict.reasons.map(({ code }) => code)).toContain('dmarc_fail')
      await patiently(() => /status=sent/.exec(evil.log()), 'the 250')
    } finally {
      await evil.close()
    }
  })
})
