import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as startTls } from 'node:tls'

const DOT = Buffer.from('\r\n.\r\n')

/**
 * One SMTP session, lean: it pipelines the envelope (RFC 2920), as mail servers do, and looks at nothing of a reply but
 * its number.
 */
export class Session {
  private socket: Socket
  private pending = ''
  private replies: number[] = []
  private wake: (() => void) | null = null
  private failure: Error | null = null

  private constructor(socket: Socket) {
    this.socket = socket
    this.listen()
  }

  /** Connects, greets, and changes to TLS where that is wanted. */
  static async open(port: number, isTls: boolean): Promise<Session> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    const session = new Session(socket)
    await session.expect(2)
    await session.command('EHLO bench.example\r\n', 2)
    if (isTls) {
      await session.command('STARTTLS\r\n', 2)
      await session.secure()
      await session.command('EHLO bench.example\r\n', 2)
    }
    return session
  }

  /**
   * Resolves to whether the server has taken the message, or has put it off (4xx).
   *
   * @param onSent called when the last byte is written
   * @throws Error on any reply that is not the expected one
   */
  async send(sender: string, recipient: string, mail: Buffer, onSent?: () => void): Promise<boolean> {
    this.socket.write(`MAIL FROM:<${sender}>\r\nRCPT TO:<${recipient}>\r\nDATA\r\n`, 'latin1')
    await this.expect(2)
    await this.expect(2)
    await this.expect(3)
    this.socket.cork()
    this.socket.write(mail.subarray(0, mail.length - 2))
    this.socket.write(DOT)
    this.socket.uncork()
    onSent?.()
    return (await this.expect(2, 4)) === 2
  }

  async quit(): Promise<void> {
    this.socket.end('QUIT\r\n')
    if (this.socket.closed) return
    // Some servers hang up rudely, which is no error any more.
    await new Promise<void>((resolve) => this.socket.once('close', () => resolve()))
  }

  private async command(line: string, first: number): Promise<void> {
    this.socket.write(line, 'latin1')
    await this.expect(first)
  }

  /** The first digit of the next reply, which must be one of these. */
  private async expect(...wanted: number[]): Promise<number> {
    while (this.replies.length === 0) {
      if (this.failure) throw this.failure
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
    const reply = this.replies.shift() ?? 0
    const first = Math.floor(reply / 100)
    if (!wanted.includes(first)) throw new Error(`SMTP ${reply} where ${wanted.join(' or ')}xx was expected`)
    return first
  }

  private listen(): void {
    const fail = (error: Error) => {
      this.failure ??= error
      this.wake?.()
    }
    this.socket.setEncoding('latin1')
    this.socket.on('data', (chunk: unknown) => this.take(String(chunk)))
    this.socket.on('error', fail)
    this.socket.on('close', () => fail(new Error('the server hung up')))
  }

  private take(chunk: string): void {
    const text = this.pending + chunk
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      // The last line of a reply has a blank behind the number: RFC 5321 §4.2.1.
      if (text[start + 3] !== '-') this.replies.push(Number(text.slice(start, start + 3)))
      start = end + 1
    }
    this.pending = text.slice(start)
    const { wake } = this
    this.wake = null
    wake?.()
  }

  private async secure(): Promise<void> {
    const plain = this.socket
    plain.removeAllListeners('data')
    plain.removeAllListeners('close')
    // An encoding set on the plain socket would corrupt the records.
    const socket = startTls({ socket: plain, rejectUnauthorized: false, minVersion: 'TLSv1.2' })
    this.socket = socket
    this.listen()
    await once(socket, 'secureConnect')
  }
}
