import { newId } from '../../../src/domain/id.ts'
import type { Context } from '../../../src/store/context.ts'
import {
  openDocument,
  openDocumentContent,
  putDocumentPart,
} from '../../../src/store/operations/document-content.ts'
import { newDocument, newItem, newJob } from '../document-samples.ts'
import { FIRST_PAGE, T0 } from '../samples.ts'
import type { OperationCase, Run } from './operation-cases.ts'

/** The operations about jobs and documents; each finds what it works on. */
export function documentCases(
  run: Run,
  context: Context,
  owner: { readonly companyId: string; readonly connectionId: string },
): OperationCase[] {
  const [uploaded, again, broken] = [newItem(), newItem(), newItem({ url: 'https://files.test/x' })]
  const job = newJob({ ...owner, items: [uploaded, again, broken] })
  const document = newDocument()
  const lease = (now: number) => ({ holder: 'node', now, leaseUntil: now + 1 })
  const bytes = new Uint8Array(5)
  return [
    { name: 'putDocumentPart', act: () => putDocumentPart(context, uploaded.id, 0, bytes, T0) },
    { name: 'openDocumentContent', act: () => openDocumentContent(context, uploaded.id) },
    { name: 'openDocument', act: () => openDocument(context, document.id) },
    run('createJob', job),
    run('claimItem', lease(T0)),
    run('claimItem', lease(T0 + 1)),
    run('noteProgress', uploaded.id, { pagesRead: 1, pages: 2 }),
    run('nextItemAt'),
    run('releaseItems', 'node', 'stopped'),
    run('claimItem', lease(T0 + 2)),
    run('retryItem', uploaded.id, T0 + 9),
    run('findDocument', owner.companyId, document.sha256),
    run('addDocument', uploaded.id, document, T0),
    run('addDocument', again.id, newDocument({ sha256: document.sha256 }), T0),
    run('failItem', broken.id, 'url_refused', T0),
    run('failItem', broken.id, 'url_refused', T0),
    run('getJob', job.id),
    run('getJob', newId()),
    run('listJobs', { companyId: owner.companyId }, FIRST_PAGE),
    run('getDocument', document.id),
    run('listDocuments', { companyId: owner.companyId }, FIRST_PAGE),
  ]
}
