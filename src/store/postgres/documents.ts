import { newId } from '../../domain/id.ts'
import type { Context } from '../context.ts'
import { openDocument, openDocumentContent, putDocumentPart } from '../operations/document-content.ts'
import { CONTENT_ELSEWHERE } from '../operations/document-items.ts'
import { writes } from '../operations/index.ts'
import { BODY_PART_BYTES } from '../parts.ts'
import type { Store } from '../store.ts'
import { locksOf, NO_LOCKS } from './locks.ts'
import type { Database } from './transact.ts'

type DocumentCalls = Pick<Store, 'createJob' | 'claimItem' | 'addDocument' | 'readDocument'>

/**
 * What carries documents' content, part by part in transactions of their own, before what it belongs to. What a crash
 * leaves behind belongs to nothing: retention takes it in its time.
 */
export function documentCalls(database: Database): DocumentCalls {
  async function putContent(contentId: string, content: Uint8Array, at: number): Promise<void> {
    for (let start = 0; start < content.byteLength; start += BODY_PART_BYTES) {
      const bytes = content.subarray(start, start + BODY_PART_BYTES)
      const put = (context: Context) =>
        putDocumentPart(context, contentId, start / BODY_PART_BYTES, bytes, at)
      await database.write(NO_LOCKS, put)
    }
  }

  return {
    async createJob(job) {
      for (const { id, content } of job.items) if (content) await putContent(id, content, job.createdAt)
      const items = job.items.map((item) => ({ ...item, content: item.content && CONTENT_ELSEWHERE }))
      return database.write(NO_LOCKS, (context) => writes.createJob(context, { ...job, items }))
    },
    async claimItem(request) {
      const item = await database.write(NO_LOCKS, (context) => writes.claimItem(context, request))
      if (!item?.content) return item
      const content = await database.readTogether((context) => openDocumentContent(context, item.id))
      return { ...item, content: content ?? CONTENT_ELSEWHERE }
    },
    async readDocument(id, { actor, action, at }) {
      // First on record, then seen.
      const entry = { id: newId(), at, actor, action, subject: `document:${id}`, detail: null }
      await database.write(NO_LOCKS, (context) => writes.writeAudit(context, entry))
      return database.readTogether((context) => openDocument(context, id))
    },
    async addDocument(itemId, document, now) {
      const { id, content } = document
      if (content) await putContent(id, content, now)
      const stored = { ...document, content: content && CONTENT_ELSEWHERE }
      return database.write(locksOf('addDocument', [itemId]), (context) =>
        writes.addDocument(context, itemId, stored, now),
      )
    },
  }
}
