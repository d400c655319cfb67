import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { SMTPServerDataStream, SMTPServerOptions, SMTPServerSession } from 'smtp-server'
import { Failure } from '../../domain/failure.ts'
import type { InboundMessage } from '../../domain/message.ts'
import { log } from '../../log.ts'
import type { ByteBudget } from '../byte-budget.ts'
import type { DoorGuard } from '../door-guard.ts'
import {
  asciiAddress,
  type FindMailbox,
  findRecipient,
  type IsBillAddress,
  type IsReturnPath,
} from '../recipients.ts'
import { type OnRefused, tellingOfRetired } from '../refusals.ts'
import { collect } from './collect.ts'
import { clientAddress, inboundEmail } from './envelope.ts'
import { type DoorMetrics, noteRefusal } from './refuse.ts'
import { noSuchMailbox, SmtpReply, tooMany, tryAgain } from './reply.ts'
import { PromptServer, type TimeLimits } from './server.ts'
import { type TlsSettings, watchCertificate } from './tls.ts'

export type SmtpDoorOptions = {
  /** LMTP (RFC 2033) for a mail server in front: it tells nothing of who sent the message to it. */
  readonly protocol: 'smtp' | 'lmtp'
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly mailDomain: string
  readonly tls: TlsSettings
  readonly maxMessageBytes: number
  readonly maxRecipients: number
  readonly maxClients: number
  /** Shared by all doors of the process. */
  readonly budget: ByteBudget
  /** Peers that send a PROXY header; see {@link clientAddress}. */
  readonly isProxyNetwork: (address: string | undefined) => boolean
  readonly findMailbox: FindMailbox
  /** Absent: no copies are sent, so no answers to them come. */
  readonly isReturnPath?: IsReturnPath
  /** Absent: no bills come by mail. */
  readonly isBillAddress?: IsBillAddress
  /** Absent: nobody is limited. */
  readonly guard?: DoorGuard
  /** Why no message can be taken in now, or null. Asked before one is. */
  readonly whyFull?: () => string | null
  readonly metrics?: DoorMetrics
  /** Told of mail to retired mailboxes. */
  readonly onRefused?: OnRefused
  /** Resolves once the message is durable. */
  readonly receive: (message: InboundMessage) => Promise<unknown>
  /** So long a client may be silent. RFC 5321 §4.5.3.2 asks for minutes. */
  readonly socketTimeoutMs?: number
  /** Limits on a whole message and a whole session, so that dripping bytes keeps nothing open. */
  readonly limits?: TimeLimits
  readonly now?: () => number
}

export type SmtpDoor = {
  readonly port: number
  /** Takes no more messages, lets those under way end, and cuts off what has not after `graceMs`. */
  close(graceMs?: number): Promise<void>
}

const SOCKET_TIMEOUT_MS = 120_000
const LIMITS: TimeLimits = { dataMs: 600_000, sessionMs: 1_800_000 }
/** Old sendmail jokes that smtp-server answers, and what we have no use for. */
const DISABLED_COMMANDS = ['AUTH', 'WIZ', 'SHELL', 'KILL', 'XCLIENT', 'XFORWARD', 'HELP']
/** Longest command line: RFC 5321 §4.5.3.1.4 asks for 512, and extensions add to it. */
const MAX_COMMAND_BYTES = 4_096

/** Listens for mail. Says 250 only when `receive` has resolved, and 451 to whatever is not known to be permanent. */
export async function startSmtpDoor(options: SmtpDoorOptions): Promise<SmtpDoor> {
  const underWay = new Set<string>()
  const certificate = watchCertificate(options.tls, (next) => server.updateSecureContext(next))
  const server = new PromptServer(
    { ...serverOptions(options, underWay), ...certificate.initial },
    options.isProxyNetwork,
    options.limits ?? LIMITS,
  )
  // Connections end in errors all the time; none is a reason to stop.
  const onError = (error: Error & { remoteAddress?: string }): void => {
    log.smtpError({ error, clientAddress: error.remoteAddress })
  }
  const sockets = new Set<Socket>()
  server.server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen({ port: options.port, host: options.host, backlog: 1024 })
  await once(server.server, 'listening')
  server.on('error', onError)
  return {
    port: (server.server.address() as AddressInfo).port,
    close: async (graceMs = 5_000) => {
      certificate.close()
      await closeServer(server, underWay, graceMs)
      for (const socket of sockets) socket.destroy()
    },
  }
}

function serverOptions(options: SmtpDoorOptions, underWay: Set<string>): SMTPServerOptions {
  return {
    name: options.mailDomain,
    banner: 'mfa-relay',
    heloResponse: '%s',
    lmtp: options.protocol === 'lmtp',
    minVersion: 'TLSv1.2',
    disabledCommands: DISABLED_COMMANDS,
    authOptional: true,
    hideENHANCEDSTATUSCODES: false,
    disableReverseLookup: true,
    logger: false,
    size: options.maxMessageBytes,
    rejectOversized: true,
    maxRecipients: options.maxRecipients,
    maxClients: options.maxClients,
    maxCommandLength: MAX_COMMAND_BYTES,
    socketTimeout: options.socketTimeoutMs ?? SOCKET_TIMEOUT_MS,
    onMailFrom(_address, session, callback) {
      admit(options, session).then(() => callback(), callback)
    },
    onRcptTo(address, session, callback) {
      checkRecipient(options, address, session).then(() => callback(), callback)
    },
    onData(stream, session, callback) {
      underWay.add(session.id)
      takeMessage(options, stream, session)
        .finally(() => underWay.delete(session.id))
        .then((text) => callback(null, text), callback)
    },
  }
}

/** Whoever sends too much is told to come back, and loses nothing by it. */
async function admit(options: SmtpDoorOptions, session: SMTPServerSession): Promise<void> {
  const full = options.whyFull?.()
  if (full) {
    noteRefusal(options, 451, `full_${full}`)
    throw tryAgain('Too many messages wait to be kept')
  }
  if (!options.guard || (await options.guard.admits(clientAddress(options, session)))) return
  noteRefusal(options, 451, 'rate')
  throw tooMany()
}

async function checkRecipient(
  options: SmtpDoorOptions,
  recipient: { address: string },
  session: SMTPServerSession,
): Promise<void> {
  const peer = clientAddress(options, session)
  let known: string | null
  try {
    known = await findRecipient(
      recipient.address,
      options.mailDomain,
      findToAccept(options, session),
      options.isReturnPath,
      options.isBillAddress,
    )
  } catch (error) {
    options.metrics?.recipientRefused('unavailable')
    log.receiveFailed({ door: options.protocol, error })
    throw tryAgain('The mailbox could not be looked up')
  }
  if (known === null) {
    options.metrics?.recipientRefused('unknown')
    log.recipientRefused({ clientAddress: peer, why: 'unknown' })
    await options.guard?.beforeRefusal(peer)
    throw noSuchMailbox()
  }
  recipient.address = known
}

const findToAccept = (options: SmtpDoorOptions, { envelope }: SMTPServerSession): FindMailbox =>
  tellingOfRetired(options.findMailbox, ({ address, connectionId }) => {
    const sender = envelope.mailFrom ? asciiAddress(envelope.mailFrom.address) : ''
    options.onRefused?.({ address, connectionId, sender, at: (options.now ?? Date.now)() })
  })

/** The text of the 250 reply. @throws SmtpReply for every other */
async function takeMessage(
  options: SmtpDoorOptions,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<string> {
  const { result, release } = await collect(stream, options.budget)
  try {
    if (result.kind === 'oversized') {
      options.metrics?.messageRefused(options.protocol, 'too_large')
      return 'refused for its size'
    }
    if (result.kind === 'refused') throw result.reply
    const message = inboundEmail(options, session, result.raw)
    await options.receive(message)
    return `OK: kept as ${message.id}`
  } catch (error) {
    throw asReply(options, error)
  } finally {
    release()
  }
}

function asReply(options: SmtpDoorOptions, error: unknown): SmtpReply {
  if (error instanceof SmtpReply) {
    noteRefusal(
      options,
      error.responseCode,
      error.responseCode < 500 ? 'full_bytes' : 'malformed',
      error.message,
    )
    return error
  }
  if (error instanceof Failure) {
    noteRefusal(options, 451, error.code)
    return tryAgain(error.code === 'unavailable' ? error.message : 'The message could not be kept')
  }
  options.metrics?.messageRefused(options.protocol, 'fault')
  log.receiveFailed({ door: options.protocol, error })
  return tryAgain('The message could not be kept')
}

async function closeServer(
  server: PromptServer,
  underWay: ReadonlySet<string>,
  graceMs: number,
): Promise<void> {
  server.options.closeTimeout = graceMs
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const connection of [...server.connections]) {
    // From now on each next command is answered 421; those who are silent are told now.
    if (!underWay.has(connection.id)) connection.send(421, 'The relay is shutting down')
  }
  await closed
}
