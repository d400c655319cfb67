import fc from 'fast-check'
import { expect, it } from 'vitest'
import { newId } from '../../src/domain/id.ts'
import type { InboundRecord } from '../../src/domain/inbound-record.ts'
import type { MailboxContext } from '../../src/domain/mailbox.ts'
import type { InboundEmail } from '../../src/domain/message.ts'
import type { Reading } from '../../src/domain/reading.ts'
import { copyPlanner } from '../../src/outbox/plan.ts'
import { type ReceiveDeps, receive } from '../../src/receive.ts'

/* No message ever leads to more than one copy per recipient, whoever it came to and however often. */

const ADDRESSES = ['a', 'b', 'c', 'd'].map((name) => `mfa-${name}@relay.test`)
/** Two mailboxes of each of two connections. */
const connectionOf = (address: string): string => (ADDRESSES.indexOf(address) < 2 ? 'c1' : 'c2')

const contextOf = (address: string, recipients: readonly string[]): MailboxContext => ({
  mailbox: {
    address,
    channel: 'email',
    connectionId: connectionOf(address),
    createdAt: 0,
    retiredAt: null,
    providerSid: null,
  },
  connection: {
    id: connectionOf(address),
    companyId: 'company',
    utility: 'sandbox-power',
    url: null,
    mfaMethod: 'managed_forwarding',
    inboxAddresses: [],
  },
  recipients: recipients.map((name) => ({
    id: `${connectionOf(address)}-${name}`,
    channel: 'email',
    address: `${name}@customer.test`,
  })),
  pinnedSenders: [],
})

const kind = fc.constantFrom('code', 'notice', 'none', 'loop', 'bounce')
const scene = fc.record({
  to: fc.array(fc.constantFrom(...ADDRESSES), { minLength: 1, maxLength: 6 }),
  recipients: fc.uniqueArray(fc.constantFrom('pat', 'sam', 'kim'), { maxLength: 3 }),
  level: fc.constantFrom('trusted', 'candidate', 'untrusted'),
  kind,
  times: fc.integer({ min: 1, max: 3 }),
})
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never

const readingOf = ({ level, kind }: Scene, count: number): Reading => ({
  summary: {
    sender: 'no-reply@portal.test',
    senderName: null,
    subject: null,
    dateAt: null,
    messageId: null,
    dedupeKey: 'key',
  },
  perMailbox: Array.from({ length: count }, () => ({
    verdict: {
      level,
      reasons: [],
      senderDomain: 'portal.test',
      forwardedBy: null,
    } as Reading['perMailbox'][number]['verdict'],
    extraction: (kind === 'code'
      ? { kind, code: '123456', rule: 'r', confidence: 1, candidates: [] }
      : { kind, reason: 'unmatched', candidates: [] }) as Reading['perMailbox'][number]['extraction'],
  })),
})

/** As the store keeps them: once in a mailbox. */
function world(one: Scene) {
  const kept = new Map<string, InboundRecord>()
  const deps: ReceiveDeps = {
    store: {
      findMailbox: async (address) => contextOf(address, one.recipients),
      saveInbound: async (records) =>
        records.map((record) => {
          const key = `${record.mailbox} ${record.dedupeKey}`
          const isNew = !kept.has(key)
          if (isNew) kept.set(key, record)
          return { recordId: record.id, isNew }
        }),
    },
    wakeup: { notify: () => {} },
    read: async (_, addressees) => readingOf(one, addressees.length),
    planCopies: copyPlanner({ relayNotices: true }),
    findUtility: () => undefined,
    canonical: (address) => address.toLowerCase(),
    isOperator: () => false,
    metrics: { received: () => {} },
  }
  return { deps, kept }
}

it('however a message is addressed and repeated', async () => {
  await fc.assert(
    fc.asyncProperty(scene, async (one) => {
      const { deps, kept } = world(one)
      for (let time = 0; time < one.times; time += 1) {
        const message: InboundEmail = {
          channel: 'email',
          id: newId(),
          door: 'smtp',
          receivedAt: Date.now(),
          envelope: { sender: 'no-reply@portal.test', recipients: one.to },
          client: { tls: false },
          raw: new Uint8Array(1),
        }
        await receive(deps, message)
      }
      const copies = [...kept.values()].flatMap(({ deliveries }) =>
        deliveries.map((copy) => copy.recipientId),
      )
      expect(copies).toHaveLength(new Set(copies).size)
      const isCopied = one.level === 'trusted' && !['loop', 'bounce'].includes(one.kind)
      const connections = new Set(one.to.map(connectionOf))
      expect(copies).toHaveLength(isCopied ? one.recipients.length * connections.size : 0)
    }),
    { numRuns: 300 },
  )
})
