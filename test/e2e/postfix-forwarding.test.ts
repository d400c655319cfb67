import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type HandshakeWorld, letter, startHandshakeWorld } from '../handshake/world.ts'
import { hasPostfix, type Postfix, startPostfix } from '../support/postfix.ts'
import { type Filter, PATIENCE_MS, patiently, startFilter, submit } from '../support/postfix-mail.ts'
import { provision } from '../support/relay.ts'

/* Postfix as the mail server of a customer who forwards to us, and as the one that our copies are handed to. */

const PORTAL = 'sandbox-power.test'
const CUSTOMER_HOST = '127.0.0.3'
const BOX = 'pat-box@customer.test'

type Message = {
  id: string
  subject: string
  verdict: { level: string; forwardedBy: string | null; reasons: { code: string }[] }
  extraction: { kind: string }
}

vi.setConfig({ testTimeout: 2 * PATIENCE_MS, hookTimeout: 2 * PATIENCE_MS })

describe.runIf(hasPostfix())('a customer whose Postfix forwards to us', () => {
  let world: HandshakeWorld
  let postfix: Postfix
  let filter: Filter
  /** What the customer's mail server does to a message on its way. */
  let onTheWay: (raw: string) => Promise<string>
  const customers: { inbox: string; connectionId: string }[] = []
  let inbox: string
  let connectionId: string

  beforeAll(async () => {
    filter = await startFilter((raw) => onTheWay(raw))
    const options = { hostname: 'mx.customer.test', sendsFrom: CUSTOMER_HOST, filterPort: filter.port }
    postfix = await startPostfix(options)
    filter.giveBackTo(postfix.reinjectPort)
    world = await startHandshakeWorld({ OUTBOUND_SMTP_URL: postfix.smtpUrl, READ_DEADLINE_MS: '30000' })
    world.dns.set('TXT', PORTAL, 'v=spf1 ip4:127.0.0.2 -all')
    world.dns.set('TXT', `_dmarc.${PORTAL}`, 'v=DMARC1; p=reject')
    world.dns.set('TXT', 'customer.test', `v=spf1 ip4:${CUSTOMER_HOST} -all`)
    const aliases: Record<string, string[]> = {}
    for (const name of ['pat1', 'pat2', 'pat3', 'pat4', 'pat5']) {
      const address = `${name}@customer.test`
      const set = { method: 'inbox_forwarding', inboxAddresses: [address], emails: [address] }
      const { connectionId, emailAddress } = await provision(world.relay, set)
      customers.push({ inbox: address, connectionId })
      // The customer's rule: everything goes to their own box and to us.
      aliases[address] = [BOX, emailAddress]
    }
    await postfix.change({
      mailboxes: [BOX],
      routes: { 'relay.test': world.relay.ports.smtp },
      aliases,
      rewriteSenders: { '/^bounces-(pat[0-9])@(.*)$/': '$1+SRS=Ab1c=X2=$2=bounces@customer.test' },
    })
  })
  beforeEach(() => {
    onTheWay = async (raw) => raw
    const next = customers.shift()!
    inbox = next.inbox
    connectionId = next.connectionId
  })
  afterAll(async () => {
    await postfix?.close()
    await filter?.close()
    await world?.close()
  })

  const send = async (code: string, options: { rewritten: boolean }) => {
    const text = `Your Sandbox Power verification code is ${code}`
    const mail = letter({ from: `Sandbox Power <no-reply@${PORTAL}>`, to: inbox, subject: 'Your code', text })
    const from = options.rewritten ? `bounces-${inbox.split('@')[0]}@${PORTAL}` : `no-reply@${PORTAL}`
    await submit(postfix.port, await world.sign(mail, PORTAL), { from, to: inbox })
  }
  const messages = async () =>
    (await world.relay.api<{ items: Message[] }>('GET', `/v2/connection/${connectionId}/messages`)).body.items
  /** The mail of the portal, as the relay has it. */
  const forwarded = () => patiently(async () => (await messages()).at(-1), 'the forwarded mail')
  const reasonsOf = ({ verdict }: Message) => verdict.reasons.map(({ code }) => code)

  it('by an alias is believed for the signature that survived', async () => {
    await send('604857', { rewritten: false })
    const message = await forwarded()
    expect(message.verdict).toMatchObject({ level: 'trusted', forwardedBy: null })
    expect(reasonsOf(message)).toEqual(expect.arrayContaining(['spf_fail', 'dkim_pass_aligned']))
    await patiently(() => postfix.mails(BOX).some((mail) => mail.includes('604857')), 'their own copy')
    await postfix.show('after a forwarded mail')
  })

  it('with a rewritten envelope is known as the inbox that forwards', async () => {
    await send('271905', { rewritten: true })
    expect((await forwarded()).verdict).toMatchObject({ level: 'trusted', forwardedBy: inbox })
  })

  it('and puts a footer under it is not believed, and its mail is kept', async () => {
    onTheWay = async (raw) => `${raw}\r\nSent through customer.test\r\n`
    await send('118822', { rewritten: true })
    const message = await forwarded()
    expect(message.verdict.level).toBe('untrusted')
    expect(reasonsOf(message)).toEqual(expect.arrayContaining(['dkim_neutral', 'dmarc_fail']))
    await patiently(async () => (await postfix.queue()).length === 0, 'an empty queue: nothing was refused')
  })

  it('and puts a footer under it is believed by the seal of a provider that saw the signature', async () => {
    const results = `dmarc=pass header.from=${PORTAL}; dkim=pass header.d=${PORTAL}`
    onTheWay = (raw) => world.seal(`${raw}\r\nSent through a provider\r\n`, 'google.com', results)
    await send('335577', { rewritten: true })
    const message = await forwarded()
    expect(reasonsOf(message)).toContain('arc_pass')
    expect(message.verdict).toMatchObject({ level: 'trusted', forwardedBy: inbox })
  })

  it('sends our own copies back, and they are cut', async () => {
    await send('446688', { rewritten: false })
    const kept = await patiently(async () => {
      const items = await messages()
      return items.length === 2 ? items : null
    }, 'the copy that came back')
    expect(kept.map(({ extraction }) => extraction.kind)).toEqual(['loop', 'code'])
    await patiently(async () => (await postfix.queue()).length === 0, 'an empty queue')
    const path = `/v2/connection/${connectionId}/deliveries`
    const { body } = await world.relay.api<{ items: unknown[] }>('GET', path)
    expect(body.items).toMatchObject([{ kind: 'code_copy', state: 'sent' }])
    expect(await messages()).toHaveLength(2)
    await postfix.show('after a copy that came back')
  })
})
