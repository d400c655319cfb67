import { SMS_REPORT_PATH } from '../../domain/sms-report.ts'
import type { CourierPort } from '../courier.ts'
import { classifyTwilioError } from './classify.ts'
import { type SmsTextDeps, smsText } from './text.ts'

/** The one call of Twilio's API that sending needs; `client.messages` of the `twilio` package is one. */
export type SmsMessages = {
  create(message: OutgoingText): Promise<{ readonly sid: string }>
}

type OutgoingText = {
  to: string
  body: string
  from?: string
  messagingServiceSid?: string
  statusCallback?: string
}

export type SmsCourierDeps = SmsTextDeps & {
  readonly messages: SmsMessages
  /** A number of ours, a short code, or a Messaging Service SID (`MG…`). */
  readonly smsFrom: string
  /** PUBLIC_URL, where Twilio tells how texts fared; empty: nobody can tell us. */
  readonly publicUrl: string
  readonly concurrency?: number
}

/** StatusCallback is not a URL that Twilio takes: https://www.twilio.com/docs/api/errors/21609 */
const BAD_CALLBACK = 21_609
const E164 = /^\+[1-9]\d{6,14}$/

/** Sends copies as SMS through Twilio. */
export function smsCourier(deps: SmsCourierDeps): CourierPort {
  const sender = /^MG/i.test(deps.smsFrom) ? { messagingServiceSid: deps.smsFrom } : { from: deps.smsFrom }
  return {
    concurrency: deps.concurrency ?? 5,
    async send(content, signal) {
      const to = content.delivery.address
      const body = smsText(deps, content)
      if (!E164.test(to)) return { kind: 'permanent', error: 'not a phone number in E.164' }
      if (body === null) return { kind: 'permanent', error: 'what it would copy is no longer kept' }
      try {
        const text = { to, body, ...sender, ...callbackFor(deps.publicUrl, content.delivery.id) }
        // Twilio's client takes no signal: whoever waits is let go, and the request ends by its own timeout.
        const { sid } = await Promise.race([create(deps.messages, text), rejectOn(signal)])
        return { kind: 'sent', remoteId: sid }
      } catch (error) {
        return classifyTwilioError(error)
      }
    },
    async close() {},
  }
}

/** The URL names the delivery, as a report may come before we know what Twilio calls the text. */
const callbackFor = (publicUrl: string, deliveryId: string) =>
  publicUrl ? { statusCallback: `${publicUrl.replace(/\/+$/, '')}${SMS_REPORT_PATH}/${deliveryId}` } : {}

/** A PUBLIC_URL that Twilio cannot reach costs reports, and no copies. */
async function create(messages: SmsMessages, { statusCallback, ...text }: OutgoingText) {
  if (!statusCallback) return messages.create(text)
  try {
    return await messages.create({ ...text, statusCallback })
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== BAD_CALLBACK) throw error
    return messages.create(text)
  }
}

const rejectOn = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
