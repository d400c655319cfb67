import type { Attempt } from '../../src/domain/attempt.ts'
import { connectionSource } from '../../src/domain/code.ts'
import type { Company, Connection } from '../../src/domain/connection.ts'
import { newId } from '../../src/domain/id.ts'
import type { InboundRecord, NewCode, NewDelivery } from '../../src/domain/inbound-record.ts'
import type { ClaimRules, MfaSetup, Store } from '../../src/store/store.ts'

/* Values for tests: complete, unremarkable, each changed in what the test is about. */

/** When tests happen, ms UTC. */
export const T0 = Date.UTC(2026, 2, 1, 2, 0, 0)
export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const FIRST_PAGE = { page: 1, limit: 100 }

export const company = (change: Partial<Company> = {}): Company => ({
  id: newId(),
  name: 'Example Energy',
  externalId: null,
  publicId: newId(),
  features: { smsRelay: true },
  vouchedDomains: [],
  contactEmail: null,
  notices: true,
  isActive: true,
  createdAt: T0,
  updatedAt: T0,
  ...change,
})

export const connection = (companyId: string, change: Partial<Connection> = {}): Connection => ({
  id: newId(),
  companyId,
  utility: 'sandbox-power',
  url: null,
  country: 'US',
  externalId: null,
  connectionOwnerEmail: null,
  initialSites: ['12 Example Street'],
  utilityTypes: ['electric'],
  dataCollectionStartDate: null,
  username: null,
  hasPassword: false,
  mfaMethod: null,
  inboxAddresses: [],
  status: 'PENDING',
  statusFirstSeenAt: T0,
  statusLastUpdateAt: T0,
  statusErrorDetail: null,
  statusCause: null,
  statusSuggestion: null,
  version: 1,
  createdAt: T0,
  updatedAt: T0,
  ...change,
})

export const mfaSetup = (change: Partial<MfaSetup> = {}): MfaSetup => ({
  method: 'managed_forwarding',
  inboxAddresses: [],
  recipients: [],
  newMailboxes: [],
  ...change,
})

export const newAddress = (): string => `mfa-${newId()}@relay.test`

/** A company with a connection that owns an address. */
export async function provision(
  store: Store,
  change: Partial<MfaSetup> = {},
): Promise<{ companyId: string; connectionId: string; address: string }> {
  const owner = company()
  const login = connection(owner.id)
  const address = newAddress()
  await store.createCompany(owner)
  await store.createConnection(login, {})
  const newMailboxes = [{ address, channel: 'email', providerSid: null } as const]
  await store.configureMfa(login.id, mfaSetup({ newMailboxes, ...change }), T0)
  return { companyId: owner.id, connectionId: login.id, address }
}

export const record = (connectionId: string | null, change: Partial<InboundRecord> = {}): InboundRecord => ({
  id: newId(),
  mailbox: 'mfa-example@relay.test',
  connectionId,
  channel: 'email',
  dedupeKey: newId(),
  envelopeSender: 'bounce@sandbox-power.test',
  clientAddress: '192.0.2.10',
  sender: 'no-reply@sandbox-power.test',
  senderDomain: 'sandbox-power.test',
  subject: 'Your sign-in code',
  receivedAt: T0,
  sentAt: change.receivedAt ?? T0,
  size: 11,
  raw: new TextEncoder().encode('hello world'),
  verdict: {
    level: 'trusted',
    reasons: [{ code: 'dkim_pass_aligned', text: 'Signed by the utility.' }],
    senderDomain: 'sandbox-power.test',
    forwardedBy: null,
  },
  extraction: { kind: 'none', reason: 'unmatched', candidates: [] },
  code: null,
  deliveries: [],
  ...change,
})

type CodeOptions = {
  code?: string
  source?: string
  verdict?: NewCode['verdict']
  sentAt?: number
  receivedAt?: number
  expiresAt?: number
}

/** A message that brought a code, sent and received a second after {@link T0} unless said otherwise. */
export function codeRecord(
  connectionId: string,
  { code = '482913', verdict = 'trusted', ...options }: CodeOptions = {},
  change: Partial<InboundRecord> = {},
): InboundRecord & { code: NewCode } {
  const { receivedAt = T0 + SECOND, sentAt = receivedAt, expiresAt = receivedAt + 10 * MINUTE } = options
  const { source = connectionSource(connectionId) } = options
  const basic = record(connectionId, { receivedAt, sentAt })
  return {
    ...basic,
    verdict: { ...basic.verdict, level: verdict },
    extraction: {
      kind: 'code',
      code,
      rule: 'template:sandbox-power/email/0',
      confidence: 0.99,
      candidates: [],
    },
    ...change,
    code: {
      id: newId(),
      source,
      code,
      verdict,
      rule: 'template:sandbox-power/email/0',
      confidence: 0.99,
      expiresAt,
    },
  }
}

export const attempt = (connectionId: string, change: Partial<Attempt> = {}): Attempt => ({
  id: newId(),
  connectionId,
  runner: 'runner-1',
  purpose: 'login',
  openedAt: T0,
  expiresAt: T0 + 10 * MINUTE,
  closedAt: null,
  outcome: null,
  ...change,
})

/** How a runner asks: 10 s after {@link T0}, codes up to two minutes before the attempt, candidates too. */
export const rules = (change: Partial<ClaimRules> = {}): ClaimRules => ({
  now: T0 + 10 * SECOND,
  clockSkewMs: 120 * SECOND,
  offerCandidates: true,
  ...change,
})

export const delivery = (recipientId: string, change: Partial<NewDelivery> = {}): NewDelivery => ({
  id: newId(),
  kind: 'code_copy',
  courier: 'email',
  recipientId,
  address: 'pat@customer.test',
  expiresAt: null,
  ...change,
})

/** A connection with one confirmed recipient, and a message that is to be copied to them. */
export async function provisionCopy(store: Store, change: Partial<NewDelivery> = {}) {
  const recipients = [{ channel: 'email', address: 'pat@customer.test', state: 'confirmed' } as const]
  const { connectionId, address } = await provision(store, { recipients })
  const recipientId = (await store.getMfa(connectionId))!.recipients[0]!.id
  const copy = delivery(recipientId, change)
  const message = codeRecord(connectionId, {}, { mailbox: address, deliveries: [copy] })
  await store.saveInbound([message])
  return { connectionId, address, recipientId, message, copy }
}
