import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { createTransport } from 'nodemailer'
import { parseEmailAddress } from '../domain/address.ts'
import type { Session } from './accounts.ts'
import type { Knobs } from './knobs.ts'

/** An SMS on its way to the relay, as Twilio would hand it over. */
export type OutgoingSms = {
  readonly sid: string
  readonly from: string
  readonly to: string
  readonly body: string
}

export type SenderOptions = {
  /** Where the portal's mail goes: the relay's SMTP port. */
  readonly smtp: { readonly host: string; readonly port: number }
  /** Hands an SMS to the network, which brings it to the relay's webhook. */
  readonly sendSms: (sms: OutgoingSms) => Promise<void>
}

/** What the portal sent: for demos and tests, which must know the code without asking the relay. */
export type SentCode = {
  readonly channel: 'email' | 'sms'
  readonly to: string
  readonly code: string
  /** ms UTC: when the portal began to send. */
  readonly startedAt: number
  /** ms UTC: when the relay had taken it (the first time). */
  readonly takenAt: number
}

const SENDER = { name: 'Sandbox Power', address: 'no-reply@sandbox-power.test' }
const STRANGER = { name: 'Sandbox Power', address: 'security@sandbox-power-billing.test' }
const SHORT_CODE = '72345'
const STRANGE_NUMBER = '+14155550199'

/** Sends a session's code by its channel, with all the trouble that its knobs ask for. */
export async function sendCode(options: SenderOptions, session: Session): Promise<SentCode[]> {
  const { knobs, account, via, code } = session
  const to = via === 'email' ? account.email : account.phone
  if (!to)
    throw new Error(`the account has no ${via === 'email' ? 'e-mail address' : 'phone number'} for codes`)
  if (knobs.drop) return []
  const startedAt = Date.now()
  const takenAt = await (via === 'email' ? mail(options, knobs, to, code) : text(options, knobs, to, code))
  return [{ channel: via, to, code, startedAt, takenAt }]
}

async function mail({ smtp }: SenderOptions, knobs: Knobs, to: string, code: string): Promise<number> {
  const address = parseEmailAddress(to)
  if (!address) throw new Error('the account has no usable e-mail address for codes')
  const from = knobs.wrongSender ? STRANGER : SENDER
  const transport = createTransport({ ...smtp, ignoreTLS: true, name: 'mail.sandbox-power.test' })
  const message = {
    from,
    to: { name: '', address },
    envelope: { from: from.address, to: [address] },
    messageId: `<${randomUUID()}@${from.address.split('@')[1]}>`,
    date: new Date(),
    subject: knobs.changedFormat ? 'Finish signing in' : 'Your Sandbox Power verification code',
    text: mailText(knobs, code),
    disableFileAccess: true,
    disableUrlAccess: true,
  }
  try {
    await transport.sendMail(message)
    const takenAt = Date.now()
    if (knobs.duplicate) await transport.sendMail(message)
    return takenAt
  } finally {
    transport.close()
  }
}

function mailText(knobs: Knobs, code: string): string {
  if (knobs.changedFormat) {
    return `Hello,\n\nsomebody is signing in to your account. To go on, enter ${code} on the page that is open.\n\nSandbox Power\n`
  }
  const sentence = (digits: string) => `Your Sandbox Power verification code is ${digits}`
  const second = knobs.twoCodes ? `\n\n${sentence(anotherCode(code))}` : ''
  return `Hello,\n\n${sentence(code)}${second}\n\nIt works for ${Math.round(knobs.expirySeconds / 60)} minutes. If you did not ask for it, ignore this message.\n\nSandbox Power, 1 Example Street\n`
}

async function text(options: SenderOptions, knobs: Knobs, to: string, code: string): Promise<number> {
  const second = knobs.twoCodes ? ` Sandbox Power: ${anotherCode(code)} is your sign-in code` : ''
  const body = knobs.changedFormat
    ? `Enter ${code} to go on signing in at Sandbox Power.`
    : `Sandbox Power: ${code} is your sign-in code${second}`
  const from = knobs.wrongSender ? STRANGE_NUMBER : SHORT_CODE
  const sms = { sid: `SM${randomBytes(16).toString('hex')}`, from, to, body }
  await options.sendSms(sms)
  const takenAt = Date.now()
  if (knobs.duplicate) await options.sendSms(sms)
  return takenAt
}

function anotherCode(code: string): string {
  const other = String(randomInt(0, 1_000_000)).padStart(6, '0')
  return other === code ? anotherCode(code) : other
}
