import type { Socket } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'

/**
 * smtp-server holds every client for 100 ms before it greets, to catch those who talk first. That costs each code
 * a tenth of a second and catches nobody who could harm us; see docs/decisions/031-greeting-delay.md.
 */
class PromptConnection extends SMTPConnection {
  private isGreeted = false

  override init(): void {
    super.init()
    this.connectionReady()
  }

  /** The delayed greeting comes here too, when the client has been greeted long ago. */
  override connectionReady(next?: () => void): void {
    if (this.isGreeted) return
    this.isGreeted = true
    super.connectionReady(next)
  }

  /** A reply may bring its own enhanced status; otherwise the library adds the one that goes with the number. */
  override send(...[code, data, context]: Parameters<SMTPConnection['send']>): void {
    const hasOwn = typeof data === 'string' && /^[245]\.\d{1,3}\.\d{1,3} /.test(data)
    super.send(code, data, hasOwn ? false : context)
  }

  /** RFC 5321 §3.3, appendix C: a server may decline source routes (`<@hop:user@host>`), and we are no hop. */
  override handler_RCPT(command: Buffer, callback: () => void): void {
    if (/^rcpt\s+to\s*:\s*<@/i.test(command.toString('latin1'))) {
      this.send(553, 'Source routes are not taken here', 'MAILBOX_SYNTAX_ERROR')
      callback()
      return
    }
    super.handler_RCPT(command, callback)
  }
}

/** smtp-server with prompt greetings, and with PROXY headers wanted from networks instead of from listed hosts. */
export class PromptServer extends SMTPServer {
  private readonly isProxy: (address: string | undefined) => boolean

  constructor(options: SMTPServerOptions, isProxy: (address: string | undefined) => boolean) {
    super(options)
    this.isProxy = isProxy
  }

  override connect(...[socket, options]: Parameters<SMTPServer['connect']>): void {
    const connection = new PromptConnection(this, socket, options)
    this.connections.add(connection)
    connection.on('error', (error: Error) => this.emit('error', error))
    connection.init()
  }

  override _expectsProxyHeader(socket: Socket): boolean {
    return this.isProxy(socket.remoteAddress)
  }
}
