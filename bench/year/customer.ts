import type { Connection, MfaMethod } from '../../src/domain/connection.ts'
import { newId } from '../../src/domain/id.ts'
import { newMailboxAddress } from '../../src/domain/mailbox.ts'
import type { Random } from './random.ts'
import type { Trouble, Way } from './troubles.ts'
import { OUR_DOMAIN, type World } from './world.ts'

/** One login that the year tells of. */
export type Customer = {
  readonly connectionId: string
  readonly way: Way
  /** Our address or number in use; null where no code can come. */
  readonly mailbox: string | null
  /** One that was given back before the year began. */
  readonly retired: string
  /** That of another connection of the same company, a sister login. */
  readonly sibling: string
  readonly siblingId: string
  /** The customer's own inbox. */
  readonly inbox: string
  /** What goes wrong, in the order in which it does. */
  readonly troubles: readonly Trouble[]
}

const METHODS: Readonly<Record<Way, MfaMethod>> = {
  managed: 'managed_forwarding',
  inbox: 'inbox_forwarding',
  sms: 'sms',
  questions: 'security_questions',
  app: 'authenticator',
  automatic: 'automatic',
}

const UTILITY = 'sandbox-power'
const DAY = 86_400_000

/** Provisions a customer, with a sister login in the same company. */
export async function moveIn(
  world: World,
  random: Random,
  start: number,
  plan: { way: Way; troubles: readonly Trouble[] },
): Promise<Customer> {
  const { way, troubles } = plan
  const companyId = newId()
  await world.store.createCompany({
    id: companyId,
    name: 'Example Property',
    externalId: null,
    publicId: newId(),
    features: { smsRelay: true },
    vouchedDomains: [],
    contactEmail: null,
    notices: true,
    isActive: true,
    createdAt: start,
    updatedAt: start,
  })
  const isMicrosoft = troubles.some(({ weather }) => weather.rule === 'blocked')
  const inbox = isMicrosoft
    ? `bills${random.whole(1, 1e9)}@example-corp.com`
    : `bills${random.whole(1, 1e9)}@gmail.com`
  const retired = newMailboxAddress('old', OUR_DOMAIN)
  const mailbox = ownMailbox(way, random)
  const connectionId = await addLogin(world, companyId, start, { way, inbox, mailboxes: [retired, mailbox] })
  await world.store.retireMailbox(connectionId, retired, start + DAY)
  const sibling = ownMailbox(way, random) ?? newMailboxAddress('sister', OUR_DOMAIN)
  const siblingId = await addLogin(world, companyId, start, {
    way,
    inbox: `sister-${inbox}`,
    mailboxes: [sibling],
  })
  return { connectionId, way, mailbox, retired, sibling, siblingId, inbox, troubles }
}

function ownMailbox(way: Way, random: Random): string | null {
  if (way === 'sms') return `+1415${String(random.whole(0, 9_999_999)).padStart(7, '0')}`
  return way === 'managed' || way === 'inbox' ? newMailboxAddress('mfa', OUR_DOMAIN) : null
}

type Setup = { readonly way: Way; readonly inbox: string; readonly mailboxes: readonly (string | null)[] }

async function addLogin({ store }: World, companyId: string, start: number, setup: Setup): Promise<string> {
  const id = newId()
  await store.createConnection(newLogin(id, companyId, start), { password: 'for the year only' })
  const newMailboxes = setup.mailboxes
    .filter((address) => address !== null)
    .map((address) => ({
      address,
      channel: address.startsWith('+') ? ('sms' as const) : ('email' as const),
      providerSid: null,
    }))
  const inboxAddresses = setup.way === 'inbox' ? [setup.inbox] : []
  const method = METHODS[setup.way]
  await store.configureMfa(id, { method, inboxAddresses, recipients: [], newMailboxes }, start)
  return id
}

const newLogin = (id: string, companyId: string, start: number): Connection => ({
  id,
  companyId,
  utility: UTILITY,
  url: null,
  country: 'US',
  externalId: null,
  connectionOwnerEmail: null,
  initialSites: [],
  utilityTypes: [],
  dataCollectionStartDate: null,
  username: 'bills',
  hasPassword: true,
  mfaMethod: null,
  inboxAddresses: [],
  status: 'PENDING',
  statusFirstSeenAt: start,
  statusLastUpdateAt: start,
  statusErrorDetail: null,
  statusCause: null,
  statusSuggestion: null,
  version: 1,
  createdAt: start,
  updatedAt: start,
})
