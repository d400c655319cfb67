import type { ApiKey, AuditEntry } from '../domain/api-key.ts'
import type { Page, PageRequest } from '../domain/page.ts'

/** The part of the store's port that is about keys, the audit log and retention. */
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
