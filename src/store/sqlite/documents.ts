import { newId } from '../../domain/id.ts'
import { CONTENT_ELSEWHERE } from '../operations/document-items.ts'
import { BODY_PART_BYTES } from '../parts.ts'
import type { Store } from '../store.ts'
import type { Thread } from './thread.ts'

/**
 * What carries documents' content. It goes to the writer part by part, each waiting for the one before, so that every
 * group of writes holds at most one of them and a claim hardly waits; it is opened in the reader's thread. A crash in
 * between leaves parts that belong to nothing: retention takes them in its time.
 */
export function documentCalls(
  writer: Thread,
  reader: Thread,
): Pick<Store, 'createJob' | 'claimItem' | 'addDocument' | 'readDocument'> {
  async function putContent(contentId: string, content: Uint8Array, at: number): Promise<void> {
    for (let start = 0; start < content.byteLength; start += BODY_PART_BYTES) {
      const bytes = new Uint8Array(content.subarray(start, start + BODY_PART_BYTES))
      const part = start / BODY_PART_BYTES
      await writer.call('putDocumentPart', [contentId, part, bytes, at], [bytes.buffer])
    }
  }

  return {
    async createJob(job) {
      for (const { id, content } of job.items) if (content) await putContent(id, content, job.createdAt)
      const items = job.items.map((item) => ({ ...item, content: item.content && CONTENT_ELSEWHERE }))
      return writer.call('createJob', [{ ...job, items }])
    },
    async claimItem(request) {
      const item: Awaited<ReturnType<Store['claimItem']>> = await writer.call('claimItem', [request])
      if (!item?.content) return item
      const content = await reader.call<Uint8Array | null>('openDocumentContent', [item.id])
      return { ...item, content: content ?? CONTENT_ELSEWHERE }
    },
    async readDocument(id, { actor, action, at }) {
      // First on record, then seen.
      const entry = { id: newId(), at, actor, action, subject: `document:${id}`, detail: null }
      await writer.call('writeAudit', [entry])
      return reader.call('openDocument', [id])
    },
    async addDocument(itemId, document, now) {
      const { id, content } = document
      if (content) await putContent(id, content, now)
      return writer.call('addDocument', [itemId, { ...document, content: content && CONTENT_ELSEWHERE }, now])
    },
  }
}
