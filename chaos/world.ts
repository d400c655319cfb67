import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Relay } from '../src/client/index.ts'
import { createLedger, type Ledger, type Mailbox } from './ledger.ts'
import { type Random, seeded } from './random.ts'
import { type RelayUnderTest, relayUnderTest } from './relay.ts'
import { type Sink, startSink } from './sink.ts'

export const ADMIN_KEY = 'chaos-admin-key-0123456789'

export type ApiReply<T> = { readonly status: number; readonly body: T }

/** One relay with everything around it: portal, customer, runners' client, and the record of what happened. */
export type World = {
  readonly random: Random
  readonly relay: RelayUnderTest
  readonly sink: Sink
  readonly ledger: Ledger
  readonly mailboxes: readonly Mailbox[]
  /** The client that login runners use. */
  readonly client: Relay
  /** One call, not repeated. @throws when the relay is not there */
  api<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<ApiReply<T>>
  /** Set by `close`: work that still goes on has lost its point. */
  readonly closing: AbortSignal
  close(): Promise<void>
}

export type WorldOptions = {
  readonly seed: string
  /** How many connections, each with a mailbox and a customer. */
  readonly connections: number
  /** Where the relay keeps its data; default: a new directory, removed in the end. */
  readonly dataDir?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts sink and relay and provisions the connections. */
export async function createWorld(options: WorldOptions): Promise<World> {
  const random = seeded(options.seed)
  const ledger = createLedger(random.below(900_000))
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'mfa-relay-chaos-'))
  // The sink asks which process offers a copy; the relay needs the sink's port to start.
  const generation = { now: () => 0 }
  const sink = await startSink({ generation: () => generation.now(), behave: () => ({ kind: 'accept' }) })
  const relay = await relayUnderTest(
    { ...environment(dataDir, sink.smtpUrl), ...options.env },
    random.fork('ports'),
    ({ message }) => ledger.violate(`the process ended without being killed: ${message}`),
  )
  generation.now = () => relay.generation
  const api = <T>(method: string, path: string, body?: unknown) => callApi<T>(relay.url, method, path, body)
  const closing = new AbortController()
  const close = async (): Promise<void> => {
    closing.abort()
    await relay.kill()
    await sink.close()
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    await relay.start()
    await warmUp(relay)
    const mailboxes = await provision(api, options.connections)
    const client = new Relay({ url: relay.url, apiKey: ADMIN_KEY, timeoutMs: PATIENCE_MS })
    return { random, relay, sink, ledger, mailboxes, client, api, closing: closing.signal, close }
  } catch (error) {
    await close()
    throw error
  }
}

let isWarm = false
/** Once a run: a clean stop, which writes down what was compiled, and a start that finds it. */
async function warmUp(relay: RelayUnderTest): Promise<void> {
  if (isWarm) return
  isWarm = true
  await relay.stop()
  await relay.start()
}

/** Settings of a closed set-up whose every copy counts. */
export const environment = (dataDir: string, outbound: string): Record<string, string> => ({
  DATA_DIR: dataDir,
  SMTP_HOST: '127.0.0.1',
  HTTP_HOST: '127.0.0.1',
  MAIL_DOMAIN: 'relay.test',
  ADMIN_API_KEY: ADMIN_KEY,
  OUTBOUND_SMTP_URL: outbound,
  RECIPIENT_CONFIRMATION: 'off',
  TRUSTED_NETWORKS: '127.0.0.0/8',
  // The load is none that a customer would be spared: every copy counts here.
  COPIES_PER_MINUTE: '1000000',
  COPIES_PER_DAY: '1000000',
  RECIPIENT_COPIES_PER_MINUTE: '1000000',
  RECIPIENT_COPIES_PER_DAY: '1000000',
})

const CALL_MS = 20_000
/** How long runners try: a machine that is busy with killing and starting keeps them waiting. */
export const PATIENCE_MS = 180_000

/** One call with the admin's key. @throws when nobody answers */
export async function callApi<T>(
  url: string,
  method: string,
  path: string,
  body: unknown,
): Promise<ApiReply<T>> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      'x-api-key': ADMIN_KEY,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(CALL_MS),
  })
  const text = await response.text()
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as T }
}

/** A company with so many connections, each with a mailbox and a customer. */
export async function provision(api: World['api'], count: number): Promise<Mailbox[]> {
  const company = await api<{ id: string }>('POST', '/v2/company', { name: 'Example Energy' })
  const mailboxes: Mailbox[] = []
  for (let index = 0; index < count; index += 1) {
    const copyTo = `customer-${index}@customer.test`
    const connection = await api<{ id: string }>('POST', `/v2/connection/company/${company.body.id}`, {
      utility: 'sandbox-power',
    })
    const mfa = await api<{ emailAddress: string }>('PUT', `/v2/connection/${connection.body.id}/mfa`, {
      method: 'managed_forwarding',
      recipients: { emails: [copyTo], phones: [] },
    })
    if (mfa.status !== 200) throw new Error(`provisioning failed: ${JSON.stringify(mfa.body)}`)
    mailboxes.push({ connectionId: connection.body.id, address: mfa.body.emailAddress, copyTo })
  }
  return mailboxes
}
