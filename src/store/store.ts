import type { ApiKey, AuditEntry } from '../domain/api-key.ts'
import type { Attempt, Outcome, SeenMessage } from '../domain/attempt.ts'
import type { Bounce } from '../domain/bounce.ts'
import type { Code } from '../domain/code.ts'
import type { Company, Connection, ConnectionStatus, MfaMethod } from '../domain/connection.ts'
import type { Delivery, Recipient, SendResult } from '../domain/delivery.ts'
import type { InboxHandshake } from '../domain/handshake.ts'
import type { InboundRecord, SavedInbound, StoredMessage } from '../domain/inbound-record.ts'
import type { Mailbox, MailboxContext } from '../domain/mailbox.ts'
import type { Channel } from '../domain/message.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { SmsReport } from '../domain/sms-report.ts'
import type { BillMailStore } from './bill-mail-store.ts'
import type { DocumentStore } from './document-store.ts'
import type { EventStore } from './event-store.ts'
import type { ExportStore } from './export-store.ts'
import type { FactorStore } from './factor-store.ts'
import type { LeaseStore } from './lease-store.ts'
import type { NoticeStore } from './notice-store.ts'
import type { NumberCheckStore } from './number-check-store.ts'
import type { StatusStore } from './status-store.ts'
import type { TestLoginStore } from './test-login-store.ts'
import type { TrustStore } from './trust-store.ts'
import type { TypedCodeStore } from './typed-code-store.ts'
import type { ErasureStore, NumberReleaseStore } from './upkeep-store.ts'

export type * from './bill-mail-store.ts'
export type * from './document-store.ts'
export type * from './event-store.ts'
export type * from './export-store.ts'
export type * from './factor-store.ts'
export type * from './lease-store.ts'
export type * from './notice-store.ts'
export type * from './number-check-store.ts'
export type * from './status-store.ts'
export type * from './test-login-store.ts'
export type * from './typed-code-store.ts'
export type * from './upkeep-store.ts'

/*
 * The port to what is kept. Verbs, not CRUD: one method, one transaction, durable when its promise resolves.
 * Expected absence is null; what a caller can act on is thrown as a Failure; time is an argument (ms UTC).
 * Async even over synchronous SQLite. Each feature asks for the part that it uses.
 */

/** On the way of a message. */
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

/** For the login runner. */
export type AttemptStore = {
  /** @throws Failure `attempt_open` (details.attemptId, expiresAt), `not_found`, `idempotency_key_reused` */
  openAttempt(attempt: Attempt, idempotency?: Idempotency): Promise<Attempt>
  /** With the code sources it listens to. */
  getAttempt(id: string): Promise<{ attempt: Attempt; sources: readonly string[] } | null>
  /** Null: no such attempt. @throws Failure `attempt_over` */
  extendAttempt(id: string, change: { expiresAt: number; now: number }): Promise<Attempt | null>
  /**
   * Closes the attempt and moves the connection's status. One that expired may still tell its outcome. Null: no
   * such attempt. @throws Failure `attempt_over` (closed before), `idempotency_key_reused`
   */
  closeAttempt(
    id: string,
    outcome: Outcome,
    now: number,
    idempotency?: Idempotency,
  ): Promise<{ attempt: Attempt; connection: Connection } | null>
  /**
   * Whether {@link AttemptStore.claimCode} would find something. A read: costs the writer nothing.
   * @throws Failure `invalid_request` when `after` is no code of this attempt's sources
   */
  hasCode(attemptId: string, rules: ClaimRules): Promise<boolean>
  /** The atomic step that binds a code to an attempt; durable before it resolves. Throws as `hasCode` does. */
  claimCode(attemptId: string, rules: ClaimRules, actor: string): Promise<ClaimResult>
  /** What arrived for the attempt since it opened, newest first, judged by the rules its claims go by. */
  listSeen(attemptId: string, limit: number, rules?: Partial<ClaimRules>): Promise<SeenMessage[]>
}

export type ClaimRules = {
  readonly now: number
  /** Only codes sent later than this one (a code id). */
  readonly after?: string
  /** How much earlier than `openedAt` a code may have been sent, by the portal's clock. */
  readonly clockSkewMs: number
  /** Whether candidates may be handed out where no trusted code is. */
  readonly offerCandidates: boolean
  /** Only codes that came this way, where a connection has several. */
  readonly channel?: Channel
}
/** The arguments of {@link AttemptStore.claimCode}. */
export type WaitingClaim = {
  readonly attemptId: string
  readonly rules: ClaimRules
  readonly actor: string
}
export type ClaimResult =
  /** `isNew`: bound to the attempt just now; false: it had it already, and reads it again. */
  | { readonly kind: 'code'; readonly code: Code; readonly isNew: boolean }
  | { readonly kind: 'none' }
  | { readonly kind: 'over' }

/** Same key, same request: the stored answer is given again. Same key, another request: a Failure. */
export type Idempotency = { readonly scope: string; readonly key: string; readonly fingerprint: string }

export type AuditNote = { readonly actor: string; readonly action: string; readonly at: number }
export type ReleaseRequest = {
  readonly actor: string
  readonly now: number
  /** Remember the sender for this connection. */
  readonly pinSender: boolean
  /** How long the utility's codes live where the message does not say; 600 when unset. */
  readonly validForSeconds?: number
}

/** Companies, connections and how their codes come. */
export type ProvisioningStore = {
  createCompany(company: Company): Promise<void>
  getCompany(id: string): Promise<Company | null>
  updateCompany(id: string, change: CompanyChange, now: number): Promise<Company | null>
  listCompanies(page: PageRequest): Promise<Page<Company>>
  createConnection(connection: Connection, secrets: ConnectionSecrets): Promise<void>
  getConnection(id: string): Promise<Connection | null>
  updateConnection(id: string, change: ConnectionChange, now: number): Promise<Connection | null>
  /** Offboarding: seals go, mailboxes retire for good, open deliveries are dropped. False: no such connection. */
  deleteConnection(id: string, now: number): Promise<boolean>
  listConnections(filter: ConnectionFilter, page: PageRequest): Promise<Page<Connection>>
  /**
   * Sets method, recipients and inboxes, and adds the mailboxes given; keeps those that are there.
   * @throws Failure `conflict` when a new mailbox is, or was, somebody's
   */
  configureMfa(connectionId: string, setup: MfaSetup, now: number): Promise<MfaState | null>
  getMfa(connectionId: string): Promise<MfaState | null>
  /** Null: no such active mailbox of this connection. */
  retireMailbox(connectionId: string, address: string, now: number): Promise<Mailbox | null>
  /** The first of these numbers that is free for this connection, bound to it; null: all taken. */
  takeNumber(connectionId: string, numbers: readonly string[], now: number): Promise<Mailbox | null>
  /** Active numbers, for Twilio's reconciliation and `doctor`. */
  listNumbers(): Promise<Mailbox[]>
}

export type CompanyChange = Partial<
  Pick<
    Company,
    'name' | 'externalId' | 'features' | 'isActive' | 'vouchedDomains' | 'contactEmail' | 'notices'
  >
>
export type ConnectionSecrets = { readonly username?: string | null; readonly password?: string | null }
export type ConnectionChange = Partial<
  Pick<
    Connection,
    | 'url'
    | 'country'
    | 'externalId'
    | 'connectionOwnerEmail'
    | 'initialSites'
    | 'utilityTypes'
    | 'dataCollectionStartDate'
  >
> &
  ConnectionSecrets
export type ConnectionFilter = {
  readonly companyId?: string
  readonly status?: ConnectionStatus
  readonly needsAttention?: boolean
}
export type MfaSetup = {
  readonly method: MfaMethod
  readonly inboxAddresses: readonly string[]
  /**
   * The whole list; those missing from it are stopped. New ones start as `state`; with one that starts `pending`
   * a `confirm_recipient` delivery is written, due at once. Who unsubscribed, sent STOP or bounced stays stopped,
   * however often the list is repeated.
   */
  readonly recipients: readonly { channel: Channel; address: string; state: 'pending' | 'confirmed' }[]
  readonly newMailboxes: readonly { address: string; channel: Channel; providerSid: string | null }[]
  /** Sealed; undefined leaves what is there. */
  readonly securityQuestions?: readonly { question: string; answer: string }[]
  readonly totpSecret?: string
}
export type MfaState = {
  readonly method: MfaMethod | null
  readonly inboxAddresses: readonly string[]
  readonly mailboxes: readonly Mailbox[]
  readonly recipients: readonly Recipient[]
  readonly lastCodeAt: number | null
  readonly failedDeliveries: number
  /** The newest that came and is believed: what the customer has to click or type at their mail provider. */
  readonly forwardingConfirmation: {
    readonly messageId: string
    readonly provider: string
    readonly requester: string | null
    readonly link: string | null
    readonly code: string | null
    readonly receivedAt: number
  } | null
  /** How far each inbox has come towards forwarding; only those of a connection set up for inbox forwarding. */
  readonly handshakes: readonly InboxHandshake[]
}

/** Copies that are due. */
export type OutboxStore = {
  /** Leases up to `limit` due deliveries to `holder` until `leaseUntil`; expired leases count as due. */
  claimDeliveries(request: {
    now: number
    leaseUntil: number
    holder: string
    limit: number
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
  /** When the next delivery is due, ms UTC. */
  nextDeliveryAt(): Promise<number | null>
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

/** Keys, the audit log, retention. */
export type AdminStore = {
  createApiKey(key: ApiKey, hash: string): Promise<void>
  /** Null for revoked ones too. */
  findApiKey(hash: string): Promise<ApiKey | null>
  listApiKeys(): Promise<ApiKey[]>
  revokeApiKey(id: string, now: number): Promise<boolean>
  writeAudit(entry: AuditEntry): Promise<void>
  listAudit(filter: { subject?: string }, page: PageRequest): Promise<Page<AuditEntry>>
  /** Removes at most `limit` of each kind that is past its retention; call again until all counts are 0. */
  purge(request: PurgeRequest): Promise<PurgeCounts>
  /** Seals anew, in small steps, what other keys than the first have sealed; then forgets those keys. */
  reseal(isStopped: () => boolean): Promise<Resealed>
  /** How many calls wait for each of the store's threads, by name; absent where that is not known. */
  queues?(): Readonly<Record<string, number>>
  /** Runs while no other node runs the same task. Null, without running it: one does. Throws what it throws. */
  alone<T>(task: string, run: () => Promise<T>): Promise<T | null>
  /** Resolves if a write can be committed now. @throws when the disk or database refuses */
  checkWritable(): Promise<void>
}

export type Resealed = {
  /** Keys other than the first that had sealed something when it began. */
  readonly oldKeys: readonly string[]
  readonly rows: number
  /** Rows that no key opens: damaged. While there are any, old keys are kept. */
  readonly broken: number
  /** Nothing is left that needs them: they may go. */
  readonly isDone: boolean
}

export type PurgeRequest = {
  readonly codesBefore: number
  readonly bodiesBefore: number
  /** The content of documents; what was read in them stays. */
  readonly documentsBefore: number
  /** Events, their deliveries, and what people were told. */
  readonly eventsBefore: number
  readonly idempotencyBefore: number
  readonly limit: number
}
export type PurgeCounts = {
  readonly codes: number
  readonly bodies: number
  readonly documents: number
  readonly events: number
  readonly notices: number
  readonly idempotency: number
}

export type Store = MailStore &
  AttemptStore &
  ProvisioningStore &
  OutboxStore &
  StatusStore &
  FactorStore &
  LeaseStore &
  TestLoginStore &
  NumberCheckStore &
  TypedCodeStore &
  NumberReleaseStore &
  ErasureStore &
  ExportStore &
  BillMailStore &
  TrustStore &
  DocumentStore &
  EventStore &
  NoticeStore &
  AdminStore & { close(): Promise<void> }
