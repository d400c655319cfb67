import { createHash } from 'node:crypto'
import type { ReadResult, UnreadReason } from '../../../domain/bill.ts'
import type { ItemFailure } from '../../../domain/document.ts'
import { newId } from '../../../domain/id.ts'
import { FetchError } from '../../../http/fetch-error.ts'
import type { SafeFetch } from '../../../http/safe-fetch.ts'
import { log } from '../../../log.ts'
import type { ClaimedItem, DocumentStore, NewDocument } from '../../../store/document-store.ts'
import type { BillReader } from '../bill-reader.ts'
import { fileKindOf, MAX_FILE_BYTES } from '../file-kind.ts'

export type ItemDeps = {
  readonly store: Pick<
    DocumentStore,
    'findDocument' | 'addDocument' | 'failItem' | 'retryItem' | 'noteProgress'
  >
  readonly fetch: SafeFetch
  readonly reader: Pick<BillReader, 'read'>
  readonly now: () => number
  /** Aborted when the process stops: the item is then left as it is, for whoever comes next. */
  readonly stop: AbortSignal
  /** Waits before each further try of what may pass. */
  readonly retryMs?: readonly number[]
}

const FETCH_DEADLINE_MS = 60_000
const RETRY_MS = [5_000, 30_000, 120_000]
/** Progress is for people: not every page is worth a commit. */
const PAGES_PER_NOTE = 10
/** A file that was there each time the process went down is to blame. */
const MAX_TRIES = 4

/** Takes one item of a job to its end: get it, know it, read it, keep it. */
export async function workItem(deps: ItemDeps, item: ClaimedItem): Promise<void> {
  const { store, now, stop } = deps
  if (item.tries > MAX_TRIES) return fail(deps, item, 'crash')
  const content = item.content ?? (await fetchContent(deps, item))
  if (!content) return
  if (content.byteLength > MAX_FILE_BYTES) return fail(deps, item, 'too_large')
  const kind = fileKindOf(content)
  if (!kind) return fail(deps, item, 'unsupported_type')
  const sha256 = createHash('sha256').update(content).digest('hex')
  const known = await store.findDocument(item.companyId, sha256)
  const isWorthReading = known === null && kind === 'pdf'
  const result = isWorthReading ? await readPdf(deps, item, content) : unreadImage
  if (stop.aborted) return
  if (result.kind === 'unread' && !isKept(result.reason)) return fail(deps, item, result.reason)
  const document = {
    id: newId(),
    sha256,
    kind,
    size: content.byteLength,
    // What was uploaded is kept already, and so is what is known.
    content: item.content === null && known === null ? content : null,
    ...describe(result),
  }
  const { documentId, isDuplicate } = await store.addDocument(item.id, document, now())
  log.documentStored({
    documentId,
    jobId: item.jobId,
    companyId: item.companyId,
    result: isDuplicate ? 'duplicate' : document.state,
    utility: document.reading?.utility ?? null,
    pages: document.pages,
  })
}

/** What is not read at all; also stands in for the reading of a duplicate, which nobody keeps. */
const unreadImage: ReadResult = { kind: 'unread', reason: 'image', pages: null }

/** Scans and photos are bills all the same: they are kept for people to look at. */
const isKept = (reason: UnreadReason): reason is 'image' | 'no_text' =>
  reason === 'image' || reason === 'no_text'

const describe = (result: ReadResult): Pick<NewDocument, 'state' | 'unreadReason' | 'pages' | 'reading'> => ({
  state: result.kind === 'bill' ? 'parsed' : result.kind,
  unreadReason: result.kind === 'unread' ? result.reason : null,
  pages: result.pages,
  reading: result.kind === 'bill' ? result.bill : null,
})

/** Whoever stops this does not wait for a long document: the reading then means nothing. */
function readPdf(deps: ItemDeps, item: ClaimedItem, content: Uint8Array): Promise<ReadResult> {
  const reading = deps.reader.read(content, (pagesRead, pages) => {
    if (pagesRead !== 1 && pagesRead % PAGES_PER_NOTE !== 0) return
    const noted = deps.store.noteProgress(item.id, { pagesRead, pages })
    noted.catch((error) => log.fault({ where: 'document progress', error }))
  })
  return new Promise((resolve, reject) => {
    const leave = (): void => resolve(unreadImage)
    if (deps.stop.aborted) leave()
    deps.stop.addEventListener('abort', leave, { once: true })
    reading.then(resolve, reject).finally(() => deps.stop.removeEventListener('abort', leave))
  })
}

async function fail(
  { store, now }: ItemDeps,
  { id, jobId }: ClaimedItem,
  reason: ItemFailure,
): Promise<void> {
  await store.failItem(id, reason, now())
  log.documentFailed({ jobId, reason })
}

/** Null when it came to nothing for now or for good; the item knows. */
async function fetchContent(deps: ItemDeps, item: ClaimedItem): Promise<Uint8Array | null> {
  const problem = await tryFetch(deps, item.url ?? '')
  if (problem.kind === 'content') return problem.content
  if (deps.stop.aborted) return null
  const waitMs = (deps.retryMs ?? RETRY_MS)[item.tries - 1]
  if (problem.isTemporary && waitMs !== undefined) await deps.store.retryItem(item.id, deps.now() + waitMs)
  else await fail(deps, item, problem.reason)
  return null
}

type Fetched =
  | { readonly kind: 'content'; readonly content: Uint8Array }
  | { readonly kind: 'problem'; readonly reason: ItemFailure; readonly isTemporary: boolean }

async function tryFetch({ fetch, stop: signal }: ItemDeps, url: string): Promise<Fetched> {
  try {
    const { status, body } = await fetch({
      url,
      maxBytes: MAX_FILE_BYTES,
      deadlineMs: FETCH_DEADLINE_MS,
      signal,
    })
    if (status === 200) return { kind: 'content', content: body }
    const isTemporary = status >= 500 || status === 429 || status === 408
    return { kind: 'problem', reason: 'refused_by_server', isTemporary }
  } catch (error) {
    if (!(error instanceof FetchError)) throw error
    const { problem, isTemporary } = error
    const reason = problem === 'too_large' ? 'too_large' : isTemporary ? 'not_reachable' : 'url_refused'
    return { kind: 'problem', reason, isTemporary }
  }
}
