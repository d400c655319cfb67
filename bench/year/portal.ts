import type { Authentication } from '../../src/trust/authentication.ts'
import type { Customer } from './customer.ts'
import type { Random } from './random.ts'
import type { Weather } from './troubles.ts'
import type { Mail, Text, World } from './world.ts'

/** A code on its way. */
export type Post = { readonly code: string; readonly sentAt: number; readonly receivedAt: number }

const UTILITY = { domain: 'sandbox-power.test', shortCode: '72345' }
const STRANGER = { domain: 'sandbox-power-billing.test', shortCode: '83456', number: '+14155550199' }

export const newCode = (random: Random): string => String(random.whole(0, 999_999)).padStart(6, '0')

/** Sends a code as the weather has it; what reaches us goes the relay's real way. */
export async function sendCode(
  world: World,
  random: Random,
  customer: Customer,
  weather: Weather,
  post: Post,
): Promise<void> {
  const to = destinationOf(customer, weather)
  if (!weather.sends || to === null) return
  const body = wordingOf(random, weather, post.code, customer.way === 'sms')
  if (customer.way === 'sms') {
    await world.text(textOf(to, weather, body, post.receivedAt))
  } else {
    const mail = signedMail(to, weather, body, post)
    const forwarded = customer.way === 'inbox' ? throughInbox(mail, customer, weather) : mail
    if (forwarded) await world.mail(forwarded)
  }
}

function destinationOf(customer: Customer, { destination }: Weather): string | null {
  switch (destination) {
    case 'ours':
      return customer.mailbox
    case 'retired':
      return customer.retired
    case 'sibling':
      return customer.sibling
    case 'elsewhere':
      return null
  }
}

function wordingOf(random: Random, { wording }: Weather, code: string, isText: boolean): string {
  const sentence = (digits: string) =>
    isText
      ? `Sandbox Power: ${digits} is your sign-in code`
      : `Your Sandbox Power verification code is ${digits}`
  switch (wording) {
    case 'usual':
      return `${sentence(code)}.`
    case 'two_codes':
      return `${sentence(code)}. ${sentence(newCode(random))}.`
    case 'picture':
      return '<p>Your sign-in code is in the picture below.</p><img src="cid:code" alt=""><p>Sandbox Power</p>'
    case 'link':
      return 'To finish signing in to Sandbox Power open https://sandbox-power.test/sign-in?token=k3jf9s8df7sd6f5'
  }
}

const textOf = (to: string, weather: Weather, body: string, receivedAt: number): Text => {
  const isHeld = weather.runner === 'refuses_candidates'
  const stranger = isHeld ? STRANGER.shortCode : STRANGER.number
  return { to, from: weather.sender === 'usual' ? UTILITY.shortCode : stranger, body, receivedAt }
}

function signedMail(to: string, weather: Weather, body: string, { sentAt, receivedAt }: Post): Mail {
  const { domain } = weather.sender === 'usual' ? UTILITY : STRANGER
  return {
    to,
    from: `Sandbox Power <no-reply@${domain}>`,
    envelopeSender: `bounce@${domain}`,
    subject: weather.wording === 'usual' ? 'Your sign-in code' : 'Sign in to Sandbox Power',
    body,
    isHtml: weather.wording === 'picture',
    sentAt,
    receivedAt,
    authentication: weather.isSigned ? passes(domain) : fails(domain),
  }
}

const passes = (domain: string): Partial<Authentication> => ({
  spf: { result: 'pass', domain },
  dkim: [{ domain, result: 'pass', void: null, comment: null, covers: ['to'] }],
})

const fails = (domain: string): Partial<Authentication> => ({ spf: { result: 'softfail', domain }, dkim: [] })

/** What the customer's inbox makes of it; null: it forwards nothing. */
function throughInbox(mail: Mail, { inbox }: Customer, { rule }: Weather): Mail | null {
  const [local = '', host = ''] = inbox.split('@')
  const route = { spf: { result: 'pass', domain: host } } as const
  const envelopeSender = `${local}+caf_=${mail.to.replace('@', '=')}@${host}`
  switch (rule) {
    case 'off':
    case 'blocked':
      return null
    case 'redirects':
      return { ...mail, envelopeSender, authentication: { ...mail.authentication, ...route } }
    case 'changes_body':
      return {
        ...mail,
        envelopeSender,
        body: `${mail.body}\r\n\r\n-- \r\nScanned.`,
        authentication: {
          ...route,
          dkim: [{ domain: UTILITY.domain, result: 'fail', void: null, comment: 'body hash did not verify' }],
        },
      }
    case 'writes_new':
      return {
        ...mail,
        from: inbox,
        envelopeSender: inbox,
        subject: `FW: ${mail.subject}`,
        // Were it authenticated, it would be believed as far as the customer is.
        authentication: { ...fails(host) },
      }
  }
}

/** Life goes on beside the logins: bills, and strangers' mail. */
export async function sendNoise(world: World, random: Random, customer: Customer, at: number): Promise<void> {
  if (customer.mailbox === null) return
  if (customer.way === 'sms') {
    if (random.chance(0.2))
      await world.text({
        to: customer.mailbox,
        from: UTILITY.shortCode,
        body: 'Sandbox Power: your bill is ready. See your account.',
        receivedAt: at,
      })
    return
  }
  if (random.chance(0.3)) await world.mail(bill(customer.mailbox, at))
  if (random.chance(0.3)) await world.mail(spam(customer.mailbox, at + random.whole(-400_000, 400_000)))
}

const bill = (to: string, at: number): Mail => ({
  to,
  from: `Sandbox Power <billing@${UTILITY.domain}>`,
  envelopeSender: `bounce@${UTILITY.domain}`,
  subject: 'Your bill is ready',
  body: 'Your new Sandbox Power bill is ready. Amount due: USD 120.50 by 15 March. Account 4471123.',
  sentAt: at - 5_000,
  receivedAt: at,
  authentication: passes(UTILITY.domain),
})

/** Mail that has nothing to do with the login comes just while it waits. */
export async function interrupt(world: World, random: Random, customer: Customer, at: number): Promise<void> {
  if (customer.mailbox === null || customer.way === 'sms') return
  await world.mail(random.chance(0.5) ? bill(customer.mailbox, at) : spam(customer.mailbox, at))
}

const spam = (to: string, at: number): Mail => ({
  to,
  from: 'Offers <hello@unrelated-offers.test>',
  envelopeSender: 'bounce@unrelated-offers.test',
  subject: 'Save on panels this week',
  body: 'Solar panels for less. Call us today or visit our page.',
  sentAt: at - 5_000,
  receivedAt: at,
  authentication: passes('unrelated-offers.test'),
})
