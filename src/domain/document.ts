import type { BillReading, UnreadReason } from './bill.ts'

/* Jobs that read documents, and the documents that come of them. */

export const JOB_STATUSES = ['PENDING', 'COMPLETED', 'FAILED'] as const
export type JobStatus = (typeof JOB_STATUSES)[number]

/** Why an item brought no document. */
export const ITEM_FAILURES = [
  'url_refused',
  'not_reachable',
  'refused_by_server',
  'too_large',
  'unsupported_type',
  'encrypted',
  'damaged',
  'too_many_pages',
  'too_much_text',
  'deadline',
  'memory',
  'crash',
] as const
export type ItemFailure = (typeof ITEM_FAILURES)[number]

/** How an item ended; null while it has not. */
export type ItemResult =
  | { readonly kind: 'parsed' | 'non_utility' | 'unread' | 'duplicate'; readonly documentId: string }
  | { readonly kind: 'failed'; readonly reason: ItemFailure }
export type JobItem = {
  readonly name: string
  readonly result: ItemResult | null
  /** Known once somebody is at it. */
  readonly progress: { readonly pagesRead: number; readonly pages: number } | null
}
export type Job = {
  readonly id: string
  readonly companyId: string
  /** Whose login brought the documents, where a login did: they go when that connection goes. */
  readonly connectionId: string | null
  readonly siteId: string | null
  readonly createdAt: number
  readonly status: JobStatus
  readonly finishedAt: number | null
  readonly items: readonly JobItem[]
}

/** What a document can be. */
export type FileKind = 'pdf' | 'png' | 'jpg'
/** `unread`: kept, but holds no text that could be read (images, scans). */
export type DocumentState = 'parsed' | 'non_utility' | 'unread'
export type StoredDocument = {
  readonly id: string
  readonly companyId: string
  readonly connectionId: string | null
  readonly siteId: string | null
  readonly jobId: string
  readonly name: string
  readonly kind: FileKind
  /** Bytes. */
  readonly size: number
  readonly sha256: string
  readonly state: DocumentState
  readonly unreadReason: UnreadReason | null
  readonly pages: number | null
  readonly reading: BillReading | null
  readonly createdAt: number
}

/** A job ends when all its items have: `FAILED` only if every one of them failed. Null: not yet. */
export function endOfJob(items: readonly JobItem[]): Exclude<JobStatus, 'PENDING'> | null {
  if (items.some(({ result }) => result === null)) return null
  return items.every(({ result }) => result?.kind === 'failed') ? 'FAILED' : 'COMPLETED'
}
