import { once } from 'node:events'
import { Relay } from '../client/index.ts'
import { startCollector } from '../sandbox/collector.ts'
import { type Sandbox, startSandbox } from '../sandbox/start.ts'
import { CommandError, type CommandIo, EXIT } from './exit.ts'

export type SandboxArguments = {
  readonly port: string
  /** `host:port` */
  readonly relaySmtp: string
  readonly relayUrl: string
  /** Also run a login runner that takes what is due. */
  readonly runner?: boolean
}

/** The account that is there from the start; more by `POST /sandbox/accounts`. */
const ACCOUNT = { username: 'pat@example.com', password: 'sandbox-password' }

/**
 * `mfa-relay sandbox`: runs the portal, and a customer's mailbox on the next port, until SIGINT or SIGTERM.
 *
 * @param env TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and PUBLIC_URL as the relay has them, for codes by SMS;
 *   RELAY_API_KEY, a key of scope `runner`, for the login runner
 * @param stopped when to end
 */
export async function runSandbox(
  { port, relaySmtp, relayUrl, runner = false }: SandboxArguments,
  env: Readonly<Record<string, string | undefined>>,
  io: CommandIo,
  stopped: Promise<unknown> = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]),
): Promise<void> {
  const portalPort = readPort(port, '--port')
  const [, host = '', smtpPort = ''] = /^\[?(.+?)\]?:(\d+)$/.exec(relaySmtp) ?? []
  if (!host) throw new CommandError(EXIT.usage, '--relay-smtp must be host:port, such as 127.0.0.1:2525')
  if (!URL.canParse(relayUrl)) throw new CommandError(EXIT.usage, '--relay-url must be a URL')
  const apiKey = env.RELAY_API_KEY ?? ''
  if (runner && !apiKey) {
    throw new CommandError(EXIT.usage, '--runner needs a key of scope runner in RELAY_API_KEY')
  }
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken, PUBLIC_URL: publicUrl } = env
  const relay = { relayUrl: relayUrl.replace(/\/+$/, ''), ...(publicUrl ? { publicUrl } : {}) }
  const sandbox = await startSandbox({
    smtp: { host, port: readPort(smtpPort, '--relay-smtp') },
    twilio: accountSid && authToken ? { ...relay, accountSid, authToken } : null,
    portalPort,
    accounts: [ACCOUNT],
    customer: {
      port: portalPort === 0 ? 0 : portalPort + 1,
      onMail: ({ parsed, envelope }) =>
        io.out(`mailbox   ${envelope.to.join(', ')}   ${parsed.subject ?? '(no subject)'}`),
    },
    onSendFailure: (error) => io.err(`portal    could not send a code: ${String(error)}`),
  }).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(EXIT.unavailable, `the sandbox could not start: ${error.message}`)
  })
  io.out(introduction(sandbox, accountSid !== undefined && authToken !== undefined))
  const client = new Relay({ url: relay.relayUrl, apiKey })
  const collector = runner
    ? startCollector({ relay: client, portalUrl: sandbox.portal.url, tell: io.out })
    : null
  await stopped
  await collector?.stop()
  await sandbox.close()
}

function readPort(text: string, option: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new CommandError(EXIT.usage, `${option}: "${text}" is no port`)
}

const introduction = (
  { portal, customer }: Sandbox,
  hasSms: boolean,
): string => `Sandbox Power   ${portal.url}/login
  signs in      ${ACCOUNT.username} / ${ACCOUNT.password}
  mailbox       ${customer.smtpUrl} takes everything (OUTBOUND_SMTP_URL of the relay)
  SMS           ${hasSms ? 'on' : 'off: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN as the relay has them'}

Say where codes go, with the address that PUT /v2/connection/{id}/mfa gave:
  curl ${portal.url}/sandbox/accounts -d '${JSON.stringify({ ...ACCOUNT, email: 'mfa-…@relay.localhost' })}'
Make something go wrong, for all logins or for one (${portal.url}/login?twoCodes=true):
  curl ${portal.url}/sandbox/knobs -d '{"delayMs": 3000, "duplicate": true}'
What was sent:
  curl ${portal.url}/sandbox/sent
With --runner, logins that are due are collected here; POST /v2/connection/{id}/mfa/test makes one due at once.
`
