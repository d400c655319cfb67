import { Failure } from '../../domain/failure.ts'
import type { Context, Operations } from '../context.ts'
import { toDocument } from '../rows.ts'
import { dropDocumentContent } from './document-content.ts'
import { endItem } from './document-jobs.ts'
import { tellDocument } from './events.ts'
import { newestOf } from './paging.ts'

/** Documents: what writes. Fetched content was written before, part by part. */
export const documentWrites: Operations<'addDocument'> = {
  async addDocument(context, itemId, document, now) {
    const { db, sealer } = context
    const item = await findItem(context, itemId)
    const contentId = document.content === null ? itemId : document.id
    const known = await withContent(context, item.company_id, document.sha256)
    if (known) {
      // Unless somebody ends the item a second time that brought this very document.
      if (known.content_id !== contentId) await dropDocumentContent(context, contentId)
      const job = await endItem(context, itemId, { kind: 'duplicate', documentId: known.id }, now)
      return { documentId: known.id, isDuplicate: true, job }
    }
    const { id, kind, size, sha256, state, unreadReason, pages, reading } = document
    const name = sealer.openText(`document_item.name.${itemId}`, item.name)
    await db
      .insertInto('document')
      .values({
        ...{ id, kind, size, sha256, state, pages },
        company_id: item.company_id,
        connection_id: item.connection_id,
        site_id: item.site_id,
        job_id: item.job_id,
        name: sealer.seal(`document.name.${id}`, name),
        content_id: contentId,
        unread_reason: unreadReason,
        reading: reading === null ? null : sealer.seal(`document.reading.${id}`, JSON.stringify(reading)),
        created_at: now,
      })
      .execute()
    const job = await endItem(context, itemId, { kind: state, documentId: id }, now)
    await tellDocument(context, {
      ...{ id, state, createdAt: now, jobId: item.job_id, siteId: item.site_id },
      ...{ companyId: item.company_id, connectionId: item.connection_id },
      utility: item.utility ?? reading?.utility ?? null,
    })
    return { documentId: id, isDuplicate: false, job }
  },
}

async function findItem({ db }: Context, itemId: string) {
  const item = await db
    .selectFrom('document_item')
    .innerJoin('document_job', 'document_job.id', 'document_item.job_id')
    .leftJoin('connection', 'connection.id', 'document_job.connection_id')
    .select(['job_id', 'name', 'document_job.company_id', 'connection_id', 'site_id', 'connection.utility'])
    .where('document_item.id', '=', itemId)
    .executeTakeFirst()
  if (!item) throw new Failure('not_found', 'There is no such item any more')
  return item
}

const withContent = ({ db }: Context, companyId: string, sha256: string) =>
  db
    .selectFrom('document')
    .select(['id', 'content_id'])
    .where('company_id', '=', companyId)
    .where('sha256', '=', sha256)
    .executeTakeFirst()

/** Documents: what reads. */
export const documentReads: Operations<'findDocument' | 'getDocument' | 'listDocuments'> = {
  async findDocument(context, companyId, sha256) {
    return (await withContent(context, companyId, sha256))?.id ?? null
  },
  async getDocument({ db, sealer }, id) {
    const row = await db.selectFrom('document').selectAll().where('id', '=', id).executeTakeFirst()
    return row ? toDocument(row, sealer) : null
  },
  async listDocuments({ db, sealer }, { companyId }, page) {
    const ofCompany = db.selectFrom('document').where('company_id', '=', companyId)
    const { total, rows } = await newestOf(ofCompany, page)
    return { total, items: rows.map((row) => toDocument(row, sealer)) }
  },
}
