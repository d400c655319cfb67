import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A lean SMTP client for load: one connection, many messages, one reply at a time. */
export class SmtpLoad {
  readonly #socket: Socket
  #buffer = ''
  #waiting: ((reply: string) => void) | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => this.#take(chunk))
  }

  static async open(port: number): Promise<SmtpLoad> {
    const socket = connect({ host: '127.0.0.1', port })
    await once(socket, 'connect')
    const client = new SmtpLoad(socket)
    await client.#reply()
    await client.#command('EHLO bench.test')
    return client
  }

  /**
   * Sends one message.
   *
   * @param data dot-stuffed, CRLF lines, without the final dot
   * @returns when the last byte of DATA went out and when the 250 came in (performance.now(), ms)
   */
  async send(
    sender: string,
    recipient: string,
    data: string,
  ): Promise<{ endOfDataAt: number; acceptedAt: number }> {
    await this.#command(`MAIL FROM:<${sender}>`)
    await this.#command(`RCPT TO:<${recipient}>`)
    await this.#command('DATA')
    const endOfDataAt = performance.now()
    await this.#command(`${data}\r\n.`)
    return { endOfDataAt, acceptedAt: performance.now() }
  }

  close(): void {
    this.#socket.end('QUIT\r\n')
  }

  async #command(line: string): Promise<string> {
    this.#socket.write(`${line}\r\n`, 'latin1')
    const reply = await this.#reply()
    if (!/^[23]/.test(reply)) throw new Error(`SMTP: ${line.slice(0, 60)} → ${reply.trim()}`)
    return reply
  }

  #reply(): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting = resolve
      this.#take('')
    })
  }

  #take(chunk: string): void {
    this.#buffer += chunk
    const end = /^\d{3} [^\n]*\n/m.exec(this.#buffer)
    if (end === null || this.#waiting === null) return
    const reply = this.#buffer.slice(0, end.index + end[0].length)
    this.#buffer = this.#buffer.slice(reply.length)
    const waiting = this.#waiting
    this.#waiting = null
    waiting(reply)
  }
}
