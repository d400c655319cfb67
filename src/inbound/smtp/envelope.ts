import type { SMTPServerSession } from 'smtp-server'
import { newId } from '../../domain/id.ts'
import type { InboundEmail } from '../../domain/message.ts'
import { asciiAddress } from '../recipients.ts'

type Door = {
  readonly protocol: 'smtp' | 'lmtp'
  readonly isProxyNetwork: (address: string | undefined) => boolean
  readonly now?: () => number
}

/** A message as it came through the door, with who handed it over. */
export function inboundEmail(options: Door, session: SMTPServerSession, raw: Uint8Array): InboundEmail {
  const { mailFrom, rcptTo } = session.envelope
  const address = clientAddress(options, session)
  return {
    channel: 'email',
    id: newId(),
    door: options.protocol,
    receivedAt: (options.now ?? Date.now)(),
    envelope: {
      sender: mailFrom ? asciiAddress(mailFrom.address) : '',
      recipients: rcptTo.map((recipient) => recipient.address),
    },
    client: {
      ...(address ? { address } : {}),
      ...(session.hostNameAppearsAs ? { helo: session.hostNameAppearsAs } : {}),
      tls: session.secure,
    },
    raw,
  }
}

/**
 * Whose message it is. Behind a proxy that is the address in its PROXY header; a proxy's own address says nothing
 * (`PROXY UNKNOWN`, health checks). Nor does that of the mail server that speaks LMTP to us.
 */
export function clientAddress(
  options: Pick<Door, 'protocol' | 'isProxyNetwork'>,
  { remoteAddress }: SMTPServerSession,
): string | undefined {
  if (options.protocol === 'lmtp' || options.isProxyNetwork(remoteAddress)) return undefined
  return remoteAddress
}
