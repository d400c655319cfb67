import type { LadderOption } from '../domain/ladder.ts'
import type { Store } from '../store/store.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'
import type { InboxProvider } from '../utilities/inbox-providers.ts'
import type { Wakeup } from '../wakeup/wakeup.ts'

/** Buys phone numbers, and gives them back. */
export type NumberProvider = {
  /** A number that receives text messages and hands them to us, from the moment this resolves. */
  buy(request: { readonly country: string }): Promise<BoughtNumber>
  release(providerSid: string): Promise<void>
}
export type BoughtNumber = {
  /** E.164. */
  readonly address: string
  readonly providerSid: string
}

/** What is known about utilities, as of now: definitions may be reloaded while we run. */
export type UtilityBook = {
  find(id: string): UtilityDefinition | undefined
  /** Ids whose name is nearest to what was asked for. */
  nearest(asked: string): readonly string[]
}

/** What the diagnosis says of one login. */
export type LoginExplanation = {
  readonly attemptId: string
  readonly cause: string
  /** For support. */
  readonly summary: string
  /** The customer's sentence. */
  readonly customer: string
}

export type ProvisioningSettings = {
  readonly mailDomain: string
  readonly mailboxPrefix: string
  /** Numbers already owned, E.164. */
  readonly smsNumbers: readonly string[]
  readonly recipientConfirmation: 'required' | 'off'
}

/** What provisioning is handed by assemble.ts. */
export type ProvisioningDeps = {
  readonly store: Store
  readonly utilities: UtilityBook
  readonly wakeup: Pick<Wakeup, 'notify'>
  readonly settings: ProvisioningSettings
  /** Absent: no numbers can be bought. */
  readonly numbers?: NumberProvider
  /** Sends a text message from SMS_FROM; answers why it could not, or null. Absent: nothing can be sent. */
  readonly sendText?: (to: string, text: string) => Promise<string | null>
  /** The recommendation ladder of a connection, with what has failed on it. */
  readonly ladder: (connectionId: string) => Promise<readonly LadderOption[]>
  /** Why the last login of a connection broke; null: it did not, or there was none. */
  readonly explainLogin?: (connectionId: string) => Promise<LoginExplanation | null>
  /** How the provider of a customer's inbox forwards. */
  readonly providerOf?: (inbox: string) => InboxProvider | undefined
  /** Drops what is remembered of API keys. */
  readonly forgetKeys: () => void
  /** Brings erasures to an end, in the background. */
  readonly upkeep?: { notify(): void }
  readonly now?: () => number
}
