import { type Context, Hono } from 'hono'

/** An error as Twilio answers it; `code` is one of https://www.twilio.com/docs/api/errors. */
export type Refusal = { readonly status: number; readonly code: number; readonly message: string }

export type OwnedNumber = {
  readonly sid: string
  readonly phoneNumber: string
  readonly smsUrl: string
  readonly smsMethod: string
}

export type KeptMessage = {
  readonly sid: string
  readonly from: string
  readonly to: string
  readonly body: string
  readonly direction: 'inbound' | 'outbound-api'
  readonly dateSent: Date
  readonly messagingServiceSid?: string | null
  readonly statusCallback?: string | null
}

export type TwilioState = {
  readonly accountSid: string
  readonly authToken: string
  readonly messages: KeptMessage[]
  readonly owned: OwnedNumber[]
  /** `US local` → numbers. */
  readonly forSale: Map<string, string[]>
  readonly refusals: Map<string, Refusal>
  failure: Refusal | null
  /** Told of each text that is sent. */
  onSent: ((message: KeptMessage) => void) | null
  readonly requests: string[]
  newSid(prefix: string): string
}

/** The part of Twilio's REST API (2010-04-01) that the relay and its couriers call. */
export function twilioApi(state: TwilioState): Hono {
  const root = `/2010-04-01/Accounts/${state.accountSid}`
  const app = new Hono()
  app.use('*', async (c, next) => {
    state.requests.push(`${c.req.method} ${c.req.path.replace(root, '')}`)
    const credentials = Buffer.from(`${state.accountSid}:${state.authToken}`).toString('base64')
    if (c.req.header('authorization') !== `Basic ${credentials}`) {
      return refuse(c, { status: 401, code: 20_003, message: 'Authenticate' })
    }
    return state.failure ? refuse(c, state.failure) : next()
  })
  app.get(`${root}/Messages.json`, (c) => listMessages(state, root, c))
  app.post(`${root}/Messages.json`, (c) => sendMessage(state, c))
  app.get(`${root}/AvailablePhoneNumbers/:country/:kind`, (c) => listForSale(state, root, c))
  app.get(`${root}/IncomingPhoneNumbers.json`, (c) =>
    c.json({
      incoming_phone_numbers: state.owned.map(presentNumber),
      ...page(root, 'IncomingPhoneNumbers', null),
    }),
  )
  app.post(`${root}/IncomingPhoneNumbers.json`, (c) => buyNumber(state, c))
  app.delete(`${root}/IncomingPhoneNumbers/:sid`, (c) => releaseNumber(state, c))
  app.notFound((c) => refuse(c, NOT_FOUND))
  return app
}

const NOT_FOUND: Refusal = {
  status: 404,
  code: 20_404,
  message: 'The requested resource was not found',
}

const refuse = (c: Context, { status, code, message }: Refusal): Response =>
  c.json({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }, status as 400)

const page = (root: string, name: string, next: string | null) => ({
  first_page_uri: `${root}/${name}.json`,
  next_page_uri: next,
  previous_page_uri: null,
  page: 0,
})

/** Newest first, in pages, filtered by To and by the earliest time: as Twilio lists them. */
function listMessages(state: TwilioState, root: string, c: Context): Response {
  const to = c.req.query('To')
  const since = c.req.query('DateSent>')
  const size = Number(c.req.query('PageSize') ?? 50)
  const from = Number(c.req.query('Page') ?? 0) * size
  const found = state.messages
    .filter((message) => !to || message.to === to)
    .filter((message) => !since || message.dateSent.getTime() >= Date.parse(since))
    .sort((a, b) => b.dateSent.getTime() - a.dateSent.getTime())
  const query = new URLSearchParams({
    ...(to ? { To: to } : {}),
    ...(since ? { 'DateSent>': since } : {}),
    PageSize: String(size),
    Page: String(from / size + 1),
  })
  const next = found.length > from + size ? `${root}/Messages.json?${query}` : null
  return c.json({
    messages: found.slice(from, from + size).map((message) => presentMessage(state, message)),
    ...page(root, 'Messages', next),
  })
}

const presentMessage = (state: TwilioState, message: KeptMessage) => ({
  account_sid: state.accountSid,
  sid: message.sid,
  from: message.from,
  to: message.to,
  body: message.body,
  direction: message.direction,
  status: message.direction === 'inbound' ? 'received' : 'queued',
  messaging_service_sid: message.messagingServiceSid ?? null,
  num_media: '0',
  num_segments: '1',
  error_code: null,
  error_message: null,
  date_created: message.dateSent.toUTCString(),
  date_updated: message.dateSent.toUTCString(),
  date_sent: message.dateSent.toUTCString(),
})

async function formOf(c: Context): Promise<URLSearchParams> {
  return new URLSearchParams(await c.req.text())
}

async function sendMessage(state: TwilioState, c: Context): Promise<Response> {
  const form = await formOf(c)
  const to = form.get('To') ?? ''
  const body = form.get('Body')
  const from = form.get('From')
  const messagingServiceSid = form.get('MessagingServiceSid')
  const refusal = state.refusals.get(to)
  if (refusal) return refuse(c, refusal)
  if (!/^\+[1-9]\d{6,14}$/.test(to)) {
    return refuse(c, { status: 400, code: 21_211, message: `Invalid 'To' Phone Number: ${to}` })
  }
  if (!body) return refuse(c, { status: 400, code: 21_602, message: 'Message body is required.' })
  if (!from && !messagingServiceSid) {
    return refuse(c, { status: 400, code: 21_603, message: "A 'From' phone number is required." })
  }
  const message: KeptMessage = {
    sid: state.newSid('SM'),
    from: from ?? '',
    to,
    body,
    direction: 'outbound-api',
    dateSent: new Date(),
    messagingServiceSid,
    statusCallback: form.get('StatusCallback'),
  }
  state.messages.push(message)
  state.onSent?.(message)
  return c.json(presentMessage(state, message), 201)
}

function listForSale(state: TwilioState, root: string, c: Context): Response {
  const country = c.req.param('country') ?? ''
  const kind = (c.req.param('kind') ?? '').replace('.json', '')
  const numbers = state.forSale.get(`${country} ${kind.toLowerCase()}`)
  if (!numbers) return refuse(c, NOT_FOUND)
  return c.json({
    uri: `${root}/AvailablePhoneNumbers/${country}/${kind}.json`,
    available_phone_numbers: numbers.map((phone_number) => ({
      friendly_name: phone_number,
      phone_number,
      iso_country: country,
      capabilities: { voice: true, SMS: true, MMS: true },
    })),
  })
}

const presentNumber = ({ sid, phoneNumber, smsUrl, smsMethod }: OwnedNumber) => ({
  sid,
  phone_number: phoneNumber,
  sms_url: smsUrl,
  sms_method: smsMethod,
})

async function buyNumber(state: TwilioState, c: Context): Promise<Response> {
  const form = await formOf(c)
  const phoneNumber = form.get('PhoneNumber') ?? ''
  const isForSale = [...state.forSale.values()].some((numbers) => numbers.includes(phoneNumber))
  if (!isForSale || state.owned.some((number) => number.phoneNumber === phoneNumber)) {
    return refuse(c, { status: 400, code: 21_422, message: `${phoneNumber} is not available.` })
  }
  const number = {
    sid: state.newSid('PN'),
    phoneNumber,
    smsUrl: form.get('SmsUrl') ?? '',
    smsMethod: form.get('SmsMethod') ?? '',
  }
  state.owned.push(number)
  return c.json(presentNumber(number), 201)
}

function releaseNumber(state: TwilioState, c: Context): Response {
  const sid = (c.req.param('sid') ?? '').replace('.json', '')
  const index = state.owned.findIndex((number) => number.sid === sid)
  if (index === -1) return refuse(c, NOT_FOUND)
  state.owned.splice(index, 1)
  return c.body(null, 204)
}
