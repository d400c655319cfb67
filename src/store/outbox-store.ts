import type { Bounce } from '../domain/bounce.ts'
import type { Code } from '../domain/code.ts'
import type { Courier, Delivery, Recipient, SendResult } from '../domain/delivery.ts'
import type { StoredMessage } from '../domain/inbound-record.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { SmsReport } from '../domain/sms-report.ts'

/** The part of the store's port that is about copies that are due. */
export type OutboxStore = {
  /**
   * Leases up to `limit` due deliveries to `holder` until `leaseUntil`, the oldest first: up to `limitEach` of each
   * courier, none of those that are `busy`. Expired leases count as due.
   */
  claimDeliveries(request: {
    now: number
    leaseUntil: number
    holder: string
    limit: number
    limitEach: number
    busy: readonly Courier[]
  }): Promise<Delivery[]>
  /** What is needed to render it, unsealed; null when retention or offboarding removed it. */
  loadDelivery(id: string): Promise<DeliveryContent | null>
  /** `nextDueAt` for a temporary failure; null when this was the last try. */
  finishDelivery(
    id: string,
    result: SendResult,
    when: { now: number; nextDueAt: number | null },
  ): Promise<void>
  /** Gives back what this process holds and has not sent (shutdown). Resolves to how many. */
  releaseDeliveries(holder: string): Promise<number>
  /** When the next delivery is due, ms UTC; those of `busy` couriers do not count. */
  nextDeliveryAt(busy?: readonly Courier[]): Promise<number | null>
  /** How many deliveries are due now, counted no further than `most`. */
  countDueDeliveries(now: number, most: number): Promise<number>
  listDeliveries(connectionId: string, page: PageRequest): Promise<Page<Delivery>>
  getDelivery(id: string): Promise<Delivery | null>
  /** Whether a copy of this code was made for the connection since then. */
  wasCopied(connectionId: string, code: string, since: number): Promise<boolean>
  /**
   * Writes down that a copy came back; telling it twice changes nothing. So many hard ones in a row as `bounce` says
   * stop the recipient. Null: no such delivery.
   */
  noteBounce(id: string, bounce: Bounce, now: number): Promise<{ stopped: boolean } | null>
  /**
   * Writes down what Twilio tells of a text, in whatever order it comes; what did not arrive counts as a bounce. Null:
   * no such delivery.
   */
  noteSmsReport(id: string, report: SmsReport, now: number): Promise<{ stopped: boolean } | null>
  getRecipient(id: string): Promise<Recipient | null>
  /**
   * Asks a recipient anew whether they want copies: one that has not answered, or that was stopped because mail to
   * them came back. Null: no such recipient of this connection.
   * @throws Failure `conflict` when they confirmed, or stopped by their own wish
   */
  askRecipient(connectionId: string, id: string, now: number): Promise<Recipient | null>
  confirmRecipient(id: string, now: number): Promise<Recipient | null>
  stopRecipient(id: string, reason: string, now: number): Promise<Recipient | null>
  /** All confirmed recipients with this phone number stop (a STOP that came back). Resolves to how many. */
  stopPhone(phone: string, now: number): Promise<number>
  /** Those who were stopped by a STOP from this phone get what they got before (a START). Resolves to how many. */
  startPhone(phone: string, now: number): Promise<number>
}

export type DeliveryContent = {
  readonly delivery: Delivery
  readonly utility: string
  readonly url: string | null
  readonly companyName: string
  readonly message: StoredMessage | null
  /** Null for notices and questions, or when the code is gone. */
  readonly code: Code | null
  /** The original, for attaching. */
  readonly raw: Uint8Array | null
}
