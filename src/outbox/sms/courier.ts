import type { CourierPort } from '../courier.ts'
import { classifyTwilioError } from './classify.ts'
import { type SmsTextDeps, smsText } from './text.ts'

/** The one call of Twilio's API that sending needs; `client.messages` of the `twilio` package is one. */
export type SmsMessages = {
  create(message: {
    to: string
    body: string
    from?: string
    messagingServiceSid?: string
  }): Promise<{ readonly sid: string }>
}

export type SmsCourierDeps = SmsTextDeps & {
  readonly messages: SmsMessages
  /** A number of ours, a short code, or a Messaging Service SID (`MG…`). */
  readonly smsFrom: string
  readonly concurrency?: number
}

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
        // Twilio's client takes no signal: whoever waits is let go, and the request ends by its own timeout.
        const { sid } = await Promise.race([deps.messages.create({ to, body, ...sender }), rejectOn(signal)])
        return { kind: 'sent', remoteId: sid }
      } catch (error) {
        return classifyTwilioError(error)
      }
    },
    async close() {},
  }
}

const rejectOn = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
