import { classifyTwilioError } from './classify.ts'
import type { SmsMessages } from './courier.ts'

/**
 * Sends one text at once, outside of the outbox: for tests that somebody waits for.
 *
 * @returns why it could not be sent, in Twilio's words; null when Twilio took it
 */
export function textSender(
  messages: SmsMessages,
  smsFrom: string,
): (to: string, text: string) => Promise<string | null> {
  const sender = /^MG/i.test(smsFrom) ? { messagingServiceSid: smsFrom } : { from: smsFrom }
  return async (to, body) => {
    try {
      await messages.create({ to, body, ...sender })
      return null
    } catch (error) {
      const result = classifyTwilioError(error)
      return result.kind === 'sent' ? null : result.error
    }
  }
}
