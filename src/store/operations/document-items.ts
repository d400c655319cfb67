import type { Context, Operations } from '../context.ts'
import { taking } from '../shared.ts'
import { endItem } from './document-jobs.ts'
import { nextOf } from './queues.ts'

/** Stands for content that is kept elsewhere: see `putDocumentPart` and `openDocumentContent`. */
export const CONTENT_ELSEWHERE = new Uint8Array(0)

/** Items of jobs, on their way to their end: what writes. */
export const itemWrites: Operations<
  'claimItem' | 'noteProgress' | 'failItem' | 'retryItem' | 'releaseItems'
> = {
  async claimItem(context, { holder, now, leaseUntil }) {
    const { db, sealer } = context
    const id = await findDue(context, now)
    if (id === null) return null
    const row = await db
      .updateTable('document_item')
      .set((eb) => ({ state: 'leased', holder, leased_until: leaseUntil, tries: eb('tries', '+', 1) }))
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    const job = await db
      .selectFrom('document_job')
      .select([
        'id as jobId',
        'company_id as companyId',
        'connection_id as connectionId',
        'site_id as siteId',
      ])
      .where('id', '=', row.job_id)
      .executeTakeFirstOrThrow()
    return {
      ...job,
      id,
      name: sealer.openText(`document_item.name.${id}`, row.name),
      url: row.url && sealer.openText(`document_item.url.${id}`, row.url),
      content: row.has_content === 1 ? CONTENT_ELSEWHERE : null,
      tries: row.tries,
    }
  },

  async noteProgress({ db }, itemId, { pagesRead, pages }) {
    await db
      .updateTable('document_item')
      .set({ pages_read: pagesRead, pages })
      .where('id', '=', itemId)
      .where('state', '<>', 'done')
      .execute()
  },

  failItem: (context, itemId, reason, now) => endItem(context, itemId, { kind: 'failed', reason }, now),

  async retryItem({ db }, itemId, dueAt) {
    await db
      .updateTable('document_item')
      .set({ state: 'due', due_at: dueAt, holder: null, leased_until: null })
      .where('id', '=', itemId)
      .where('state', '=', 'leased')
      .execute()
  },

  async releaseItems({ db }, holder, why) {
    const { numUpdatedRows } = await db
      .updateTable('document_item')
      .set({ state: 'due', holder: null, leased_until: null })
      .set((eb) => ({ tries: eb('tries', '-', why === 'stopped' ? 1 : 0) }))
      .where('state', '=', 'leased')
      .where('holder', '=', holder)
      .executeTakeFirst()
    return Number(numUpdatedRows)
  },
}

/** Those whose lease ran out first: their holder died, and they have waited longest. */
async function findDue(context: Context, now: number): Promise<string | null> {
  const one = context.db.selectFrom('document_item').select('id').limit(1)
  const abandoned = one.where('state', '=', 'leased').where('leased_until', '<=', now).orderBy('leased_until')
  const due = one.where('state', '=', 'due').where('due_at', '<=', now).orderBy('due_at').orderBy('id')
  const found =
    (await taking(context, abandoned).executeTakeFirst()) ?? (await taking(context, due).executeTakeFirst())
  return found?.id ?? null
}

/** Items of jobs: what reads. */
export const itemReads: Operations<'nextItemAt'> = {
  nextItemAt: ({ db }) => nextOf(db, 'document_item'),
}
