import type { BillAddress, BillMail, BillMailResult } from '../domain/bill-mail.ts'
import type { Page, PageRequest } from '../domain/page.ts'

/* The part of the store's port that is about bills which come by mail. */

export type BillMailStore = {
  /** Gives the company this address, unless it has one: then that. Null: no such company. */
  createBillAddress(address: Omit<BillAddress, 'retiredAt'>): Promise<BillAddress | null>
  /** Newest first, retired ones too. */
  listBillAddresses(companyId: string): Promise<BillAddress[]>
  /** False: the company has no such address, or it is retired. */
  retireBillAddress(companyId: string, address: string, now: number): Promise<boolean>
  /** The company that this address is in use by, or null. */
  findBillOwner(address: string): Promise<string | null>
  /** A message came to such an address, and is stored: its documents are to be taken out. Twice is once. */
  noteBillMail(mail: { mailbox: string; dedupeKey: string; companyId: string; now: number }): Promise<void>
  /** The one that has waited longest, until `leaseUntil` nobody else's. Counts a try. Null: none is due. */
  claimBillMail(request: { now: number; leaseUntil: number }): Promise<ClaimedBillMail | null>
  /** When the next is due, ms UTC; null: none waits. */
  nextBillMailAt(): Promise<number | null>
  settleBillMail(messageId: string, settled: SettledBillMail): Promise<void>
  /** Newest first. */
  listBillMail(companyId: string, page: PageRequest): Promise<Page<BillMail>>
}

export type ClaimedBillMail = {
  readonly messageId: string
  readonly companyId: string
  /** This one included. */
  readonly tries: number
}
export type SettledBillMail = {
  readonly result: BillMailResult
  readonly jobId: string | null
  readonly documents: number
  readonly ignored: number
}
