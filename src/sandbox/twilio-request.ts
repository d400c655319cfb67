import { createHmac } from 'node:crypto'
import type { OutgoingSms } from './send-code.ts'

export type WebhookOptions = {
  /** Where the relay listens. */
  readonly relayUrl: string
  /** What the relay believes to be its own address, as the signature covers it; default: `relayUrl`. */
  readonly publicUrl?: string
  readonly accountSid: string
  readonly authToken: string
}

const PATH = '/inbound/twilio/sms'

/**
 * Brings SMS to the relay's webhook the way Twilio does: a form with its signature over the URL and the sorted
 * parameters (https://www.twilio.com/docs/usage/webhooks/webhooks-security).
 *
 * @returns a function that rejects unless the relay answers 2xx
 */
export function twilioWebhook(options: WebhookOptions): (sms: OutgoingSms) => Promise<void> {
  return async ({ sid, from, to, body }) => {
    const params: Record<string, string> = {
      AccountSid: options.accountSid,
      ApiVersion: '2010-04-01',
      Body: body,
      From: from,
      MessageSid: sid,
      NumMedia: '0',
      NumSegments: '1',
      SmsMessageSid: sid,
      SmsSid: sid,
      SmsStatus: 'received',
      To: to,
    }
    const signed = (options.publicUrl ?? options.relayUrl) + PATH
    const text =
      signed +
      Object.keys(params)
        .sort()
        .map((name) => name + params[name])
        .join('')
    const response = await fetch(options.relayUrl + PATH, {
      method: 'POST',
      headers: { 'X-Twilio-Signature': createHmac('sha1', options.authToken).update(text).digest('base64') },
      body: new URLSearchParams(params),
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`the relay answered ${response.status} to an SMS`)
  }
}
