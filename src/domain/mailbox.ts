import { randomBytes } from 'node:crypto'
import type { MfaMethod } from './connection.ts'
import type { Recipient } from './delivery.ts'
import type { Channel } from './message.ts'

/** An address or number that we own for one connection. Never used again once retired. */
export type Mailbox = {
  /** Lower-case e-mail address, or E.164 number. */
  readonly address: string
  readonly channel: Channel
  readonly connectionId: string
  readonly createdAt: number
  readonly retiredAt: number | null
  /** Twilio's SID of a number that we bought and must release. */
  readonly providerSid: string | null
}

/** RFC 4648 base32, lower case: what survives a sender that lower-cases local parts. */
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const RANDOM_CHARACTERS = 16
const LOCAL_PART_LIMIT = 32

/**
 * A new unguessable address `<prefix>-<16 base32 characters>@domain` (80 random bits). Only `[a-z0-9-]`
 * and at most 32 characters before the @: it must survive inside a forwarder's 64-character local part
 * (Gmail's `user+caf_=ours=domain@gmail.com`).
 *
 * @param prefix shortened and reduced to `[a-z0-9-]`
 */
export function newMailboxAddress(prefix: string, domain: string): string {
  const room = LOCAL_PART_LIMIT - RANDOM_CHARACTERS - 1
  const clean = prefix
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '')
    .slice(0, room)
    .replace(/^-+|-+$/g, '')
  const random = Array.from(randomBytes(RANDOM_CHARACTERS), (byte) => BASE32[byte & 31]).join('')
  return `${clean || 'm'}-${random}@${domain.toLowerCase()}`
}

const LOCAL_PART = /^[a-z0-9-]{1,32}$/

/**
 * The mailbox address that an SMTP or HTTP recipient names, or null if it cannot be one of ours: the exact
 * domain and our strict local-part grammar; no source routes, no `a%b@c`, no quoted local parts, no plus tags.
 */
export function canonicalRecipient(recipient: string, domain: string): string | null {
  const at = recipient.lastIndexOf('@')
  if (at < 1 || recipient.slice(at + 1).toLowerCase() !== domain.toLowerCase()) return null
  const local = recipient.slice(0, at).toLowerCase()
  return LOCAL_PART.test(local) ? `${local}@${domain.toLowerCase()}` : null
}

/** What is known about whom a mailbox belongs to: enough to judge, read and copy a message that came to it. */
export type MailboxContext = {
  readonly mailbox: Mailbox
  readonly connection: {
    readonly id: string
    readonly companyId: string
    readonly utility: string
    readonly url: string | null
    readonly mfaMethod: MfaMethod | null
    /** Canonical addresses of the customer's inboxes that may forward to us. */
    readonly inboxAddresses: readonly string[]
  }
  /** Those who get copies: confirmed and not stopped. */
  readonly recipients: readonly Pick<Recipient, 'id' | 'channel' | 'address'>[]
  /** Senders pinned to this connection or its utility: From domains (e-mail) or senders as given (SMS). */
  readonly pinnedSenders: readonly string[]
  /** Until when a login of this connection waits for codes, ms UTC; null: none does. */
  readonly loginOpenUntil?: number | null
  /** Until when each of its inboxes may ask to forward to us, ms UTC. */
  readonly forwardingWindows?: readonly { readonly inbox: string; readonly openUntil: number }[]
}
