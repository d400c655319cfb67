import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { startFileServer } from './file-server.ts'
import { waitFor } from './wait-for.ts'

/** An event as a receiver reads it. */
export type ReceivedEvent = {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly raw: string
  readonly body: { type: string; timestamp: string; data: Record<string, unknown> }
}

/** A company's own server for events. */
export type Receiver = {
  readonly port: number
  readonly url: string
  /** For another process: `NODE_EXTRA_CA_CERTS`; only of a server with TLS. */
  readonly certificatePath: string | null
  /** Everything that came, in order. */
  readonly events: ReceivedEvent[]
  /** How it answers; 204 unless told otherwise. */
  answer: (event: ReceivedEvent, response: ServerResponse) => void
  /** Waits for an event, for which `matches` is true. */
  next(matches: (event: ReceivedEvent) => boolean, what: string, timeoutMs?: number): Promise<ReceivedEvent>
  close(): Promise<void>
}

/** Listens with TLS (a certificate that this process trusts) or, where a setting allows it, without. */
export async function startReceiver({ tls = false, port = 0 } = {}): Promise<Receiver> {
  const events: ReceivedEvent[] = []
  const take = (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const raw = Buffer.concat(parts).toString('utf8')
      const event = { path: request.url ?? '', headers: request.headers, raw, body: JSON.parse(raw) }
      events.push(event)
      receiver.answer(event, response)
    })
  }
  const server = tls ? await startFileServer(take) : await startPlain(take, port)
  const receiver: Receiver = {
    port: server.port,
    url: `${server.origin}/events`,
    certificatePath: server.certificatePath,
    events,
    answer: (_, response) => response.writeHead(204).end(),
    next: (matches, what, timeoutMs) => waitFor(() => events.find(matches), what, timeoutMs),
    close: server.close,
  }
  return receiver
}

async function startPlain(
  take: (request: IncomingMessage, response: ServerResponse) => void,
  wanted: number,
) {
  const server = createServer(take)
  server.listen(wanted, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    certificatePath: null,
    async close() {
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}

/** Whether both receivers' libraries take it for genuine, with this secret and now. */
export function isGenuine({ raw, headers }: ReceivedEvent, secret: string): boolean {
  const given = headers as Record<string, string>
  const verdicts = [StandardWebhook, SvixWebhook].map((Library) => {
    try {
      new Library(secret).verify(raw, given)
      return true
    } catch {
      return false
    }
  })
  if (verdicts[0] !== verdicts[1]) throw new Error(`the libraries disagree: ${verdicts}`)
  return verdicts[0] === true
}
