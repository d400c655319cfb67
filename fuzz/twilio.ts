import twilio from 'twilio'
import type { InboundSms } from '../src/domain/message.ts'
import { createApp } from '../src/http/app.ts'
import { twilioRoutes } from '../src/inbound/sms/routes.ts'
import { findMailbox, NUMBER } from '../test/inbound/support.ts'
import type { Target } from './loop.ts'
import type { Random } from './random.ts'

/*
 * Twilio's webhook: forms that were changed before or after they were signed. Broken promises: 5xx, an error that is
 * none of ours, a message kept without a valid signature, or other than it was signed.
 */

export const ACCOUNT = `AC${'a1'.repeat(16)}`
export const TOKEN = 'token-for-tests'
export const URL_OF_RELAY = 'https://relay.test'
const PATH = '/inbound/twilio/sms'
const KEYS = [
  'MessageSid',
  'AccountSid',
  'From',
  'To',
  'Body',
  'OptOutType',
  'NumMedia',
  'MediaUrl0',
  '__proto__',
  '',
]

export type Pair = [key: string, value: string]

export async function twilioTarget(): Promise<Target> {
  const kept: InboundSms[] = []
  const stopped: string[] = []
  const app = createApp({
    auth: { identify: async () => null },
    routes: [
      twilioRoutes({
        account: { accountSid: ACCOUNT, authTokens: [TOKEN] },
        publicUrl: () => URL_OF_RELAY,
        smsFrom: '+14155550172',
        findMailbox,
        receive: async (message) => void kept.push(message as InboundSms),
        stopPhone: async (phone) => void stopped.push(phone),
        startPhone: async () => {},
      }),
    ],
  })
  return {
    async round(random) {
      kept.length = stopped.length = 0
      const form = validForm(random)
      const changed = random.chance(0.7) ? change(random, form) : form
      const isSigned = random.chance(0.6)
      const signature = isSigned
        ? sign(changed)
        : random.pick([sign(form), sign(changed).slice(1), '', random.text(30)])
      const sent = random.chance(0.4) ? split(random, changed) : changed
      const response = await post(app, random, sent, signature)
      const body = await response.text()
      check(response.status, body)
      // Signed as it was sent, or nothing may come of it.
      const isGenuine = sameForm(sent, changed)
        ? signature === sign(sent)
        : sameForm(sent, form) && signature === sign(form)
      if (!isGenuine && signature !== sign(sent) && kept.length + stopped.length > 0) {
        throw new Error(`kept without a signature: ${JSON.stringify({ sent, signature, kept, stopped })}`)
      }
      // Cut apart elsewhere the signature still fits; what counts must have stayed as it was signed.
      // (A form that Twilio would never sign, with a key twice, may be cut into one with each key once.)
      const isTwilios = new Set(changed.map(([key]) => key)).size === changed.length
      const signed = signature !== sign(changed) ? form : isTwilios ? changed : sent
      for (const message of kept) for (const one of [sent, signed]) checkKept(message, one)
      return `${response.status}${kept.length > 0 ? ', kept' : ''}${isGenuine ? ', signed' : ''}`
    },
    stop: async () => {},
  }
}

const validForm = (random: Random): Pair[] => [
  [
    'MessageSid',
    `${random.pick(['SM', 'MM'])}${random
      .int(0, 2 ** 31)
      .toString(16)
      .padStart(32, '0')}`,
  ],
  ['AccountSid', ACCOUNT],
  ['From', random.pick(['72345', '+14155550123', random.text(12)])],
  ['To', random.pick([NUMBER, NUMBER, '+14155550199', '+14155550172', random.text(8)])],
  ['Body', random.pick(['Your code is 123456', 'STOP', '', random.text(200)])],
  ['NumMedia', '0'],
]

/** One thing about the form, before it is signed. */
export function change(random: Random, form: readonly Pair[], keys: readonly string[] = KEYS): Pair[] {
  const at = random.int(0, form.length - 1)
  const [key, value] = form[at]!
  const others = form.filter((_, index) => index !== at)
  switch (random.int(0, 5)) {
    case 0:
      return others
    case 1:
      return [...form, [key, random.chance(0.5) ? value : random.text(10)]]
    case 2:
      return [...others, [random.pick(keys), value]]
    case 3:
      return [...others, [key, random.text(300)]]
    case 4:
      return [...form, [random.pick([...keys, random.text(10)]), random.text(50)]]
    default:
      return [...others, [` ${key}`, value]]
  }
}

/** Cuts keys and values apart at other places: the signature covers only what they are run together. */
export function split(random: Random, form: readonly Pair[]): Pair[] {
  const run = [...form].sort(([a], [b]) => (a < b ? -1 : 1))
  const at = random.int(0, Math.max(0, run.length - 2))
  const [[key, value], [nextKey, nextValue]] = [run[at]!, run[at + 1] ?? ['', '']]
  const whole = `${value}${nextKey}${nextValue}`
  const cut = random.int(0, whole.length)
  const middle: Pair[] = random.chance(0.5)
    ? [[key, whole]]
    : [
        [key, whole.slice(0, cut)],
        [whole.slice(cut, cut + 4), whole.slice(cut + 4)],
      ]
  return [...run.slice(0, at), ...middle, ...run.slice(at + 2)]
}

export function sign(form: readonly Pair[], path = PATH): string {
  const params: Record<string, string | string[]> = Object.create(null)
  for (const [key, value] of form) {
    const known = params[key]
    params[key] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value]
  }
  return twilio.getExpectedTwilioSignature(TOKEN, URL_OF_RELAY + path, { ...params })
}

const sameForm = (a: readonly Pair[], b: readonly Pair[]): boolean => JSON.stringify(a) === JSON.stringify(b)

function post(
  app: { request(path: string, init: RequestInit): Response | Promise<Response> },
  random: Random,
  form: readonly Pair[],
  signature: string,
): Promise<Response> {
  const body = new URLSearchParams(form.map(([key, value]): Pair => [key, value])).toString()
  const type = random.chance(0.95)
    ? 'application/x-www-form-urlencoded'
    : random.pick(['application/json', 'text/plain'])
  const headers = {
    'content-type': type,
    'x-twilio-signature': signature.replace(/[^\x20-\x7e]/g, '?').trim(),
    host: random.pick(['relay.test', 'evil.test']),
    'x-forwarded-host': 'evil.test',
  }
  const broken = random.chance(0.05) ? `${body}&%ZZ=%E0%A4%A&&==` : body
  return Promise.resolve(app.request(PATH, { method: 'POST', headers, body: broken }))
}

function check(status: number, body: string): void {
  if (status >= 500) throw new Error(`${status} ${body}`)
  if (status === 200) {
    if (!body.includes('<Response/>')) throw new Error(`200 with ${body}`)
    return
  }
  const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } }
  if (typeof error?.code !== 'string' || typeof error.message !== 'string')
    throw new Error(`${status} ${body}`)
}

/** What was kept is what was sent, each key once and to the letter. */
function checkKept({ sid, sender, recipient, body }: InboundSms, form: readonly Pair[]): void {
  const wanted = { MessageSid: sid, From: sender, To: recipient, Body: body, AccountSid: ACCOUNT }
  const sent = new URLSearchParams(form.map(([key, value]): Pair => [key, value]))
  for (const [key, value] of Object.entries(wanted)) {
    const values = sent.getAll(key)
    if (values.length === 1 && values[0] === value) continue
    throw new Error(`${key} was kept as ${JSON.stringify(value)} of ${JSON.stringify(form)}`)
  }
}
