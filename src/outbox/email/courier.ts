import { createTransport, type SendMailOptions } from 'nodemailer'
import type { SendResult } from '../../domain/delivery.ts'
import type { CourierPort } from '../courier.ts'
import { classifySmtpError } from './classify.ts'
import { type ComposeDeps, compose } from './compose.ts'
import { type DkimSigner, SIGNED_FIELDS } from './dkim.ts'

/** What the e-mail courier is made from. */
export type EmailCourierDeps = ComposeDeps & {
  /** The next hop, e.g. `smtp://user:secret@mail.example.com:587`. */
  readonly outboundSmtpUrl: string
  readonly dkim: DkimSigner | null
  readonly concurrency?: number
}

/** The courier of copies, which carries other mails of ours too. */
export type EmailCourier = CourierPort & {
  /** Sends a message that is ready. What went wrong is a result. */
  mail(message: SendMailOptions, signal: AbortSignal): Promise<SendResult>
}

const CONNECT_MS = 10_000
const SILENCE_MS = 30_000

/** Sends copies through the next hop over a small pool of connections that stay open. */
export function emailCourier(deps: EmailCourierDeps): EmailCourier {
  const concurrency = deps.concurrency ?? 5
  const transport = createTransport({
    url: deps.outboundSmtpUrl,
    pool: true,
    name: deps.mailDomain,
    maxConnections: concurrency,
    // The hop may have ended a connection that was idle. The library takes another only while not a byte of the
    // message was sent; after that it is for the outbox to decide.
    maxRequeues: 2,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(deps.dkim ? { dkim: { ...deps.dkim, headerFieldNames: SIGNED_FIELDS } } : {}),
  })
  async function mail(message: SendMailOptions, signal: AbortSignal): Promise<SendResult> {
    try {
      const { messageId } = await transport.sendMail({ ...message, signal })
      return { kind: 'sent', remoteId: messageId }
    } catch (error) {
      return classifySmtpError(error)
    }
  }
  return {
    concurrency,
    mail,
    async send(content, signal) {
      const composed = compose(deps, content)
      if (composed.kind === 'impossible') return { kind: 'permanent', error: composed.error }
      return mail(composed.message, signal)
    },
    async close() {
      transport.close()
    },
  }
}
