import type { InboundRecord } from '../../src/domain/inbound-record.ts'
import type { Customer } from './customer.ts'
import type { Trouble } from './troubles.ts'
import type { World } from './world.ts'

/** What went before the first login of a connection that never worked. */
export async function setTheStage(
  world: World,
  customer: Customer,
  { truth }: Trouble,
  at: number,
): Promise<void> {
  const { mailbox } = customer
  if (mailbox === null) return
  if (truth === 'short_codes_blocked') {
    await world.text({ to: mailbox, from: '+14155550100', body: 'Delivery check.', receivedAt: at })
    return
  }
  await world.store.saveInbound([confirmation(customer.connectionId, mailbox, at)])
}

/** Written as stored: whether a provider's question is believed is not what the year is about. */
const confirmation = (connectionId: string, mailbox: string, receivedAt: number): InboundRecord => ({
  id: `confirmation-${connectionId}`,
  mailbox,
  connectionId,
  channel: 'email',
  dedupeKey: 'confirmation',
  envelopeSender: 'forwarding-noreply@google.com',
  clientAddress: null,
  sender: 'forwarding-noreply@google.com',
  senderDomain: 'google.com',
  subject: 'Forwarding Confirmation',
  receivedAt,
  sentAt: receivedAt,
  size: 0,
  raw: new Uint8Array(),
  verdict: { level: 'trusted', reasons: [], senderDomain: 'google.com', forwardedBy: null },
  extraction: { kind: 'forwarding_confirmation', provider: 'gmail', candidates: [] },
  code: null,
  deliveries: [],
})
