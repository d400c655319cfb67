import type { Context } from '../context.ts'

/** Writes one part of a document's content, before the item or the document that it belongs to. */
export async function putDocumentPart(
  { db, sealer }: Context,
  contentId: string,
  part: number,
  bytes: Uint8Array,
  now: number,
): Promise<void> {
  const sealed = sealer.seal(`document_part.sealed.${contentId}/${part}`, bytes)
  await db
    .insertInto('document_part')
    .values({ content_id: contentId, part, created_at: now, sealed })
    .execute()
}

/** The whole content; null once retention has taken any of it. */
export async function openDocumentContent(
  { db, sealer }: Context,
  contentId: string,
): Promise<Uint8Array | null> {
  const parts = await db
    .selectFrom('document_part')
    .select(['part', 'sealed'])
    .where('content_id', '=', contentId)
    .orderBy('part')
    .execute()
  // Retention takes the first part first.
  if (parts[0]?.part !== 0) return null
  return Buffer.concat(
    parts.map(({ part, sealed }) => sealer.open(`document_part.sealed.${contentId}/${part}`, sealed)),
  )
}

/** The content of a document, as {@link openDocumentContent} has it. */
export async function openDocument(context: Context, documentId: string): Promise<Uint8Array | null> {
  const row = await context.db
    .selectFrom('document')
    .select('content_id')
    .where('id', '=', documentId)
    .executeTakeFirst()
  return row ? openDocumentContent(context, row.content_id) : null
}

/** Removes content that nobody needs: of a duplicate, or of an item that failed. */
export async function dropDocumentContent({ db }: Context, contentId: string): Promise<void> {
  await db.deleteFrom('document_part').where('content_id', '=', contentId).execute()
}

/** Removes what a connection's logins brought: documents, their content, their jobs. */
export async function removeDocumentsOf({ db }: Context, connectionId: string): Promise<void> {
  const jobs = db.selectFrom('document_job').select('id').where('connection_id', '=', connectionId)
  const items = db.selectFrom('document_item').select('id').where('job_id', 'in', jobs)
  const contents = db.selectFrom('document').select('content_id').where('connection_id', '=', connectionId)
  await db.deleteFrom('document_part').where('content_id', 'in', contents).execute()
  await db.deleteFrom('document_part').where('content_id', 'in', items).execute()
  await db.deleteFrom('document').where('connection_id', '=', connectionId).execute()
  await db.deleteFrom('document_item').where('job_id', 'in', jobs).execute()
  await db.deleteFrom('document_job').where('connection_id', '=', connectionId).execute()
}
