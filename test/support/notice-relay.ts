import { startRelay, type TestRelay } from './relay.ts'
import { type ReceivedMail, type SmtpSink, startSmtpSink } from './smtp-sink.ts'

export const OWNER = 'owner@customer.test'
export const CONTACT = 'contact@company.test'

/** A whole relay whose mails to people leave at once, and the mail server that takes them. */
export type NoticeRelay = { readonly relay: TestRelay; readonly sink: SmtpSink; close(): Promise<void> }

export async function startNoticeRelay(): Promise<NoticeRelay> {
  const sink = await startSmtpSink()
  const relay = await startRelay({
    OUTBOUND_SMTP_URL: sink.smtpUrl,
    NOTICE_GATHER_MINUTES: '0',
    NOTICE_SPACING_MINUTES: '0',
  })
  return {
    relay,
    sink,
    async close() {
      await relay.close()
      relay.remove()
      await sink.close()
    },
  }
}

/** Whether a mail went to somebody. */
export const to = (address: string) => (mail: ReceivedMail) => mail.envelope.to.includes(address)
