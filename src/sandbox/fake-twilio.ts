import { createHmac, randomBytes } from 'node:crypto'
import { startHttp } from '../http/server.ts'
import {
  type KeptMessage,
  type OwnedNumber,
  type Refusal,
  type TwilioState,
  twilioApi,
} from './fake-twilio-api.ts'

/** One text message that was sent through the double. */
export type SentSms = {
  readonly sid: string
  readonly to: string
  /** Null when a Messaging Service sent it. */
  readonly from: string | null
  readonly messagingServiceSid: string | null
  readonly body: string
  /** Where its sender wants to be told how it fares. */
  readonly statusCallback: string | null
}

/** A text message on its way to a number of ours. */
export type IncomingSms = {
  readonly from: string
  readonly to: string
  readonly body: string
  /** Default: a new one. */
  readonly sid?: string
  /** Default: now. */
  readonly dateSent?: Date
}

export type SignedPost = {
  /** Where it goes. */
  readonly url: string
  /** What the signature covers instead of `url`: behind a proxy the two differ. */
  readonly signedUrl?: string
  readonly authToken?: string
  /** Further fields of the form, or others in place of the usual ones. */
  readonly fields?: Readonly<Record<string, string>>
}

/** Twilio's double: a real HTTP server that speaks the part of Twilio's protocol that the relay uses. */
export type FakeTwilio = {
  /** For TWILIO_API_URL. */
  readonly url: string
  readonly accountSid: string
  readonly authToken: string
  readonly sent: readonly SentSms[]
  /** Numbers that the account owns. */
  readonly owned: readonly OwnedNumber[]
  /** Requests to the API so far, e.g. `GET /Messages.json`. */
  readonly requests: readonly string[]
  /** Keeps an incoming message in the message list and tells nobody, as during an outage. Returns its SID. */
  keep(sms: IncomingSms): string
  /** Keeps an incoming message and brings it to a webhook, signed. */
  deliver(sms: IncomingSms, post: SignedPost): Promise<Response>
  /** Brings any form to a URL with a valid signature. */
  postSigned(form: Readonly<Record<string, string>>, post: SignedPost): Promise<Response>
  /** Texts to this phone are refused from now on; 21610 is what a STOP leads to. Null: not any more. */
  refuse(phone: string, refusal: Refusal | null): void
  /** Numbers for sale; default: a few in the US. */
  offer(country: string, kind: 'local' | 'mobile', numbers: readonly string[]): void
  /** Texts to these numbers come back to a webhook, as where both ends are the account's; null: they end here. */
  carry(numbers: readonly string[], post: SignedPost | null): void
  /** Every request is answered like this until it is lifted with null. */
  fail(refusal: Refusal | null): void
  close(): Promise<void>
}

const newSid = (prefix: string): string => prefix + randomBytes(16).toString('hex')

const newState = (): TwilioState => ({
  accountSid: newSid('AC'),
  authToken: randomBytes(16).toString('hex'),
  messages: [],
  owned: [],
  forSale: new Map([['US local', ['+14155550160', '+14155550161', '+14155550162']]]),
  refusals: new Map(),
  failure: null,
  onSent: null,
  requests: [],
  newSid,
})

/** Starts Twilio's double on a free port of this machine. */
export async function startFakeTwilio(): Promise<FakeTwilio> {
  const state = newState()
  const { accountSid, authToken, owned, requests } = state
  const server = await startHttp({ app: twilioApi(state), host: '127.0.0.1', port: 0 })
  return {
    url: `http://127.0.0.1:${server.port}`,
    accountSid,
    authToken,
    owned,
    requests,
    get sent() {
      return sentMessages(state)
    },
    keep: (sms) => keep(state, sms),
    deliver: (sms, post) => postSigned(state, webhookForm(accountSid, keep(state, sms), sms), post),
    postSigned: (form, post) => postSigned(state, form, post),
    refuse(phone, refusal) {
      if (refusal) state.refusals.set(phone, refusal)
      else state.refusals.delete(phone)
    },
    offer: (country, kind, numbers) => void state.forSale.set(`${country} ${kind}`, [...numbers]),
    carry(numbers, post) {
      state.onSent = post && ((sent) => carry(state, sent, numbers, post))
    },
    fail(refusal) {
      state.failure = refusal
    },
    close: () => server.close(0),
  }
}

const sentMessages = (state: TwilioState): SentSms[] =>
  state.messages
    .filter(({ direction }) => direction !== 'inbound')
    .map(({ sid, to, from, body, messagingServiceSid = null, statusCallback = null }) => ({
      sid,
      to,
      from: from || null,
      body,
      messagingServiceSid,
      statusCallback,
    }))

function keep(state: TwilioState, { from, to, body, ...given }: IncomingSms): string {
  const sid = given.sid ?? newSid('SM')
  const dateSent = given.dateSent ?? new Date()
  state.messages.push({ sid, from, to, body, direction: 'inbound', dateSent })
  return sid
}

function carry(state: TwilioState, sent: KeptMessage, numbers: readonly string[], post: SignedPost): void {
  if (!numbers.includes(sent.to)) return
  const { from, to, body } = sent
  const sid = keep(state, { from, to, body })
  // Not waited for, as Twilio does not either; what fails is in the message list.
  void postSigned(state, webhookForm(state.accountSid, sid, sent), post).catch(() => undefined)
}

function postSigned(
  state: TwilioState,
  form: Readonly<Record<string, string>>,
  { url, signedUrl, authToken, fields }: SignedPost,
): Promise<Response> {
  const params = { ...form, ...fields }
  return fetch(url, {
    method: 'POST',
    headers: { 'X-Twilio-Signature': sign(authToken ?? state.authToken, signedUrl ?? url, params) },
    body: new URLSearchParams(params),
  })
}

/** The form that Twilio posts for an incoming message, with keys that nobody here asks for among the others. */
const webhookForm = (accountSid: string, sid: string, { from, to, body }: IncomingSms) => ({
  ToCountry: 'US',
  SmsMessageSid: sid,
  NumMedia: '0',
  SmsSid: sid,
  SmsStatus: 'received',
  Body: body,
  To: to,
  NumSegments: '1',
  MessageSid: sid,
  AccountSid: accountSid,
  From: from,
  ApiVersion: '2010-04-01',
})

/** https://www.twilio.com/docs/usage/webhooks/webhooks-security; written anew, to check the relay's check. */
const sign = (authToken: string, url: string, form: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(form).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = url + pairs.map(([key, value]) => key + value).join('')
  return createHmac('sha1', authToken).update(text).digest('base64')
}
