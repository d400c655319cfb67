import {
  endOfJob,
  type ItemResult,
  type Job,
  type JobItem,
  type StoredDocument,
} from '../../../src/domain/document.ts'
import type { Page, PageRequest } from '../../../src/domain/page.ts'
import type {
  ClaimedItem,
  DocumentStore,
  NewDocument,
  NewItem,
  NewJob,
} from '../../../src/store/document-store.ts'

type Item = {
  readonly job: NewJob
  readonly item: NewItem
  result: ItemResult | null
  progress: JobItem['progress']
  dueAt: number
  lease: { holder: string; until: number } | null
  tries: number
}

/** The documents port in memory, for tests: nothing here survives the process. */
export function memoryDocumentStore(): DocumentStore {
  const jobs = new Map<string, { job: NewJob; finishedAt: number | null }>()
  const items: Item[] = []
  const documents: StoredDocument[] = []

  const show = (id: string): Job => {
    const { job, finishedAt } = jobs.get(id) as { job: NewJob; finishedAt: number | null }
    const own = items.filter((item) => item.job.id === id)
    const shown = own.map(({ item, result, progress }) => ({ name: item.name, result, progress }))
    return { ...job, finishedAt, status: endOfJob(shown) ?? 'PENDING', items: shown }
  }
  const find = (id: string): Item => items.find(({ item }) => item.id === id) as Item
  const end = (entry: Item, result: ItemResult, now: number): Job => {
    entry.result ??= result
    entry.lease = null
    const job = show(entry.job.id)
    if (job.status !== 'PENDING' && job.finishedAt === null)
      jobs.set(job.id, { job: entry.job, finishedAt: now })
    return show(entry.job.id)
  }
  const withContent = (companyId: string, sha256: string) =>
    documents.find((one) => one.companyId === companyId && one.sha256 === sha256)

  return {
    async createJob(job) {
      jobs.set(job.id, { job, finishedAt: null })
      for (const item of job.items)
        items.push({ job, item, result: null, progress: null, dueAt: job.createdAt, lease: null, tries: 0 })
      return show(job.id)
    },
    getJob: async (id) => (jobs.has(id) ? show(id) : null),
    listJobs: async ({ companyId }, page) =>
      pageOf(
        [...jobs.values()].filter(({ job }) => job.companyId === companyId).map(({ job }) => show(job.id)),
        page,
      ),
    async claimItem({ holder, now, leaseUntil }): Promise<ClaimedItem | null> {
      const entry = items.find(
        (one) => one.result === null && one.dueAt <= now && (one.lease?.until ?? 0) <= now,
      )
      if (!entry) return null
      entry.lease = { holder, until: leaseUntil }
      entry.tries += 1
      const { id: jobId, companyId, connectionId, siteId } = entry.job
      return { ...entry.item, jobId, companyId, connectionId, siteId, tries: entry.tries }
    },
    async nextItemAt() {
      const waiting = items.filter(({ result }) => result === null)
      return waiting.length === 0
        ? null
        : Math.min(...waiting.map(({ dueAt, lease }) => lease?.until ?? dueAt))
    },
    async noteProgress(itemId, progress) {
      find(itemId).progress = progress
    },
    findDocument: async (companyId, sha256) => withContent(companyId, sha256)?.id ?? null,
    async addDocument(itemId, document: NewDocument, now) {
      const entry = find(itemId)
      const { job, item } = entry
      const known = withContent(job.companyId, document.sha256)
      if (known) {
        const ended = end(entry, { kind: 'duplicate', documentId: known.id }, now)
        return { documentId: known.id, isDuplicate: true, job: ended }
      }
      const { content: _, ...rest } = document
      const { companyId, connectionId, siteId } = job
      const { name } = item
      documents.push({
        ...rest,
        companyId,
        connectionId,
        siteId,
        jobId: job.id,
        name,
        createdAt: now,
      })
      const ended = end(entry, { kind: document.state, documentId: document.id }, now)
      return { documentId: document.id, isDuplicate: false, job: ended }
    },
    failItem: async (itemId, reason, now) => end(find(itemId), { kind: 'failed', reason }, now),
    async retryItem(itemId, dueAt) {
      Object.assign(find(itemId), { dueAt, lease: null })
    },
    async releaseItems(holder, why) {
      const held = items.filter(({ lease }) => lease?.holder === holder)
      for (const entry of held) {
        entry.lease = null
        if (why === 'stopped') entry.tries -= 1
      }
      return held.length
    },
    readDocument: async () => null,
    getDocument: async (id) => documents.find((one) => one.id === id) ?? null,
    listDocuments: async ({ companyId }, page) =>
      pageOf(
        documents.filter((one) => one.companyId === companyId),
        page,
      ),
  }
}

const pageOf = <T>(all: readonly T[], { page, limit }: PageRequest): Page<T> => ({
  total: all.length,
  items: all.toReversed().slice((page - 1) * limit, page * limit),
})
