import type { Reason, VerdictLevel } from './verdict.ts'

/* Bills that come by mail: to an address of the company, which takes documents and never codes. */

/** The part of the address before the hyphen; the rest is random. */
export const BILL_PREFIX = 'bills'
export const isBillLocalPart = (address: string): boolean => address.startsWith(`${BILL_PREFIX}-`)

/** An address that a company's bills come to. Never used again once retired. Instants in ms UTC. */
export type BillAddress = {
  readonly address: string
  readonly companyId: string
  readonly createdAt: number
  readonly retiredAt: number | null
}

export const BILL_MAIL_RESULTS = ['documents', 'no_documents', 'unreadable'] as const
export type BillMailResult = (typeof BILL_MAIL_RESULTS)[number]

/** A message that came to such an address. `result` null: it has not been looked at yet. */
export type BillMail = {
  readonly messageId: string
  readonly address: string
  readonly sender: string | null
  readonly subject: string | null
  readonly receivedAt: number
  readonly verdict: VerdictLevel
  readonly reasons: readonly Reason[]
  readonly result: BillMailResult | null
  /** The job that its documents became. */
  readonly jobId: string | null
  readonly documents: number
  /** Attachments that are neither PDF, PNG nor JPEG. */
  readonly ignored: number
}
