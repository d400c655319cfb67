import type { ItemFailure, Job, StoredDocument } from '../domain/document.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { AuditNote } from './mail-store.ts'

/*
 * The part of the store's port that is about jobs and documents. Content, file names, URLs (presigned ones are keys)
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
  /**
   * Gives back all leases of a process. Of one that was stopped also their tries, as it was no fault of theirs; of one
   * that was killed not, since it may have died of them. Resolves to how many.
   */
  releaseItems(holder: string, why: 'stopped' | 'killed'): Promise<number>
  getDocument(id: string): Promise<StoredDocument | null>
  /** The file as it came, unsealed; audited. Null once retention removed it. */
  readDocument(id: string, audit: AuditNote): Promise<Uint8Array | null>
  /** Newest first. */
  listDocuments(filter: { companyId: string }, page: PageRequest): Promise<Page<StoredDocument>>
}

/** Either content or a URL to fetch it from. */
export type NewItem = {
  readonly id: string
  /** File name, or the last part of the URL's path. */
  readonly name: string
  readonly url: string | null
  readonly content: Uint8Array | null
}
export type NewJob = Omit<Job, 'status' | 'finishedAt' | 'items'> & { readonly items: readonly NewItem[] }

export type ClaimedItem = NewItem &
  Pick<Job, 'companyId' | 'connectionId' | 'siteId'> & {
    readonly jobId: string
    /** This one included. */
    readonly tries: number
  }

/** A document that an item brought; null content: what was uploaded with the item. */
export type NewDocument = Pick<
  StoredDocument,
  'id' | 'sha256' | 'kind' | 'size' | 'state' | 'unreadReason' | 'pages' | 'reading'
> & { readonly content: Uint8Array | null }
