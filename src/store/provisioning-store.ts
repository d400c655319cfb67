import type { Company, Connection, ConnectionStatus, MfaMethod } from '../domain/connection.ts'
import type { Recipient } from '../domain/delivery.ts'
import type { InboxHandshake } from '../domain/handshake.ts'
import type { Mailbox } from '../domain/mailbox.ts'
import type { Channel } from '../domain/message.ts'
import type { Page, PageRequest } from '../domain/page.ts'

/** The part of the store's port that is about companies, connections and how their codes come. */
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
