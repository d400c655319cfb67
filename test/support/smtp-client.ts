import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'

/** A reply, all its lines. */
export type SmtpReply = { readonly code: number; readonly text: string }

/** An SMTP client that sends exactly what a test tells it to, byte by byte if need be. */
export type SmtpClient = {
  readonly greeting: SmtpReply
  readonly socket: Socket
  /** Sends a line (CRLF is added) and waits for the reply. */
  send(line: string): Promise<SmtpReply>
  /** Sends bytes as they are; the replies are read with `next`. */
  write(bytes: string | Uint8Array): void
  next(): Promise<SmtpReply>
  /** STARTTLS and the handshake; the client then goes on over TLS. */
  startTls(options?: ConnectionOptions): Promise<TLSSocket>
  /** Resolves when the server has closed. */
  closed(): Promise<void>
  quit(): void
}

/** @param before bytes to send ahead of the greeting, in pieces: a PROXY header, or an early talker's */
export async function smtpConnect(
  port: number,
  before: string | readonly Buffer[] = '',
): Promise<SmtpClient> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const pieces = typeof before === 'string' ? [Buffer.from(before)] : before
  for (const piece of pieces) await new Promise((sent) => socket.write(piece, sent))
  const replies = replyReader(socket)
  return { ...dialog(socket, replies), greeting: await replies.next() }
}

function dialog(socket: Socket, replies: ReplyReader): Omit<SmtpClient, 'greeting'> {
  let current: Socket = socket
  let reader = replies
  return {
    socket,
    send(line) {
      current.write(`${line}\r\n`)
      return reader.next()
    },
    write: (bytes) => void current.write(bytes),
    next: () => reader.next(),
    async startTls(options: ConnectionOptions = {}) {
      current.write('STARTTLS\r\n')
      const { code } = await reader.next()
      if (code !== 220) throw new Error(`STARTTLS was answered ${code}`)
      reader.end()
      const secure = connectTls({ socket, rejectUnauthorized: false, ...options })
      await once(secure, 'secureConnect')
      current = secure
      reader = replyReader(secure)
      return secure
    },
    async closed() {
      if (!socket.closed) await once(socket, 'close')
    },
    quit: () => current.end('QUIT\r\n'),
  }
}

type ReplyReader = { next(): Promise<SmtpReply>; end(): void }

function replyReader(socket: Socket): ReplyReader {
  const ready: SmtpReply[] = []
  const waiting: { resolve(reply: SmtpReply): void; reject(error: Error): void }[] = []
  let buffered = ''
  let lines: string[] = []
  const onData = (chunk: Buffer): void => {
    buffered += chunk.toString('latin1')
    for (let end = buffered.indexOf('\r\n'); end !== -1; end = buffered.indexOf('\r\n')) {
      const line = buffered.slice(0, end)
      buffered = buffered.slice(end + 2)
      lines.push(line)
      if (/^\d{3}-/.test(line)) continue
      const reply = { code: Number(line.slice(0, 3)), text: lines.join('\n') }
      lines = []
      const next = waiting.shift()
      if (next) next.resolve(reply)
      else ready.push(reply)
    }
  }
  const onClose = (): void => {
    for (const { reject } of waiting.splice(0)) reject(new Error('the server closed the connection'))
  }
  socket.on('data', onData)
  socket.on('error', () => {})
  socket.once('close', onClose)
  return {
    next() {
      const reply = ready.shift()
      if (reply) return Promise.resolve(reply)
      if (socket.closed) return Promise.reject(new Error('the server closed the connection'))
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
    },
    end: () => void socket.off('data', onData),
  }
}

/** The code that a recipient is answered with, by the door at this port. */
export async function replyToRcpt(port: number, address: string): Promise<number> {
  const smtp = await smtpConnect(port)
  await smtp.send('EHLO portal.test')
  await smtp.send('MAIL FROM:<no-reply@sandbox-power.test>')
  const { code } = await smtp.send(`RCPT TO:<${address}>`)
  smtp.quit()
  return code
}
