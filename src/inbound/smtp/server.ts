import type { Socket } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import { translateProxyHeader } from './proxy-header.ts'

/** How long things may take in all, in ms. */
export type TimeLimits = {
  /** From `DATA` to the last dot. */
  readonly dataMs: number
  /** From the greeting on; a transaction that is under way then has `dataMs` more. */
  readonly sessionMs: number
}

/** Who waits for us is not cut off: whether it is still so is asked again after this time. */
const ASK_AGAIN_MS = 1_000

/**
 * smtp-server holds every client for 100 ms before it greets, to catch those who talk first. That costs each code
 * a tenth of a second and catches nobody who could harm us; see docs/decisions/031-greeting-delay.md.
 *
 * It ends clients that are silent. Those that send one byte now and then are ended here, by a limit on the whole;
 * see docs/decisions/070-time-limits.md.
 */
class PromptConnection extends SMTPConnection {
  private isGreeted = false
  private isInEnvelope = false
  private isGathering = false
  private timer: NodeJS.Timeout | undefined
  private dataTimer: NodeJS.Timeout | undefined
  private limits: TimeLimits | undefined

  /** Before `init`: the library's constructor has no place for it. */
  limit(limits: TimeLimits): this {
    this.limits = limits
    return this
  }

  override init(): void {
    super.init()
    this.connectionReady()
    if (this.limits) this.timer = later(this.limits.sessionMs, () => this.endSession(false))
  }

  override _onClose(): void {
    clearTimeout(this.timer)
    clearTimeout(this.dataTimer)
    super._onClose()
  }

  override handler_DATA(command: Buffer, callback: () => void): void {
    super.handler_DATA(command, callback)
    this.isInEnvelope = false
    const stream = this._dataStream
    if (!stream || !this.limits) return
    clearTimeout(this.dataTimer)
    this.dataTimer = later(this.limits.dataMs, () => {
      if (this._dataStream === stream && this.isReceiving()) this.send(421, 'The message took too long')
    })
    stream.once('close', () => clearTimeout(this.dataTimer))
  }

  /** A transaction under way is let end, once; its sender would have to do it all again. */
  private endSession(isLate: boolean): void {
    if (this._closing || !this.limits) return
    if (this._handlerPending || (this._dataStream && !this.isReceiving())) {
      this.timer = later(ASK_AGAIN_MS, () => this.endSession(isLate))
    } else if (this.session.envelope.mailFrom && !isLate) {
      this.timer = later(this.limits.dataMs, () => this.endSession(true))
    } else this.send(421, 'The session took too long')
  }

  private isReceiving(): boolean {
    return this._parser ? this._parser._dataMode : false
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
    // Whatever else is said leaves at once: a handshake may follow, or the end, or somebody waits for it.
    if (this.isInEnvelope && (code === 250 || code === 354)) this.gather()
    else this.flush()
    super.send(code, data, hasOwn ? false : context)
  }

  /** Senders that pipeline (RFC 2920) get the answers to MAIL, RCPT and DATA in one piece, not in three. */
  private gather(): void {
    if (this.isGathering) return
    this.isGathering = true
    this._socket.cork()
    setImmediate(() => this.flush())
  }

  private flush(): void {
    if (!this.isGathering) return
    this.isGathering = false
    this._socket.uncork()
  }

  /** The library takes a bare CR for a space, and what follows it for parameters. */
  override handler_MAIL(command: Buffer, callback: () => void): void {
    this.isInEnvelope = true
    if (this.refusesControls(command)) callback()
    else super.handler_MAIL(command, callback)
  }

  private refusesControls(command: Buffer): boolean {
    const hasControls = /[\0-\x08\x0a-\x1f\x7f]/.test(command.toString('latin1'))
    if (hasControls) this.send(501, 'Control characters are not taken here')
    return hasControls
  }

  /** RFC 5321 §3.3, appendix C: a server may decline source routes (`<@hop:user@host>`), and we are no hop. */
  override handler_RCPT(command: Buffer, callback: () => void): void {
    if (this.refusesControls(command)) {
      callback()
      return
    }
    if (/^rcpt\s+to\s*:\s*<@/i.test(command.toString('latin1'))) {
      this.send(553, 'Source routes are not taken here', 'MAILBOX_SYNTAX_ERROR')
      callback()
      return
    }
    super.handler_RCPT(command, callback)
  }
}

/** Does not keep the process alive: whoever is timed has nothing to wait for once we end. */
const later = (ms: number, act: () => void): NodeJS.Timeout => setTimeout(act, ms).unref()

/**
 * smtp-server with prompt greetings and limits on the whole, and with PROXY headers wanted from networks instead of
 * from listed hosts.
 */
export class PromptServer extends SMTPServer {
  private readonly isProxy: (address: string | undefined) => boolean
  private readonly limits: TimeLimits

  constructor(
    options: SMTPServerOptions,
    isProxy: (address: string | undefined) => boolean,
    limits: TimeLimits,
  ) {
    super(options)
    this.isProxy = isProxy
    this.limits = limits
  }

  override connect(...[socket, options]: Parameters<SMTPServer['connect']>): void {
    const connection = new PromptConnection(this, socket, options).limit(this.limits)
    this.connections.add(connection)
    connection.on('error', (error: Error) => this.emit('error', error))
    connection.init()
  }

  /** The library knows headers in text only. */
  override _handleProxy(...[socket, callback]: Parameters<SMTPServer['_handleProxy']>): void {
    const goOn = () => super._handleProxy(socket, callback)
    const giveUp = (error: Error) => {
      // Late errors of a socket that nobody listens to any more would end the process.
      socket.on('error', () => {}).destroy()
      callback(error)
    }
    if (this._expectsProxyHeader(socket)) translateProxyHeader(socket, goOn, giveUp)
    else goOn()
  }

  override _expectsProxyHeader(socket: Socket): boolean {
    return this.isProxy(socket.remoteAddress)
  }
}
