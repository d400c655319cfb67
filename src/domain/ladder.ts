/** Rungs of the recommendation ladder, in the words of the API and in the general order. */
export const LADDER_RUNGS = [
  'upload_documents',
  'disable_mfa',
  'security_questions',
  'managed_forwarding',
  'inbox_forwarding',
  'sms',
  'authenticator',
  'automatic',
] as const
export type LadderRung = (typeof LADDER_RUNGS)[number]

/** One rung of the recommendation ladder for one connection. */
export type LadderOption = {
  readonly option: LadderRung
  readonly recommended: boolean
  readonly available: boolean
  /** Why it is recommended, doubtful or not available; null where there is nothing to say. */
  readonly why: string | null
  /** Why it is not available; null where it is. */
  readonly whyNot: string | null
  /** What it asks of the customer, in a sentence. */
  readonly asksCustomer: string
  /** What the customer does at the utility's site, in order. */
  readonly steps: readonly string[]
  readonly failureModes: readonly string[]
  /** The connection stands on this rung now. */
  readonly isCurrent: boolean
  /** How it failed on this connection; null where it did not. */
  readonly failedHere: string | null
}
