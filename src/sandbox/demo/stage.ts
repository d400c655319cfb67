import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assemble, type RunningRelay } from '../../assemble.ts'
import { Relay } from '../../client/index.ts'
import { loadConfig } from '../../config.ts'
import { type Customer, startCustomer } from '../customer.ts'
import { type FakeTwilio, startFakeTwilio } from '../fake-twilio.ts'
import { type Portal, startPortal } from '../portal.ts'

/** Whom the portal knows. */
export const ACCOUNT = { username: 'pat@example.com', password: 'sandbox-password' }
/** Who gets copies. */
export const RECIPIENTS = { emails: ['pat@customer.test'], phones: ['+14155550142'] }
const NUMBERS = { relay: '+14155550100', copies: '+14155550101' }

/** What the API answers, as far as the story reads it. */
export type Mfa = { readonly emailAddress?: string; readonly phoneNumber?: string }
export type StoredMessage = {
  readonly id: string
  readonly channel: 'email' | 'sms'
  readonly sender: string | null
  readonly receivedAt: string
  readonly quarantined: boolean
  readonly verdict: { readonly level: string; readonly reasons: readonly { readonly text: string }[] }
  readonly extraction: { readonly kind: string; readonly reason?: string; readonly rule?: string }
}
export type Delivery = { readonly courier: string; readonly state: string; readonly messageId: string | null }
export type ConnectionDetails = { readonly status: string; readonly statusErrorDetail: string | null }

/** `template` of `template:sandbox-power/email/0`: what read a code, in a word. */
export const kindOfRule = (rule: string): string => rule.split(':')[0] ?? rule

export type StageOptions = {
  /** Environment variables of the relay, in place of the demo's own. */
  readonly settings?: Readonly<Record<string, string>>
  /** How long to wait for what must happen; default 15 s. */
  readonly patienceMs?: number
}

/** Something of the story did not happen. */
export class DidNotHappen extends Error {}

/** @throws DidNotHappen unless it holds */
export function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new DidNotHappen(what)
}

/** Everything that plays a part, running on this machine. */
export type Stage = {
  readonly relay: { readonly url: string; readonly smtpPort: number }
  readonly adminKey: string
  readonly client: Relay
  readonly portal: Portal
  readonly customer: Customer
  /** Attempts that got no code, for support. */
  readonly vainAttempts: string[]
  connectionId: string
  readonly patienceMs: number
  /** @throws DidNotHappen when the relay refuses */
  api<T>(method: string, path: string, body?: unknown): Promise<T>
  putMfa(method: string): Promise<Mfa>
  connection(): Promise<ConnectionDetails>
  /** Newest first. */
  messages(): Promise<StoredMessage[]>
  deliveries(): Promise<Delivery[]>
  /** Copies by SMS. */
  texts(): readonly { readonly to: string; readonly body: string; readonly at: number }[]
  hasReachedCustomer(code: string): boolean
  /** Waits for what must happen. @throws DidNotHappen */
  until<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T>
  close(): Promise<void>
}

/** Starts customer, Twilio's double, relay and portal, in this order: each needs the ports of those before. */
export async function setStage({ settings = {}, patienceMs = 15_000 }: StageOptions = {}): Promise<Stage> {
  const closers: (() => unknown)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-demo-'))
    closers.push(() => rmSync(folder, { recursive: true, force: true }))
    const customer = await startCustomer()
    closers.push(() => customer.close())
    const twilio = await startFakeTwilio()
    closers.push(() => twilio.close())
    const adminKey = `demo-${randomBytes(18).toString('base64url')}`
    const relay = await assemble(
      loadConfig({ ...relaySettings(folder, adminKey, customer, twilio), ...settings }),
    )
    closers.push(() => relay.close())
    const portal = await startDemoPortal(relay, twilio)
    closers.push(() => portal.close())
    const texts = watchPhone(twilio, closers)
    return await makeStage({ relay, adminKey, customer, texts, portal, patienceMs, close })
  } catch (error) {
    await close()
    throw error
  }
}

const relaySettings = (folder: string, adminKey: string, customer: Customer, twilio: FakeTwilio) => ({
  DATA_DIR: folder,
  SMTP_HOST: '127.0.0.1',
  SMTP_PORT: '0',
  HTTP_HOST: '127.0.0.1',
  HTTP_PORT: '0',
  ADMIN_API_KEY: adminKey,
  OUTBOUND_SMTP_URL: customer.smtpUrl,
  RECIPIENT_CONFIRMATION: 'off',
  TRUSTED_NETWORKS: '127.0.0.0/8',
  TWILIO_ACCOUNT_SID: twilio.accountSid,
  TWILIO_AUTH_TOKEN: twilio.authToken,
  TWILIO_API_URL: twilio.url,
  SMS_NUMBERS: NUMBERS.relay,
  SMS_FROM: NUMBERS.copies,
  LOG_LEVEL: 'silent',
})

/** The portal's SMS go through Twilio's double, which brings them to the relay's webhook and checks the answer. */
const startDemoPortal = ({ ports }: RunningRelay, twilio: FakeTwilio) =>
  startPortal({
    smtp: { host: '127.0.0.1', port: ports.smtp },
    async sendSms(sms) {
      const path = `:${ports.http}/inbound/twilio/sms`
      const response = await twilio.deliver(sms, {
        url: `http://127.0.0.1${path}`,
        signedUrl: `http://localhost${path}`,
      })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`the relay answered ${response.status} to an SMS`)
    },
  })

/** The double does not say when a text was sent; so somebody looks at the phone all the time. */
function watchPhone(twilio: FakeTwilio, closers: (() => unknown)[]): Stage['texts'] {
  const texts: { to: string; body: string; at: number }[] = []
  const look = () => {
    for (const { to, body } of twilio.sent.slice(texts.length)) texts.push({ to, body, at: Date.now() })
    return texts
  }
  const timer = setInterval(look, 5)
  closers.push(() => clearInterval(timer))
  return look
}

type Parts = {
  readonly relay: RunningRelay
  readonly adminKey: string
  readonly customer: Customer
  readonly texts: Stage['texts']
  readonly portal: Portal
  readonly patienceMs: number
  readonly close: () => Promise<void>
}

async function makeStage(parts: Parts): Promise<Stage> {
  const { relay, adminKey, customer, texts, portal, patienceMs, close } = parts
  const url = `http://127.0.0.1:${relay.ports.http}`
  const api = <T>(method: string, path: string, body?: unknown) =>
    callApi<T>(url, adminKey, method, path, body)
  const { key } = await api<{ key: string }>('POST', '/v2/key', { scope: 'runner', label: 'demo' })
  const list = async <T>(what: string) =>
    (await api<{ items: T[] }>('GET', `/v2/connection/${stage.connectionId}/${what}`)).items
  const stage: Stage = {
    relay: { url, smtpPort: relay.ports.smtp },
    adminKey,
    client: new Relay({ url, apiKey: key }),
    portal,
    customer,
    vainAttempts: [],
    connectionId: '',
    patienceMs,
    api,
    putMfa: (method) =>
      api('PUT', `/v2/connection/${stage.connectionId}/mfa`, { method, recipients: RECIPIENTS }),
    connection: () => api('GET', `/v2/connection/${stage.connectionId}/details`),
    messages: () => list('messages'),
    deliveries: () => list('deliveries'),
    texts,
    hasReachedCustomer: (code) =>
      customer.mails.some(({ raw }) => raw.includes(code)) || texts().some(({ body }) => body.includes(code)),
    until: (what, probe) => until(what, probe, patienceMs),
    close,
  }
  return stage
}

async function callApi<T>(url: string, key: string, method: string, path: string, body: unknown): Promise<T> {
  const response = await fetch(url + path, {
    method,
    headers: { 'X-API-KEY': key, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  expect(response.ok, `${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`)
  return (text ? JSON.parse(text) : undefined) as T
}

/**
 * Asks until it is so: the stage looks at the relay from outside, as a customer's software would, and nothing tells it.
 * Often, as most of what it waits for is there within tens of milliseconds, and the demo shows times in milliseconds.
 */
async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  patienceMs: number,
): Promise<T> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const value = await probe()
    if (value) return value
    expect(Date.now() < deadline, `${what}, within ${patienceMs / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
