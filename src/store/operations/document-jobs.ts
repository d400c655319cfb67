import type { ItemResult, Job } from '../../domain/document.ts'
import { Failure } from '../../domain/failure.ts'
import type { Context, Operations } from '../context.ts'
import { toJob } from '../rows.ts'
import type { Row } from '../schema.ts'
import { dropDocumentContent } from './document-content.ts'
import { newestOf } from './paging.ts'

/** Jobs that read documents: what writes. Uploaded content was written before, part by part. */
export const jobWrites: Operations<'createJob'> = {
  async createJob(context, { id, companyId, connectionId, siteId, createdAt, items }) {
    const { db, sealer } = context
    await db
      .insertInto('document_job')
      .values({
        id,
        company_id: companyId,
        connection_id: connectionId,
        site_id: siteId,
        created_at: createdAt,
      })
      .execute()
    for (const [position, item] of items.entries()) {
      await db
        .insertInto('document_item')
        .values({
          id: item.id,
          job_id: id,
          position,
          name: sealer.seal(`document_item.name.${item.id}`, item.name),
          url: item.url === null ? null : sealer.seal(`document_item.url.${item.id}`, item.url),
          has_content: item.content === null ? 0 : 1,
          state: 'due',
          due_at: createdAt,
          tries: 0,
        })
        .execute()
    }
    return requireJob(context, id)
  },
}

/** Jobs that read documents: what reads. */
export const jobReads: Operations<'getJob' | 'listJobs'> = {
  async getJob(context, id) {
    const row = await context.db
      .selectFrom('document_job')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst()
    return row ? ((await withItems(context, [row]))[0] ?? null) : null
  },
  async listJobs(context, { companyId }, page) {
    const ofCompany = context.db.selectFrom('document_job').where('company_id', '=', companyId)
    const { total, rows } = await newestOf(ofCompany, page)
    return { total, items: await withItems(context, rows) }
  },
}

async function withItems({ db, sealer }: Context, jobs: readonly Row<'document_job'>[]): Promise<Job[]> {
  const ids = jobs.map(({ id }) => id)
  const rows =
    ids.length === 0
      ? []
      : await db
          .selectFrom('document_item')
          .selectAll()
          .where('job_id', 'in', ids)
          .orderBy('job_id')
          .orderBy('position')
          .execute()
  const byJob = Map.groupBy(rows, (row) => row.job_id)
  return jobs.map((job) => toJob(job, byJob.get(job.id) ?? [], sealer))
}

async function requireJob(context: Context, id: string): Promise<Job> {
  const job = await jobReads.getJob(context, id)
  if (!job) throw new Failure('not_found', 'There is no such job')
  return job
}

/**
 * Ends an item, and with the last one its job. One that ended before is left as it is.
 *
 * @throws Failure `not_found` when offboarding has removed it meanwhile
 */
export async function endItem(
  context: Context,
  itemId: string,
  result: ItemResult,
  now: number,
): Promise<Job> {
  const { db } = context
  const isFailed = result.kind === 'failed'
  const ended = await db
    .updateTable('document_item')
    .set({ state: 'done', result: result.kind, url: null, holder: null, leased_until: null })
    .set(isFailed ? { failure: result.reason } : { document_id: result.documentId })
    .where('id', '=', itemId)
    .where('state', '<>', 'done')
    .returning('job_id')
    .executeTakeFirst()
  if (ended && isFailed) await dropDocumentContent(context, itemId)
  const jobId = ended?.job_id ?? (await jobOf(context, itemId))
  await db
    .updateTable('document_job')
    .set({ finished_at: now })
    .where('id', '=', jobId)
    .where('finished_at', 'is', null)
    .where(({ not, exists, selectFrom }) => {
      const left = selectFrom('document_item').select('id').where('job_id', '=', jobId)
      return not(exists(left.where('state', '<>', 'done')))
    })
    .execute()
  return requireJob(context, jobId)
}

async function jobOf({ db }: Context, itemId: string): Promise<string> {
  const row = await db
    .selectFrom('document_item')
    .select('job_id')
    .where('id', '=', itemId)
    .executeTakeFirst()
  if (!row) throw new Failure('not_found', 'There is no such item any more')
  return row.job_id
}
