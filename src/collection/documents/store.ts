import type { Page, PageRequest } from '../../domain/page.ts'
import type { FileKind } from './file-kind.ts'
import type { BillReading, UnreadReason } from './reader/reading.ts'

/*
 * The port to what is kept of jobs and documents. As in store/store.ts: one method, one transaction, durable when its
 * promise resolves; expected absence is null; time is an argument (ms UTC). Content, URLs (presigned ones are keys)
 * and readings are sealed at rest.
 */
export type DocumentStore = {
  /** Writes the job and its items, in order. */
  createJob(job: NewJob): Promise<Job>
  getJob(id: string): Promise<Job | null>
  /** Newest first. */
  listJobs(filter: { companyId: string }, page: PageRequest): Promise<Page<Job>>
  /**
   * Leases the item that has waited longest: due, and never leased or its lease ended. Counts a try. Null: none.
   */
  claimItem(request: { holder: string; now: number; leaseUntil: number }): Promise<ClaimedItem | null>
  /** When the next item is due or its lease ends, ms UTC; null: nothing is waiting. */
  nextItemAt(): Promise<number | null>
  /** Pages read so far of an item that somebody is at. Says nothing of one that ended meanwhile. */
  noteProgress(itemId: string, progress: { pagesRead: number; pages: number }): Promise<void>
  /** The document with this content that the company has, or null. Spares reading it again. */
  findDocument(companyId: string, sha256: string): Promise<string | null>
  /**
   * Ends an item with its document. Where the company has the same content already, nothing is added, and the answer
   * is that document's id. The last item of a job ends it. An item that ended before is left as it is.
   */
  addDocument(
    itemId: string,
    document: NewDocument,
    now: number,
  ): Promise<{ documentId: string; isDuplicate: boolean; job: Job }>
  /** Ends an item without a document. The last item of a job ends it. */
  failItem(itemId: string, reason: ItemFailure, now: number): Promise<Job>
  /** Gives the lease back; the item is due again at `dueAt`. */
  retryItem(itemId: string, dueAt: number): Promise<void>
  /** Gives back all leases of a process that stops, and their tries: it was no fault of theirs. Resolves to how many. */
  releaseItems(holder: string): Promise<number>
  getDocument(id: string): Promise<StoredDocument | null>
  /** Newest first. */
  listDocuments(filter: { companyId: string }, page: PageRequest): Promise<Page<StoredDocument>>
}

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

/** Either content or a URL to fetch it from. */
export type NewItem = {
  readonly id: string
  /** File name, or the last part of the URL's path. */
  readonly name: string
  readonly url: string | null
  readonly content: Uint8Array | null
}
export type NewJob = {
  readonly id: string
  readonly companyId: string
  readonly siteId: string | null
  readonly createdAt: number
  readonly items: readonly NewItem[]
}

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
export type Job = Omit<NewJob, 'items'> & {
  readonly status: JobStatus
  readonly finishedAt: number | null
  readonly items: readonly JobItem[]
}

export type ClaimedItem = NewItem & {
  readonly jobId: string
  readonly companyId: string
  readonly siteId: string | null
  /** This one included. */
  readonly tries: number
}

/** `unread`: kept, but holds no text that could be read (images, scans). */
export type DocumentState = 'parsed' | 'non_utility' | 'unread'
export type NewDocument = {
  readonly id: string
  readonly sha256: string
  readonly kind: FileKind
  readonly content: Uint8Array
  readonly state: DocumentState
  readonly unreadReason: UnreadReason | null
  readonly pages: number | null
  readonly reading: BillReading | null
}
export type StoredDocument = Omit<NewDocument, 'content'> & {
  readonly companyId: string
  readonly siteId: string | null
  readonly jobId: string
  readonly name: string
  readonly size: number
  readonly createdAt: number
}

/** A job ends when all its items have: `FAILED` only if every one of them failed. Null: not yet. */
export function endOfJob(items: readonly JobItem[]): Exclude<JobStatus, 'PENDING'> | null {
  if (items.some(({ result }) => result === null)) return null
  return items.every(({ result }) => result?.kind === 'failed') ? 'FAILED' : 'COMPLETED'
}
