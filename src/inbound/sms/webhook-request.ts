// Not the whole library, which takes 30 MB.
import { validateRequest } from 'twilio/lib/webhooks/webhooks.js'
import { Failure } from '../../domain/failure.ts'

/** Keys that decide what a text message is. Twilio's set of others grows, so those are ignored. */
const REQUIRED = ['MessageSid', 'AccountSid', 'From', 'To', 'Body'] as const
export const MESSAGE_SID = /^(SM|MM)[0-9a-f]{32}$/
/**
 * A phone, a short code, a name of at most 11 characters, or an address of another channel (`whatsapp:+1…`). Not
 * more: the key that comes behind `From` in the signed text could be made a part of it. What is refused here for
 * no fault of its own is fetched from Twilio's message list.
 */
const SENDER = /^(\+\d{5,15}|\d{3,8}|[\p{L}\p{N} _&+.-]{1,11}|[a-z]{2,12}:[\w+.@-]{1,40})$/u

/** What Twilio says about one text message. */
export type WebhookRequest = {
  readonly sid: string
  readonly accountSid: string
  readonly from: string
  readonly to: string
  readonly body: string
  /** `STOP`, `START` or `HELP` where Advanced Opt-Out has answered already. */
  readonly optOutType: string | null
  readonly messagingServiceSid: string | null
}

/** A form as it was signed: decoded and untrimmed, in order, repeated keys kept. */
export type Form = readonly (readonly [string, string])[]

export const parseForm = (body: string): Form => [...new URLSearchParams(body).entries()]

export type SignatureCheck = {
  /** The exact URL that Twilio was given. Never built from what the request says of itself. */
  readonly url: string
  readonly signature: string
  /** Current and next token, so that tokens can be rotated. */
  readonly authTokens: readonly string[]
}

/** Whether Twilio signed this form for this URL. */
export function isSigned(form: Form, check: SignatureCheck): boolean {
  const params: Record<string, string | string[]> = Object.create(null)
  for (const [key, value] of form) {
    const known = params[key]
    params[key] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value]
  }
  return check.authTokens.some((token) => validateRequest(token, check.signature, check.url, { ...params }))
}

/**
 * Reads a signed form. The signature covers keys and values run together, so that one valid request could be cut
 * apart at other places: every key that counts must be there once, and have the form it should have.
 *
 * @throws Failure `invalid_request` naming what is wrong
 */
export function readWebhook(form: Form): WebhookRequest {
  const {
    MessageSid: sid,
    AccountSid: accountSid,
    From: from,
    To: to,
    Body: body,
  } = valuesOnce(form, REQUIRED)
  if (!MESSAGE_SID.test(sid)) throw new Failure('invalid_request', 'MessageSid is not one of a message')
  if (!SENDER.test(from)) throw new Failure('invalid_request', 'From is not one that Twilio has')
  return {
    sid,
    accountSid,
    from,
    to,
    body,
    optOutType: valuesOf(form, 'OptOutType')[0] ?? null,
    messagingServiceSid: valuesOf(form, 'MessagingServiceSid')[0] ?? null,
  }
}

const valuesOf = (form: Form, key: string): string[] =>
  form.filter(([name]) => name === key).map(([, value]) => value)

/** The values of keys that must be there exactly once. @throws Failure `invalid_request` naming those that are not */
export function valuesOnce<K extends string>(form: Form, keys: readonly K[]): Readonly<Record<K, string>> {
  const wrong = keys.filter((key) => valuesOf(form, key).length !== 1)
  if (wrong.length > 0) {
    throw new Failure('invalid_request', `These must be there exactly once: ${wrong.join(', ')}`, {
      fields: wrong.map((path) => ({ path, problem: 'must be there exactly once' })),
    })
  }
  return Object.fromEntries(keys.map((key) => [key, valuesOf(form, key)[0] ?? ''])) as Record<K, string>
}
