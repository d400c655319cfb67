import type { Job } from '../../../domain/document.ts'
import { newId } from '../../../domain/id.ts'
import { log } from '../../../log.ts'
import type { DocumentStore, NewItem } from '../../../store/document-store.ts'

/** A file that was handed over, or a place to fetch one from. */
export type Submission = { readonly name: string; readonly content: Uint8Array } | { readonly url: string }

export type CreateJobDeps = {
  readonly store: Pick<DocumentStore, 'createJob'>
  readonly work: { notify(): void }
  readonly now: () => number
}

const LONGEST_NAME = 200

/**
 * Makes a job of what came from the API, from a runner or by mail: from here on all are the same.
 *
 * @param id default: a new one
 */
export async function createJob(
  { store, work, now }: CreateJobDeps,
  owner: Pick<Job, 'companyId' | 'connectionId' | 'siteId'>,
  submissions: readonly Submission[],
  id: string = newId(),
): Promise<Job> {
  const job = await store.createJob({
    id,
    ...owner,
    createdAt: now(),
    items: submissions.map(newItem),
  })
  log.documentJobCreated({ jobId: job.id, companyId: job.companyId, documents: submissions.length })
  work.notify()
  return job
}

const newItem = (submission: Submission): NewItem =>
  'url' in submission
    ? { id: newId(), name: nameOf(submission.url), url: submission.url, content: null }
    : { id: newId(), name: cleanName(submission.name), url: null, content: submission.content }

/** The last part of the path. Never the query: it may be a key. */
const nameOf = (url: string): string => {
  const last = URL.parse(url)?.pathname.split('/').at(-1) ?? ''
  try {
    return cleanName(decodeURIComponent(last))
  } catch {
    return cleanName(last)
  }
}

const cleanName = (name: string): string =>
  name
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .slice(-LONGEST_NAME)
    .trim() || 'document'
