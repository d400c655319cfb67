import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'

/** One message in the customer's mailbox. */
export type ReceivedMail = {
  readonly envelope: { readonly from: string; readonly to: readonly string[] }
  readonly raw: Buffer
  readonly parsed: Email
  /** ms UTC. */
  readonly receivedAt: number
}

/** What the mailbox answers instead of 250; `code` 4xx or 5xx. */
export type Refusal = { readonly code: number; readonly text: string }

export type CustomerOptions = {
  /** 0, the default: any free port. */
  readonly port?: number
  readonly onMail?: (mail: ReceivedMail) => void
  /** Asked at RCPT TO: refuse to see how a copy is retried or given up. */
  readonly refuseRecipient?: (address: string) => Refusal | null
  /** Asked after the last dot. */
  readonly refuseMessage?: (mail: ReceivedMail) => Refusal | null
}

/** A customer's mailbox: a mail server that takes everything for everybody and keeps it in memory. */
export type Customer = {
  readonly port: number
  readonly smtpUrl: string
  readonly mails: readonly ReceivedMail[]
  /** Resolves with the first mail, here or yet to come, that fits. Rejects after `timeoutMs`. */
  waitFor(fits: (mail: ReceivedMail) => boolean, timeoutMs: number): Promise<ReceivedMail>
  close(): Promise<void>
}

/** Commands that the library answers in jest, and those that a mailbox on loopback does not need. */
const DISABLED = ['AUTH', 'STARTTLS', 'WIZ', 'SHELL', 'KILL']

/** Starts a customer's mailbox on loopback. */
export async function startCustomer(options: CustomerOptions = {}): Promise<Customer> {
  const mails: ReceivedMail[] = []
  const listeners = new Set<(mail: ReceivedMail) => void>()
  const server = new SMTPServer({
    name: 'mail.customer.test',
    authOptional: true,
    disabledCommands: DISABLED,
    disableReverseLookup: true,
    closeTimeout: 200,
    onRcptTo({ address }, _session, callback) {
      callback(refusalError(options.refuseRecipient?.(address) ?? null))
    },
    onData(stream, session, callback) {
      take(stream, session).then((mail) => {
        const refusal = options.refuseMessage?.(mail) ?? null
        if (!refusal) {
          mails.push(mail)
          options.onMail?.(mail)
          for (const listener of listeners) listener(mail)
        }
        callback(refusalError(refusal))
      }, callback)
    },
  })
  // A client that goes away is its own affair.
  server.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    smtpUrl: `smtp://127.0.0.1:${port}`,
    mails,
    waitFor: (fits, timeoutMs) => waitForMail(mails, listeners, fits, timeoutMs),
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

async function take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<ReceivedMail> {
  const raw = Buffer.concat(await stream.toArray())
  const { mailFrom, rcptTo } = session.envelope
  return {
    envelope: { from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address) },
    raw,
    parsed: await PostalMime.parse(raw),
    receivedAt: Date.now(),
  }
}

const refusalError = (refusal: Refusal | null): Error | null =>
  refusal && Object.assign(new Error(refusal.text), { responseCode: refusal.code })

function waitForMail(
  mails: readonly ReceivedMail[],
  listeners: Set<(mail: ReceivedMail) => void>,
  fits: (mail: ReceivedMail) => boolean,
  timeoutMs: number,
): Promise<ReceivedMail> {
  const found = mails.find(fits)
  if (found) return Promise.resolve(found)
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      listeners.delete(listen)
      reject(new Error(`the mail did not come within ${timeoutMs} ms`))
    }, timeoutMs)
    const listen = (mail: ReceivedMail) => {
      if (!fits(mail)) return
      clearTimeout(timer)
      listeners.delete(listen)
      resolve(mail)
    }
    listeners.add(listen)
  })
}
