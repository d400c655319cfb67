import { randomBytes } from 'node:crypto'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createDnsLookup } from '../../src/trust/dns.ts'
import { startDnsServer, type TestDns } from '../support/dns.ts'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { hasPostfix, type Postfix, startPostfix } from '../support/postfix.ts'
import { asOnTheWire, PATIENCE_MS, patiently } from '../support/postfix-mail.ts'
import { provision, startRelay, type TestRelay } from '../support/relay.ts'
import { dkimKey } from '../trust/support.ts'

/* Postfix as our smart host and as the customer's mail server: copies that arrive, and reports that Postfix writes. */

type Delivery = {
  state: string
  lastError: string | null
  bounced: { kind: string; status: string | null } | null
}

vi.setConfig({ testTimeout: 2 * PATIENCE_MS, hookTimeout: 2 * PATIENCE_MS })

describe.runIf(hasPostfix())('copies by way of two Postfixes', () => {
  const oldKey = randomBytes(32).toString('hex')
  const newKey = randomBytes(32).toString('hex')
  let dns: TestDns
  let smartHost: Postfix
  let customer: Postfix
  let relay: TestRelay
  let settings: Record<string, string>

  beforeAll(async () => {
    dns = await startDnsServer()
    const key = dkimKey()
    dns.set('TXT', 'copies._domainkey.relay.test', key.record)
    customer = await startPostfix({
      hostname: 'mx.customer.test',
      mailboxes: ['pat@customer.test', 'late@customer.test'],
    })
    const options = { hostname: 'smarthost.test', giveUpSeconds: 3600 }
    smartHost = await startPostfix(options)
    settings = {
      OUTBOUND_SMTP_URL: smartHost.smtpUrl,
      DKIM_SELECTOR: 'copies',
      DKIM_KEY: key.privateKey,
      MASTER_KEY: oldKey,
      READ_DEADLINE_MS: '30000',
    }
    relay = await startRelay(settings)
    await smartHost.change({ routes: routes() })
  })
  afterAll(async () => {
    await smartHost?.close()
    await customer?.close()
    await relay?.close()
    relay?.remove()
    await dns?.close()
  })

  const routes = () => ({ 'customer.test': customer.port, 'relay.test': relay.ports.smtp })
  const copyTo = async (address: string, code: string) => {
    const { connectionId, emailAddress } = await provision(relay, { emails: [address] })
    await sendMail(relay.ports.smtp, { to: emailAddress, text: codeText(code) })
    return connectionId
  }
  const deliveryOf = async (connectionId: string) => {
    const path = `/v2/connection/${connectionId}/deliveries`
    return (await relay.api<{ items: Delivery[] }>('GET', path)).body.items[0]
  }
  const bounceOf = (connectionId: string) =>
    patiently(async () => {
      const delivery = await deliveryOf(connectionId)
      return delivery?.bounced ? delivery : null
    }, 'the report')
  const recipientOf = async (connectionId: string) => {
    type Mfa = { recipients: { emails: { state: string; stopReason: string | null }[] } }
    return (await relay.api<Mfa>('GET', `/v2/connection/${connectionId}/mfa`)).body.recipients.emails[0]
  }
  const show = async (moment: string) => {
    await smartHost.show(moment)
    await customer.show(moment)
  }

  it('arrive, signed, with a return path of ours', async () => {
    const connectionId = await copyTo('pat@customer.test', '604857')
    const [mail] = await patiently(() => {
      const mails = customer.mails('pat@customer.test')
      return mails.length > 0 ? mails : null
    }, 'the copy in the mailbox')
    expect(mail).toMatch(/^Return-Path: <b-[0-9a-f]{32}-[0-9a-f]+@relay\.test>$/m)
    expect(mail).toContain('604857')
    const checked = await dkimVerify(Buffer.from(asOnTheWire(mail!), 'latin1'), {
      resolver: createDnsLookup([dns.server]),
    } as Parameters<typeof dkimVerify>[1])
    expect(checked.results).toMatchObject([{ signingDomain: 'relay.test', status: { result: 'pass' } }])
    expect(await deliveryOf(connectionId)).toMatchObject({ state: 'sent', bounced: null })
    await show('after a copy that arrived')
  })

  it('to a mailbox that does not exist: Postfix reports it, and no more copies go there', async () => {
    const connectionId = await copyTo('nobody@customer.test', '271905')
    expect(await bounceOf(connectionId)).toMatchObject({
      state: 'failed',
      bounced: { kind: 'hard', status: '5.1.1' },
      lastError: expect.stringContaining('User unknown'),
    })
    expect(await recipientOf(connectionId)).toMatchObject({ state: 'stopped', stopReason: 'hard_bounces' })
    await patiently(() => /from=<>.*|orig_to=<b-/.exec(smartHost.log()), 'the report in the log')
    await show('after a mailbox that does not exist')
  })

  it('that wait are reported as late, and as lost when Postfix gives up; the recipient stays', async () => {
    const nobodyHome = { ...routes(), 'customer.test': 1 }
    await smartHost.change({ routes: nobodyHome, warnSeconds: 1 })
    const connectionId = await copyTo('pat@customer.test', '118822')
    const waiting = await bounceOf(connectionId)
    expect(waiting).toMatchObject({ state: 'sent', bounced: { kind: 'delayed' } })
    await show('while the customer’s server is away')
    await smartHost.change({ giveUpSeconds: 1 })
    await patiently(async () => {
      await smartHost.flush()
      return (await deliveryOf(connectionId))?.bounced?.kind === 'soft'
    }, 'the last report')
    expect(await deliveryOf(connectionId)).toMatchObject({ state: 'failed', bounced: { status: '4.4.1' } })
    expect(await recipientOf(connectionId)).toMatchObject({ state: 'confirmed' })
    await smartHost.change({ routes: routes(), giveUpSeconds: 3600, warnSeconds: 0 })
  })

  it('sent under the old master key: a report that comes late is still known', async () => {
    await smartHost.change({ routes: { ...routes(), 'customer.test': 1 } })
    const connectionId = await copyTo('gone@customer.test', '335577')
    await patiently(
      async () => (await smartHost.queue()).some(({ recipients }) => recipients[0]?.delay_reason),
      'the copy in its queue',
    )
    await relay.close()
    relay = await startRelay({ ...settings, MASTER_KEY: `${newKey},${oldKey}` }, relay.dataDir)
    await smartHost.change({ routes: routes() })
    await smartHost.flush()
    expect(await bounceOf(connectionId)).toMatchObject({ bounced: { kind: 'hard', status: '5.1.1' } })
    expect(await recipientOf(connectionId)).toMatchObject({ state: 'stopped', stopReason: 'hard_bounces' })
  })
})
