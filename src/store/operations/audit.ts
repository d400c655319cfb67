import type { AuditEntry } from '../../domain/api-key.ts'
import { newId } from '../../domain/id.ts'
import type { Context, Operations } from '../context.ts'
import { countSome, offsetOf, pageOf } from './paging.ts'

/** Adds an entry in the transaction of what it is about. */
export async function audit(
  { db }: Context,
  entry: Omit<AuditEntry, 'id' | 'detail'> & { detail?: string },
): Promise<void> {
  await db
    .insertInto('audit')
    .values({ id: newId(), ...entry })
    .execute()
}

/** Who saw or changed what: what writes. */
export const auditWrites: Operations<'writeAudit'> = {
  async writeAudit({ db }, entry) {
    await db.insertInto('audit').values(entry).execute()
  },
}

/** Who saw or changed what: what reads. */
export const auditReads: Operations<'listAudit'> = {
  async listAudit({ db }, { subject }, page) {
    let chosen = db.selectFrom('audit')
    if (subject !== undefined) chosen = chosen.where('subject', '=', subject)
    const counted = await countSome(db, chosen)
    const items = await chosen
      .selectAll()
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(page.limit)
      .offset(offsetOf(page))
      .execute()
    return pageOf(counted, items, page)
  },
}
