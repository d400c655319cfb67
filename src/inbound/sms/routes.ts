import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { Failure } from '../../domain/failure.ts'
import { newId } from '../../domain/id.ts'
import type { InboundMessage } from '../../domain/message.ts'
import type { AppEnv } from '../../http/auth.ts'
import { errorResponse } from '../../http/errors.ts'
import { newRouter } from '../../http/router.ts'
import { log } from '../../log.ts'
import type { FindMailbox } from '../recipients.ts'
import { type OnRefused, tellingOfRetired } from '../refusals.ts'
import { asksToStop, isReplyToCopies } from './replies.ts'
import { isSigned, parseForm, readWebhook, type WebhookRequest } from './webhook-request.ts'

export const TWILIO_SMS_PATH = '/inbound/twilio/sms'

export type TwilioRoutesDeps = {
  /** Null: Twilio is not set up. */
  readonly account: { readonly accountSid: string; readonly authTokens: readonly string[] } | null
  /** How Twilio reaches us. Proxy headers are never believed instead: who sends them could choose the URL. */
  readonly publicUrl: () => string
  readonly smsFrom: string
  readonly findMailbox: FindMailbox
  /** Told of texts to retired numbers. */
  readonly onRefused?: OnRefused
  /** Resolves once the message is durable. */
  readonly receive: (message: InboundMessage) => Promise<unknown>
  /** A customer texted STOP. */
  readonly stopPhone: (phone: string, now: number) => Promise<unknown>
  readonly now?: () => number
}

/** TwiML for "no answer": anything else would be texted to the sender. */
const NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

/** Twilio's webhook for incoming text messages. Answers 200 once the message is durable, 503 when it is not. */
export function twilioRoutes(deps: TwilioRoutesDeps): OpenAPIHono<AppEnv> {
  const router = newRouter()
  router.post(TWILIO_SMS_PATH, async (c) => {
    const text = await readSigned(deps, c)
    await take(deps, text)
    return c.body(NO_ANSWER, 200, { 'Content-Type': 'text/xml; charset=utf-8' })
  })
  router.openAPIRegistry.registerPath(description)
  return router
}

async function readSigned(deps: TwilioRoutesDeps, c: Context<AppEnv>): Promise<WebhookRequest> {
  const { account } = deps
  if (!account) {
    throw new Failure('not_found', 'Text messages are off here: TWILIO_ACCOUNT_SID is not set')
  }
  if (!/^application\/x-www-form-urlencoded\b/i.test(c.req.header('content-type') ?? '')) {
    throw new Failure('invalid_request', 'Twilio sends application/x-www-form-urlencoded')
  }
  const form = parseForm(await c.req.text())
  const url = `${deps.publicUrl().replace(/\/+$/, '')}${TWILIO_SMS_PATH}`
  const signature = c.req.header('x-twilio-signature') ?? ''
  if (!isSigned(form, { url, signature, authTokens: account.authTokens })) {
    log.twilioRefused({ why: `the signature does not fit ${url}` })
    const message = `The signature does not fit ${url}. PUBLIC_URL must be the URL that Twilio was given, and TWILIO_AUTH_TOKEN its account's token`
    throw new Failure('signature_invalid', message)
  }
  const text = readWebhook(form)
  if (text.accountSid !== account.accountSid) {
    log.twilioRefused({ why: 'another account' })
    throw new Failure('signature_invalid', 'AccountSid is not the account of this relay')
  }
  return text
}

async function take(deps: TwilioRoutesDeps, text: WebhookRequest): Promise<void> {
  const now = (deps.now ?? Date.now)()
  try {
    if (isReplyToCopies(text, deps)) {
      if (asksToStop(text)) await deps.stopPhone(text.from, now)
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
