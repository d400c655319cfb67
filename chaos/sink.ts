import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

/** How far a copy has come on its way into the customer's mail server. */
export type Step = 'connect' | 'mail' | 'rcpt' | 'data' | 'body' | 'dot' | 'replied'

/** What the customer's mail server does once it has a whole message. */
export type Behaviour =
  | { readonly kind: 'accept' }
  | { readonly kind: 'refuse'; readonly code: number }
  /** Keeps the message and hangs up without a word. */
  | { readonly kind: 'drop' }
  /** Keeps the message and answers only after so long. */
  | { readonly kind: 'hold'; readonly ms: number }
  /** Keeps the message and never answers. */
  | { readonly kind: 'hang' }

/** A message that was taken whole: as far as the customer is concerned it has arrived, unless refused. */
export type Taken = {
  readonly to: string
  readonly messageId: string
  /** Message-ID of the portal's mail that this is a copy of. */
  readonly reference: string
  /** Which process of the relay offered it. */
  readonly generation: number
  /** When it was asked for the text (performance.now(), ms): whoever sent all of it was alive then. */
  readonly askedAt: number
  repliedAt: number | null
  /** Refused for good: a 5xx, which a sender must not try again. */
  outcome: 'accepted' | 'refused' | 'refused for good' | 'reply lost'
}

export type SinkOptions = {
  readonly generation: () => number
  /** Asked when a message is whole. */
  behave: (to: string, reference: string) => Behaviour
  /** Told of each step as it happens; may kill the relay. */
  onStep?: ((step: Step, taken?: Taken) => void) | undefined
}

/** The customer's mail server, on a real socket: keeps a record of every copy it was given. */
export type Sink = {
  readonly smtpUrl: string
  readonly taken: readonly Taken[]
  /** May be changed while it runs. */
  readonly options: SinkOptions
  close(): Promise<void>
}

/** Starts it on a free loopback port. */
export async function startSink(options: SinkOptions): Promise<Sink> {
  const taken: Taken[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serveOne(socket, options, taken)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    smtpUrl: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    options,
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function serveOne(socket: Socket, options: SinkOptions, taken: Taken[]): void {
  let buffered = ''
  let to = ''
  let inData = false
  let askedAt = 0
  const say = (text: string) => void (socket.writable && socket.write(`${text}\r\n`))
  const commands: Record<string, () => void> = {
    EHLO: () => say('250 mail.customer.test'),
    MAIL: () => {
      options.onStep?.('mail')
      say('250 2.1.0 OK')
    },
    RCPT: () => {
      options.onStep?.('rcpt')
      say('250 2.1.5 OK')
    },
    DATA: () => {
      options.onStep?.('data')
      inData = true
      askedAt = performance.now()
      say('354 go on')
    },
    QUIT: () => socket.end('221 2.0.0 bye\r\n'),
  }
  socket.setNoDelay(true)
  // A client that was killed is the point of it all.
  socket.on('error', () => {})
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    buffered += chunk
    for (;;) {
      const ending = inData ? '\r\n.\r\n' : '\r\n'
      const end = buffered.indexOf(ending)
      if (end === -1) break
      const text = buffered.slice(0, end)
      buffered = buffered.slice(end + ending.length)
      if (inData) {
        inData = false
        takeMessage(socket, options, taken, { to, askedAt, text })
        continue
      }
      to = /^RCPT TO:<([^>]*)>/i.exec(text)?.[1] ?? to
      const command = commands[text.slice(0, 4).toUpperCase()] ?? (() => say('250 2.0.0 OK'))
      command()
    }
    if (inData && buffered !== '') options.onStep?.('body')
  })
  options.onStep?.('connect')
  say('220 mail.customer.test ESMTP')
}

function takeMessage(
  socket: Socket,
  options: SinkOptions,
  all: Taken[],
  { to, askedAt, text }: { readonly to: string; readonly askedAt: number; readonly text: string },
): void {
  const reference = header(text, 'References')
  const behaviour = options.behave(to, reference)
  const taken: Taken = {
    to,
    reference,
    messageId: header(text, 'Message-ID'),
    generation: options.generation(),
    askedAt,
    repliedAt: null,
    outcome: firstOutcome(behaviour),
  }
  all.push(taken)
  options.onStep?.('dot', taken)
  const accept = (): void => {
    if (!socket.writable) return
    socket.write('250 2.0.0 OK: kept\r\n')
    taken.repliedAt = performance.now()
    taken.outcome = 'accepted'
    options.onStep?.('replied', taken)
  }
  if (behaviour.kind === 'accept') accept()
  else if (behaviour.kind === 'hold') setTimeout(accept, behaviour.ms)
  else if (behaviour.kind === 'drop') socket.destroy()
  else if (behaviour.kind === 'refuse') socket.write(`${behaviour.code} no, thank you\r\n`)
}

/** Until it is answered with a yes. */
function firstOutcome(behaviour: Behaviour): Taken['outcome'] {
  if (behaviour.kind !== 'refuse') return 'reply lost'
  return behaviour.code >= 500 ? 'refused for good' : 'refused'
}

/** The value of a header, unfolded; empty when there is none. */
function header(text: string, name: string): string {
  const block = text.slice(0, text.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ')
  return new RegExp(`^${name}: *(.*)$`, 'im').exec(block)?.[1]?.trim() ?? ''
}
