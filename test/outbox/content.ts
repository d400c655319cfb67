import type { Delivery } from '../../src/domain/delivery.ts'
import { newId } from '../../src/domain/id.ts'
import type { DeliveryContent } from '../../src/store/store.ts'

/** 21 November 2026, 07:44:05 UTC. */
export const RECEIVED_AT = Date.UTC(2026, 10, 21, 7, 44, 5)

export const ORIGINAL = [
  'From: Sandbox Power <no-reply@sandbox-power.test>',
  'To: mfa-aaaaaaaaaaaaaaaa@relay.test',
  'Subject: Your sign-in code',
  'Message-ID: <original-1@sandbox-power.test>',
  'MIME-Version: 1.0',
  'Content-Type: text/plain; charset=us-ascii',
  '',
  'Your Sandbox Power verification code is 431862',
  '',
].join('\r\n')

export function makeDelivery(over: Partial<Delivery> = {}): Delivery {
  return {
    id: newId(),
    kind: 'code_copy',
    courier: 'email',
    recipientId: newId(),
    address: 'pat@customer.test',
    connectionId: newId(),
    messageId: newId(),
    state: 'leased',
    dueAt: RECEIVED_AT,
    tries: 0,
    expiresAt: null,
    lastError: null,
    bounced: null,
    deliveredAt: null,
    createdAt: RECEIVED_AT,
    finishedAt: null,
    ...over,
  }
}

/** What the store hands out to render a delivery; by default a copy of code 431862 that came by e-mail. */
export function makeContent(over: Partial<DeliveryContent> = {}): DeliveryContent {
  const delivery = over.delivery ?? makeDelivery()
  return {
    delivery,
    utility: 'sandbox-power',
    url: null,
    companyName: 'Example Energy',
    message: {
      id: delivery.messageId ?? newId(),
      mailbox: 'mfa-aaaaaaaaaaaaaaaa@relay.test',
      connectionId: delivery.connectionId,
      channel: 'email',
      envelopeSender: 'no-reply@sandbox-power.test',
      clientAddress: null,
      sender: 'no-reply@sandbox-power.test',
      subject: 'Your sign-in code',
      receivedAt: RECEIVED_AT,
      sentAt: RECEIVED_AT,
      size: 100,
      verdict: { level: 'trusted', reasons: [], senderDomain: 'sandbox-power.test', forwardedBy: null },
      extraction: { kind: 'code', code: '431862', rule: 'r', confidence: 1, candidates: [] },
      releasedAt: null,
      hasBody: true,
    },
    code: {
      id: newId(),
      messageId: delivery.messageId ?? newId(),
      connectionId: delivery.connectionId,
      source: `connection:${delivery.connectionId}`,
      code: '431862',
      channel: 'email',
      verdict: 'trusted',
      sentAt: RECEIVED_AT,
      receivedAt: RECEIVED_AT,
      expiresAt: RECEIVED_AT + 600_000,
      sender: 'no-reply@sandbox-power.test',
      rule: 'r',
      confidence: 1,
      state: 'available',
    },
    raw: Buffer.from(ORIGINAL),
    ...over,
  }
}
