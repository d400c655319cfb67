import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { log } from '../log.ts'

export type HttpOptions = {
  readonly app: { fetch(request: Request, env?: unknown): Response | Promise<Response> }
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Connections beyond this are told to come back; default: what the file descriptor limit leaves room for. */
  readonly maxConnections?: number
  /** File descriptors that everything beside HTTP may need. */
  readonly reservedDescriptors?: number
  /** Told of each connection beyond the limit. */
  readonly onRefused?: (how: 'answered' | 'dropped') => void
}

export type HttpServer = {
  readonly port: number
  /** So many connections are served at once. */
  readonly limit: number
  /** Open now. */
  connections(): number
  /** Takes no more connections, lets requests end, and cuts off those that have not after `graceMs`. */
  close(graceMs?: number): Promise<void>
}

/** Longer than the usual 60 s of load balancers, so that they and not we end a connection in use. */
const KEEP_ALIVE_MS = 65_000
/**
 * Time for a client to send its headers, and its whole request; the answer may take as long as it wants. Not
 * shorter, as the clock also runs while this process is busy, and whose headers lie unread then is cut off.
 */
const HEADERS_MS = 60_000
const REQUEST_MS = 120_000
/** Descriptors that the store, the mail door and everything else need beside HTTP connections. */
const RESERVED_DESCRIPTORS = 1_000
/** Whoever watches the relay must get through just then. */
const ALWAYS_SERVED = /^\/(metrics|healthz|readyz)(\?|$)/
/** So many past the limit still hear why; beyond that they are cut off without an answer. */
const SPARE_CONNECTIONS = 200

/** Listens for HTTP. Long polls are cheap here: a waiting request holds a socket and little else. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { app, host, port, maxConnections, reservedDescriptors = RESERVED_DESCRIPTORS } = options
  const limit = maxConnections ?? roomForConnections(reservedDescriptors)
  const sockets: Sockets = new Map()
  const note = refusalNotes(limit, sockets, options.onRefused)
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: 5_000,
      noDelay: true,
    },
    refuseBeyond(
      { limit, sockets, note },
      getRequestListener(app.fetch, { overrideGlobalObjects: true, hostname: UNNAMED }),
    ),
  )
  server.on('drop', () => note('dropped'))
  server.maxConnections = limit + SPARE_CONNECTIONS
  const forget = function (this: Socket) {
    sockets.delete(this)
  }
  // A burst of runners after a restart must not find a full accept queue.
  const backlog = 4096
  server.on('connection', (socket) => {
    sockets.set(socket, 0)
    socket.on('close', forget)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, backlog }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', (error) => log.fault({ where: 'http server', error }))
  return {
    port: (server.address() as AddressInfo).port,
    limit,
    connections: () => sockets.size,
    close: (graceMs = 5_000) => closeServer(server, sockets, graceMs),
  }
}

/** For HTTP/1.0, which names no host and in which many load balancers ask `/readyz` (RFC 9112 §3.2). */
const UNNAMED = 'localhost'

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown
/** Open connections, each with how many requests are being answered on it. */
type Sockets = Map<Socket, number>

type Note = (how: 'answered' | 'dropped') => void
/** The log hears of a crowd at the door once in this time, not of each in it. */
const TELL_EVERY_MS = 10_000

function refusalNotes(limit: number, sockets: Sockets, onRefused?: Note): Note {
  let count = 0
  let toldAt = Number.NEGATIVE_INFINITY
  return (how) => {
    onRefused?.(how)
    count += 1
    if (performance.now() - toldAt < TELL_EVERY_MS) return
    log.connectionsRefused({ count, limit, open: sockets.size })
    toldAt = performance.now()
    count = 0
  }
}

type Limit = { readonly limit: number; readonly sockets: Sockets; readonly note: Note }

function refuseBeyond({ limit, sockets, note }: Limit, listener: Listener): Listener {
  const body = JSON.stringify({
    error: { code: 'unavailable', message: `This node serves ${limit} connections at once; try again` },
  })
  const count = (socket: Socket, change: number) => {
    const busy = sockets.get(socket)
    if (busy !== undefined) sockets.set(socket, busy + change)
  }
  // Shared by all: a closure for each of fifteen thousand waiting requests would add up.
  const done = function (this: ServerResponse) {
    count(this.req.socket, -1)
  }
  return (request, response) => {
    count(request.socket, 1)
    response.on('close', done)
    if (sockets.size <= limit || ALWAYS_SERVED.test(request.url ?? '')) return listener(request, response)
    note('answered')
    response.writeHead(503, {
      'Content-Type': 'application/json',
      'Retry-After': '2',
      Connection: 'close',
    })
    response.end(body)
  }
}

/** What the process's file descriptor limit leaves, where the system tells it (Linux). */
function roomForConnections(reserved: number): number {
  const fallback = 20_000
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    const descriptors = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.NaN)
    return Number.isFinite(descriptors) ? Math.max(100, Math.min(100_000, descriptors - reserved)) : fallback
  } catch {
    return fallback
  }
}

async function closeServer(server: Server, sockets: Sockets, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // Node counts a connection that never sent a request as busy; here only what is being answered is.
  const endIdle = () => {
    for (const [socket, busy] of sockets) if (busy === 0) socket.destroySoon()
  }
  endIdle()
  const sweep = setInterval(endIdle, 20)
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearInterval(sweep)
  clearTimeout(cut)
}
