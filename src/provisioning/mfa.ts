import { addressDomain } from '../domain/address.ts'
import type { Company, Connection, MfaMethod } from '../domain/connection.ts'
import { Failure } from '../domain/failure.ts'
import { newMailboxAddress } from '../domain/mailbox.ts'
import type { Channel } from '../domain/message.ts'
import type { MfaSetup, MfaState, Store } from '../store/store.ts'
import { OUTBOX_TOPIC } from '../wakeup/wakeup.ts'
import { noConnection } from './access.ts'
import { type Contact, type GivenContacts, readContacts, readInboxes } from './contacts.ts'
import { findNumber, orGiveBack } from './numbers.ts'
import type { BoughtNumber, ProvisioningDeps } from './ports.ts'

/** What a company asks for. What it leaves out stays as it is. */
export type MfaRequest = {
  readonly method: MfaMethod
  readonly recipients?: GivenContacts
  readonly inboxAddresses?: readonly string[]
  readonly securityQuestions?: readonly { question: string; answer: string }[]
  readonly totpSecret?: string
}

/** What kind of mailbox a method needs; the others need none. */
const NEEDED_MAILBOX: Partial<Record<MfaMethod, Channel>> = {
  managed_forwarding: 'email',
  inbox_forwarding: 'email',
  sms: 'sms',
}

/**
 * How often, and how long apart, a request asks whether another node is done with its connection. It asks, as no node
 * tells the others when it is; and not more often, as buying a number takes Twilio a second or so.
 */
const TURNS = 100
const TURN_MS = 100

/**
 * Puts requests about one connection one after the other, on this node and with those on others: two at once would
 * both buy a number.
 *
 * @param alone of the store's port
 * @throws Failure `unavailable` (of what is returned) when another node takes too long
 */
export function createQueue(alone: Store['alone']): <T>(id: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  const inTurn = async <T>(id: string, work: () => Promise<T>): Promise<T> => {
    for (let turn = 0; turn < TURNS; turn += 1) {
      const done = await alone(`mfa:${id}`, async () => ({ result: await work() }))
      if (done) return done.result
      await new Promise((resolve) => setTimeout(resolve, TURN_MS))
    }
    throw new Failure('unavailable', 'This connection is being changed by another request; try again')
  }
  return (id, work) => {
    const mine = () => inTurn(id, work)
    const result = (last.get(id) ?? Promise.resolve()).then(mine, mine)
    last.set(id, result)
    const forget = () => {
      if (last.get(id) === result) last.delete(id)
    }
    result.then(forget, forget)
    return result
  }
}

/**
 * Makes codes come to a connection as asked, and copies go where asked: keeps what is there, adds what is missing.
 * Doing it twice changes nothing.
 *
 * @throws Failure `invalid_request`, `sms_relay_not_enabled`, `no_number_available`, `upstream_failed`
 */
export async function configureMfa(
  deps: ProvisioningDeps,
  { company, connection }: { company: Company; connection: Connection },
  request: MfaRequest,
): Promise<MfaState> {
  const { store, settings, wakeup, now = Date.now } = deps
  const needed = NEEDED_MAILBOX[request.method]
  if (needed === 'sms' && !company.features.smsRelay) throw smsNotEnabled()
  const before = await store.getMfa(connection.id)
  if (!before) throw noConnection()
  const recipients = await chooseRecipients(deps, { company, connection }, request, before)
  const inboxAddresses = request.inboxAddresses
    ? readInboxes(request.inboxAddresses, settings.mailDomain)
    : before.inboxAddresses
  const isMissing = needed !== undefined && !hasMailbox(before, needed)
  const bought = isMissing && needed === 'sms' ? await findNumber(deps, connection, now()) : null
  const setup: MfaSetup = {
    method: request.method,
    inboxAddresses,
    recipients,
    newMailboxes: newMailboxes(isMissing && needed === 'email', bought, settings),
    ...(request.securityQuestions ? { securityQuestions: request.securityQuestions } : {}),
    ...(request.totpSecret === undefined ? {} : { totpSecret: request.totpSecret }),
  }
  const state = await orGiveBack(deps, bought, () => store.configureMfa(connection.id, setup, now()))
  if (!state) throw noConnection()
  // New recipients may have been written a question.
  wakeup.notify(OUTBOX_TOPIC)
  return state
}

const hasMailbox = (state: MfaState, channel: Channel): boolean =>
  state.mailboxes.some((mailbox) => mailbox.channel === channel && mailbox.retiredAt === null)

const smsNotEnabled = (): Failure =>
  new Failure('sms_relay_not_enabled', 'SMS relay is not enabled for this company (features.smsRelay)')

function newMailboxes(
  needsAddress: boolean,
  bought: BoughtNumber | null,
  { mailboxPrefix, mailDomain }: ProvisioningDeps['settings'],
): MfaSetup['newMailboxes'] {
  const address = newMailboxAddress(mailboxPrefix, mailDomain)
  return [
    ...(needsAddress ? [{ address, channel: 'email' as const, providerSid: null }] : []),
    ...(bought ? [{ ...bought, channel: 'sms' as const }] : []),
  ]
}

/** The whole list that is to be: as given, or as it is. */
async function chooseRecipients(
  deps: ProvisioningDeps,
  { company, connection }: { company: Company; connection: Connection },
  { recipients: given }: MfaRequest,
  before: MfaState,
): Promise<MfaSetup['recipients']> {
  const startOf = (contact: Contact) => startState(deps.settings, company, contact)
  if (!given) {
    const present = before.recipients.filter(({ stopReason }) => stopReason !== 'removed')
    return present.map(({ channel, address }) => ({ channel, address, state: startOf({ channel, address }) }))
  }
  const contacts = readContacts(given, {
    mailDomain: deps.settings.mailDomain,
    isOurNumber: await ownNumbers(deps, given),
    country: connection.country,
  })
  return contacts.map((contact) => ({ ...asWrittenBefore(contact, before), state: startOf(contact) }))
}

/** Whether a new recipient is asked first. Nobody else's mailbox is at a domain that is the company's own. */
function startState(
  { recipientConfirmation }: ProvisioningDeps['settings'],
  { vouchedDomains }: Company,
  { channel, address }: Contact,
): 'pending' | 'confirmed' {
  const isVouched = channel === 'email' && vouchedDomains.includes(addressDomain(address))
  return recipientConfirmation === 'required' && !isVouched ? 'pending' : 'confirmed'
}

/** One person is one recipient, however the address is written this time. */
function asWrittenBefore(contact: Contact, { recipients }: MfaState): Contact {
  const key = contact.address.toLowerCase()
  const known = recipients.find(
    ({ channel, address }) => channel === contact.channel && address.toLowerCase() === key,
  )
  return known ? { channel: known.channel, address: known.address } : contact
}

async function ownNumbers(
  { store, settings }: ProvisioningDeps,
  { phones }: GivenContacts,
): Promise<(phone: string) => boolean> {
  const bought = phones.length > 0 ? await store.listNumbers() : []
  const own = new Set([...settings.smsNumbers, ...bought.map(({ address }) => address)])
  return (phone) => own.has(phone)
}
