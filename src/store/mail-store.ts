import type { InboundRecord, SavedInbound, StoredMessage } from '../domain/inbound-record.ts'
import type { MailboxContext } from '../domain/mailbox.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { ClaimResult, WaitingClaim } from './attempt-store.ts'

/** The part of the store's port that is on the way of a message. */
export type MailStore = {
  /** By canonical address or E.164 number; retired ones too, so that refusals can be told apart. */
  findMailbox(address: string): Promise<MailboxContext | null>
  /**
   * Writes messages, bodies, codes and deliveries, all or nothing per call; a record that was seen before in its
   * mailbox is skipped. Resolves after the commit is on disk. Takes over large bodies: `raw` must not be used
   * afterwards.
   */
  saveInbound(records: readonly InboundRecord[]): Promise<SavedInbound[]>
  /**
   * `saveInbound` and, in the same commit, these claims on what was written, in their order: whoever waits already is
   * spared a second flush. None is tried when nothing new was written, and one that fails finds `none`; neither
   * touches the messages. Absent: this store claims in a step of its own.
   */
  saveAndClaim?(
    records: readonly InboundRecord[],
    claims: readonly WaitingClaim[],
  ): Promise<{ saved: SavedInbound[]; claims: ClaimResult[] }>
  /** Whether this message was stored before in this mailbox (Twilio's reconciliation asks). */
  hasMessage(mailbox: string, dedupeKey: string): Promise<boolean>
  listMessages(filter: { connectionId: string | null }, page: PageRequest): Promise<Page<StoredMessage>>
  getMessage(id: string): Promise<StoredMessage | null>
  /** The message as it came, unsealed; null once retention removed it. */
  readBody(id: string, audit: AuditNote): Promise<Uint8Array | null>
  /** Takes a message out of quarantine; its code, if it still lives, becomes claimable. Null: no such message. */
  releaseMessage(id: string, release: ReleaseRequest): Promise<StoredMessage | null>
}

export type AuditNote = { readonly actor: string; readonly action: string; readonly at: number }
export type ReleaseRequest = {
  readonly actor: string
  readonly now: number
  /** Remember the sender for this connection. */
  readonly pinSender: boolean
  /** How long the utility's codes live where the message does not say; 600 when unset. */
  readonly validForSeconds?: number
}
