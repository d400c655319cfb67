import type { Connection } from '../domain/connection.ts'
import type { Store } from '../store/store.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'
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

/** One rung of the recommendation ladder, as the API shows it. */
export type MfaOption = {
  readonly option: string
  readonly recommended: boolean
  readonly available: boolean
  /** Why it is recommended, or not available. */
  readonly why: string | null
  /** What the customer does at the portal. */
  readonly steps: readonly string[]
}

/** What is possible for the connection that the ladder is made for. */
export type LadderFacts = {
  readonly connection: Pick<Connection, 'utility' | 'mfaMethod'>
  readonly utility: UtilityDefinition | undefined
  readonly hasSmsRelay: boolean
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
  readonly ladder: (facts: LadderFacts) => readonly MfaOption[]
  /** Drops what is remembered of API keys. */
  readonly forgetKeys: () => void
  readonly now?: () => number
}
