import type { NewCode, NewDelivery } from '../domain/inbound-record.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { SenderPin } from '../domain/sender-pin.ts'
import type { Verdict } from '../domain/verdict.ts'

/*
 * The part of the store's port that is about whom to believe: pinned senders, messages whose sender DNS could not
 * tell for now, and inboxes that are to forward to us.
 */

export type TrustStore = {
  /** When a message was first put off; the first time, that is now. Forgets what was put off a day ago. */
  noteDeferral(key: string, now: number): Promise<number>
  /** Messages that are due to be judged again, those first that have waited longest. */
  listSecondLooks(now: number, limit: number): Promise<string[]>
  /**
   * Writes down what a second look found. A code makes a message's code claimable as if it had come with it.
   * False: the message was released or judged meanwhile, and nothing was written.
   */
  settleSecondLook(id: string, found: SecondLook): Promise<boolean>

  listPins(filter: PinFilter, page: PageRequest): Promise<Page<SenderPin>>
  /** Null: no such pin. Audited. */
  revokePin(id: string, by: PinChange): Promise<SenderPin | null>
  /**
   * Pins a sender to the utility of the connection that it is pinned to. Audited. Null: no such pin.
   *
   * @throws Failure `conflict` while too few companies have it, or where there is no definition
   */
  approvePin(id: string, by: PinChange): Promise<SenderPin | null>

  /** Believed questions of providers that nobody has answered yet, and whose time has come. */
  listUnconfirmed(now: number, limit: number): Promise<UnansweredConfirmation[]>
  /** Writes down how an answer to a provider went; audited where it succeeded. */
  noteConfirmation(connectionId: string, inbox: string, result: ConfirmationResult): Promise<void>
  /** Writes test mail to an inbox, due at once. False: this connection waits for no such inbox. */
  openProof(connectionId: string, inbox: string, proof: { deliveryId: string; now: number }): Promise<boolean>
  /** Test mail came back to this connection. False: it is none, or not the last that was sent. */
  noteProof(connectionId: string, deliveryId: string, now: number): Promise<boolean>
}

export type SecondLook = {
  /** Undefined: DNS still does not answer, the verdict stays. */
  readonly verdict?: Verdict
  readonly code: NewCode | null
  readonly deliveries: readonly NewDelivery[]
  /** When to look again, ms UTC; null: never. */
  readonly nextLookAt: number | null
}
export type PinFilter = { readonly utility?: string; readonly connectionId?: string }
export type PinChange = { readonly actor: string; readonly now: number }

export type UnansweredConfirmation = {
  readonly connectionId: string
  readonly inbox: string
  readonly messageId: string
  readonly provider: string
  readonly link: string
  readonly tries: number
}
export type ConfirmationResult = {
  readonly messageId: string
  readonly now: number
  /** `confirmed`, or why not. */
  readonly result: string
  /** Null: not again for this message. */
  readonly nextTryAt: number | null
}
