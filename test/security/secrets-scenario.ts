import { randomBytes, randomInt } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FakeTwilio, startFakeTwilio } from '../../src/sandbox/fake-twilio.ts'
import { type RelayProcess, startProcess } from '../support/process.ts'
import { ADMIN_KEY, testEnvironment } from '../support/relay.ts'
import { smtpConnect } from '../support/smtp-client.ts'
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'
import { type LeakHunt, leakHunt } from './leak-hunt.ts'

/** A relay in a process of its own at trace level, and all it talks to, with everything said noted for the hunt. */
export type Scene = {
  readonly hunt: LeakHunt
  readonly relay: RelayProcess
  readonly dataDir: string
  readonly sink: SmtpSink
  readonly twilio: FakeTwilio
  /** What the next hop says instead of 250, with the message in it; null: it takes the message. */
  refuseCopies(how: ((text: string) => string) | null): void
  /** A new code, noted as a secret. */
  code(name: string): string
  /** A text that stands for a body, noted as a secret. */
  marker(name: string): string
  /** Calls the API; refusals are noted, and with `isWatched` every reply. */
  call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    options?: { key?: string; raw?: string; isWatched?: boolean; headers?: Record<string, string> },
  ): Promise<{ status: number; body: T; text: string }>
  /** Hands a message in by SMTP; every reply is noted. */
  mail(to: string, raw: string, from?: string): Promise<string>
  stop(): Promise<void>
}

export const OUR_NUMBER = '+14155550171'
export const SENDER = 'no-reply@sandbox-power.test'

export async function openScene(): Promise<Scene> {
  const hunt = leakHunt()
  let refusal: ((text: string) => string) | null = null
  const sink = await startSmtpSink({
    refuseMessage: ({ parsed }) => {
      if (!refusal) return null
      return { code: 450, text: refusal(`${parsed.subject} ${parsed.text}`.replace(/\s+/g, ' ')) }
    },
  })
  const twilio = await startFakeTwilio()
  const dataDir = mkdtempSync(join(tmpdir(), 'mfa-relay-secrets-'))
  const relay = await startProcess({
    ...testEnvironment(dataDir),
    LOG_LEVEL: 'trace',
    RECIPIENT_CONFIRMATION: 'required',
    OUTBOUND_SMTP_URL: sink.smtpUrl.replace('//', `//user:${hunt.secret('next hop password', random())}@`),
    TWILIO_ACCOUNT_SID: twilio.accountSid,
    TWILIO_AUTH_TOKEN: hunt.secret('Twilio token', twilio.authToken),
    TWILIO_API_URL: twilio.url,
    SMS_NUMBERS: OUR_NUMBER,
    SMS_FROM: '+14155550172',
  })
  hunt.secret('admin key', ADMIN_KEY)
  return {
    hunt,
    relay,
    dataDir,
    sink,
    twilio,
    refuseCopies: (how) => {
      refusal = how
    },
    code: (name) => hunt.secret(name, String(randomInt(200_000, 999_999))),
    marker: (name) => hunt.secret(name, `Zebra${random()}`),
    call: (method, path, body, options = {}) => call({ hunt, relay }, method, path, body, options),
    mail: (to, raw, from = SENDER) => mail({ hunt, relay }, to, raw, from),
    async stop() {
      await relay.stop()
      await twilio.close()
      await sink.close()
    },
  }
}

/** Letters only, so that no form of it is one of something else. */
export const random = (): string =>
  [...randomBytes(12)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('')

type Noting = Pick<Scene, 'hunt' | 'relay'>

async function call<T>(
  { hunt, relay }: Noting,
  method: string,
  path: string,
  body: unknown,
  options: NonNullable<Parameters<Scene['call']>[3]>,
): Promise<{ status: number; body: T; text: string }> {
  const content = options.raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const response = await fetch(`${relay.url}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      'x-api-key': options.key ?? ADMIN_KEY,
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(content === undefined ? {} : { body: content }),
  })
  const text = await response.text()
  const head = JSON.stringify([...response.headers])
  if (response.status >= 400 || options.isWatched) {
    hunt.place(`${response.status} to ${method} ${path.split('?')[0]?.slice(0, 60)}`, `${head}\n${text}`)
  }
  const isJson = response.headers.get('content-type')?.includes('json')
  return { status: response.status, body: (isJson ? JSON.parse(text) : {}) as T, text }
}

async function mail({ hunt, relay }: Noting, to: string, raw: string, from: string): Promise<string> {
  const client = await smtpConnect(relay.smtpPort)
  let last = ''
  for (const line of ['EHLO x', `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA', `${raw}\r\n.`]) {
    last = (await client.send(line)).text
    hunt.place('an SMTP reply', last)
  }
  client.quit()
  return last
}
