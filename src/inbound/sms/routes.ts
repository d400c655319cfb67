import type { OpenAPIHono } from '@hono/zod-openapi'
import { Failure } from '../../domain/failure.ts'
import { newId } from '../../domain/id.ts'
import type { InboundMessage } from '../../domain/message.ts'
import type { AppEnv } from '../../http/auth.ts'
import { errorResponse } from '../../http/errors.ts'
import { newRouter } from '../../http/router.ts'
import { log } from '../../log.ts'
import type { FindMailbox } from '../recipients.ts'
import { type OnRefused, tellingOfRetired } from '../refusals.ts'
import { asksToStart, asksToStop, isReplyToCopies } from './replies.ts'
import { readSigned, type TwilioAccount } from './signed-form.ts'
import { readWebhook, type WebhookRequest } from './webhook-request.ts'

export const TWILIO_SMS_PATH = '/inbound/twilio/sms'

export type TwilioRoutesDeps = TwilioAccount & {
  readonly smsFrom: string
  readonly findMailbox: FindMailbox
  /** Told of texts to retired numbers. */
  readonly onRefused?: OnRefused
  /** Resolves once the message is durable. */
  readonly receive: (message: InboundMessage) => Promise<unknown>
  /** A customer texted STOP. */
  readonly stopPhone: (phone: string, now: number) => Promise<unknown>
  /** Or, later, START. */
  readonly startPhone: (phone: string, now: number) => Promise<unknown>
  readonly now?: () => number
}

/** TwiML for "no answer": anything else would be texted to the sender. */
const NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

/** Twilio's webhook for incoming text messages. Answers 200 once the message is durable, 503 when it is not. */
export function twilioRoutes(deps: TwilioRoutesDeps): OpenAPIHono<AppEnv> {
  const router = newRouter()
  router.post(TWILIO_SMS_PATH, async (c) => {
    const text = await readSigned(deps, c, TWILIO_SMS_PATH, readWebhook)
    await take(deps, text)
    return c.body(NO_ANSWER, 200, { 'Content-Type': 'text/xml; charset=utf-8' })
  })
  router.openAPIRegistry.registerPath(description)
  return router
}

async function take(deps: TwilioRoutesDeps, text: WebhookRequest): Promise<void> {
  const now = (deps.now ?? Date.now)()
  try {
    if (isReplyToCopies(text, deps)) {
      if (asksToStop(text)) await deps.stopPhone(text.from, now)
      else if (asksToStart(text)) await deps.startPhone(text.from, now)
      return
    }
    const findMailbox = tellingOfRetired(deps.findMailbox, ({ address, connectionId }) =>
      deps.onRefused?.({ address, connectionId, sender: text.from, at: now }),
    )
    const context = await findMailbox(text.to)
    if (context === null || context.mailbox.retiredAt !== null) {
      // Twilio would call again and again, and nobody waits for this message.
      log.twilioIgnored({ why: context === null ? 'unknown number' : 'retired number', sid: text.sid })
      return
    }
    await deps.receive({
      channel: 'sms',
      id: newId(),
      door: 'twilio-webhook',
      receivedAt: now,
      sid: text.sid,
      sender: text.from,
      recipient: text.to,
      body: text.body,
    })
  } catch (error) {
    log.receiveFailed({ door: 'twilio-webhook', error })
    throw new Failure('unavailable', 'The message could not be kept; it will be fetched later')
  }
}

const description: Parameters<ReturnType<typeof newRouter>['openAPIRegistry']['registerPath']>[0] = {
  method: 'post',
  path: TWILIO_SMS_PATH,
  tags: ['Inbound'],
  summary: 'Twilio hands over a text message',
  description:
    'For Twilio alone: X-Twilio-Signature over PUBLIC_URL and the form is required. The form holds `MessageSid`, `AccountSid`, `From`, `To` and `Body`, each once; other keys are ignored.',
  request: {
    body: {
      required: true,
      content: { 'application/x-www-form-urlencoded': { schema: { type: 'object' } } },
    },
  },
  responses: {
    200: {
      description: 'Kept, or not for us; empty TwiML',
      content: { 'text/xml': { schema: { type: 'string' } } },
    },
    400: errorResponse('A key is missing, or there twice'),
    403: errorResponse('The signature does not fit'),
    404: errorResponse('Text messages are off'),
    503: errorResponse('Not kept; Twilio keeps it and it is fetched later'),
  },
}
