import { expect, it } from 'vitest'
import type { BillReading } from '../../../src/domain/bill.ts'
import { newId } from '../../../src/domain/id.ts'
import type { ClaimedItem, Store } from '../../../src/store/store.ts'
import type { UseStore } from '../contract.ts'
import { newCompany, newDocument, newItem, newJob } from '../document-samples.ts'
import { FIRST_PAGE, provision, SECOND, T0 } from '../samples.ts'
import { NOTHING_PAST, purgeAll } from './retention.ts'

const claim = (store: Store, now: number, holder = 'node'): Promise<ClaimedItem | null> =>
  store.claimItem({ holder, now, leaseUntil: now + SECOND })

const FIGURE = {
  text: '$12',
  place: { page: 1, x: 1, y: 1, width: 1, height: 1 },
  confidence: 0.9,
  rule: 'x',
}
const NOTE = { actor: 'key:k', action: 'document.viewed', at: T0 }
const READING: BillReading = {
  language: 'en',
  utility: null,
  currency: null,
  billDate: null,
  dueDate: null,
  amountDue: { ...FIGURE, value: 12 },
  periodFrom: null,
  periodTo: null,
  days: null,
  accounts: [],
  serviceAddress: null,
  meters: [],
  usage: [],
  utilityTypes: [],
}

/** Jobs, their items, what came of them. Each case takes its items to their end, as the queue is shared. */
export function documentContract(use: UseStore): void {
  it('hands out items in order, each to one holder, and knows when the next is due', async () => {
    const { store } = use()
    expect(await store.nextItemAt()).toBeNull()
    const companyId = await newCompany(store)
    const large = new Uint8Array(3_000_000).map((_, at) => at % 251)
    const items = [newItem({ content: large }), newItem({ url: 'https://files.test/a.pdf?key=s3cret' })]
    const job = newJob({ companyId, siteId: newId(), items })
    expect(await store.createJob(job)).toMatchObject({ id: job.id, status: 'PENDING', finishedAt: null })
    expect(await store.nextItemAt()).toBe(T0)

    const first = await claim(store, T0)
    expect(first).toMatchObject({ id: items[0]?.id, jobId: job.id, companyId, siteId: job.siteId, tries: 1 })
    expect(Buffer.compare(first?.content ?? Buffer.alloc(0), large)).toBe(0)
    const second = await claim(store, T0)
    expect(second).toMatchObject({ url: 'https://files.test/a.pdf?key=s3cret', content: null })
    expect(await claim(store, T0)).toBeNull()
    expect(await store.nextItemAt()).toBe(T0 + SECOND)

    for (const item of items) await store.failItem(item.id, 'damaged', T0 + 5)
    expect(await store.getJob(job.id)).toMatchObject({ status: 'FAILED', finishedAt: T0 + 5 })
    expect(await store.nextItemAt()).toBeNull()
  })

  it('gives an item to another when its lease is over, back when asked, and later when told', async () => {
    const { store } = use()
    const item = newItem()
    await store.createJob(newJob({ companyId: await newCompany(store), items: [item] }))
    expect(await claim(store, T0)).toMatchObject({ id: item.id, tries: 1 })
    expect(await claim(store, T0 + SECOND)).toMatchObject({ id: item.id, tries: 2 })
    expect(await store.releaseItems('another', 'stopped')).toBe(0)
    expect(await store.releaseItems('node', 'stopped')).toBe(1)
    expect(await claim(store, T0 + 2)).toMatchObject({ tries: 2 })
    expect(await store.releaseItems('node', 'killed')).toBe(1)
    expect(await claim(store, T0 + 2)).toMatchObject({ tries: 3 })
    await store.retryItem(item.id, T0 + 50)
    expect(await claim(store, T0 + 49)).toBeNull()
    expect(await claim(store, T0 + 50)).toMatchObject({ tries: 4 })
    await store.failItem(item.id, 'crash', T0)
  })

  it('ends an item with its document, and the job with its last item', async () => {
    const { store } = use()
    const companyId = await newCompany(store)
    const items = [newItem({ name: 'march.pdf' }), newItem({ url: 'https://files.test/b' })]
    const job = newJob({ companyId, items })
    await store.createJob(job)
    await store.noteProgress(items[0]!.id, { pagesRead: 1, pages: 3 })
    expect((await store.getJob(job.id))?.items[0]?.progress).toEqual({ pagesRead: 1, pages: 3 })

    const document = newDocument({ state: 'parsed', reading: READING })
    const added = await store.addDocument(items[0]!.id, document, T0 + 1)
    expect(added).toMatchObject({ documentId: document.id, isDuplicate: false, job: { status: 'PENDING' } })
    expect(await store.failItem(items[1]!.id, 'not_reachable', T0 + 2)).toMatchObject({
      status: 'COMPLETED',
      finishedAt: T0 + 2,
      items: [
        { result: { kind: 'parsed', documentId: document.id } },
        { result: { kind: 'failed', reason: 'not_reachable' } },
      ],
    })
    const { content: _, ...known } = document
    const stored = { ...known, companyId, jobId: job.id, name: 'march.pdf', createdAt: T0 + 1 }
    expect(await store.getDocument(document.id)).toMatchObject(stored)
    expect(await store.findDocument(companyId, document.sha256)).toBe(document.id)
    expect(await store.getDocument(newId())).toBeNull()
    expect(await store.getJob(newId())).toBeNull()
  })

  it('leaves an item that has ended as it is', async () => {
    const { store } = use()
    const item = newItem()
    const job = newJob({ companyId: await newCompany(store), items: [item] })
    await store.createJob(job)
    const document = newDocument()
    await store.addDocument(item.id, document, T0)
    await store.failItem(item.id, 'deadline', T0 + 1)
    await store.addDocument(item.id, document, T0 + 1)
    await store.retryItem(item.id, T0)
    await store.noteProgress(item.id, { pagesRead: 9, pages: 9 })
    expect(await store.getJob(job.id)).toMatchObject({
      finishedAt: T0,
      items: [{ result: { kind: 'non_utility', documentId: document.id }, progress: null }],
    })
    expect(await claim(store, T0 + SECOND)).toBeNull()
  })

  it('keeps the same content of a company once, whoever comes first', async () => {
    const { store } = use()
    const [companyId, otherId] = [await newCompany(store), await newCompany(store)]
    const items = Array.from({ length: 4 }, () => newItem())
    await store.createJob(newJob({ companyId, items: items.slice(0, 3) }))
    await store.createJob(newJob({ companyId: otherId, items: items.slice(3) }))
    const { sha256 } = newDocument()
    const added = await Promise.all(items.map(({ id }) => store.addDocument(id, newDocument({ sha256 }), T0)))
    const ours = added.slice(0, 3).map(({ isDuplicate }) => isDuplicate)
    expect(ours.sort()).toEqual([false, true, true])
    expect(added[3]).toMatchObject({ isDuplicate: false })
    expect(new Set(added.slice(0, 3).map(({ documentId }) => documentId)).size).toBe(1)
    expect(await store.listDocuments({ companyId }, FIRST_PAGE)).toMatchObject({ total: 1 })
    expect(await store.listDocuments({ companyId: otherId }, FIRST_PAGE)).toMatchObject({ total: 1 })
  })

  it('lists jobs and documents of a company, newest first', async () => {
    const { store } = use()
    const companyId = await newCompany(store)
    const jobs = [0, 1, 2].map((n) => newJob({ companyId, createdAt: T0 + n }))
    const documents = jobs.map(() => newDocument())
    for (const [n, job] of jobs.entries()) {
      await store.createJob(job)
      await store.addDocument(job.items[0]!.id, documents[n]!, T0 + n)
    }
    const page = { page: 1, limit: 2 }
    const listed = await store.listJobs({ companyId }, page)
    expect(listed).toMatchObject({ total: 3, items: [{ id: jobs[2]?.id }, { id: jobs[1]?.id }] })
    const rest = await store.listDocuments({ companyId }, { ...page, page: 2 })
    expect(rest).toMatchObject({ total: 3, items: [{ id: documents[0]?.id }] })
  })

  it('forgets the content in its time, and keeps what was read', async () => {
    const { store } = use()
    const companyId = await newCompany(store)
    const item = newItem({ url: 'https://files.test/c' })
    await store.createJob(newJob({ companyId, items: [item] }))
    const content = new Uint8Array(2_500_000)
    const document = newDocument({ content, size: content.length, state: 'parsed', reading: READING })
    await store.addDocument(item.id, document, T0)
    expect(Buffer.compare((await store.readDocument(document.id, NOTE))!, content)).toBe(0)
    expect(await purgeAll(store, { ...NOTHING_PAST, documentsBefore: T0 })).toMatchObject({ documents: 0 })
    const counts = await purgeAll(store, { ...NOTHING_PAST, documentsBefore: T0 + 1 })
    expect(counts.documents).toBeGreaterThanOrEqual(3)
    expect(await store.getDocument(document.id)).toMatchObject({ reading: { amountDue: { value: 12 } } })
    expect(await store.readDocument(document.id, NOTE)).toBeNull()
    const seen = await store.listAudit({ subject: `document:${document.id}` }, FIRST_PAGE)
    expect(seen).toMatchObject({ total: 2, items: [NOTE, NOTE] })
    const again = newItem()
    await store.createJob(newJob({ companyId, items: [again] }))
    const { sha256 } = document
    const added = await store.addDocument(again.id, newDocument({ sha256 }), T0)
    expect(added).toMatchObject({ documentId: document.id, isDuplicate: true })
  })

  it('removes what a connection brought when it is offboarded, and nothing else', async () => {
    const { store } = use()
    const { companyId, connectionId } = await provision(store)
    const mine = newJob({ companyId, connectionId, items: [newItem(), newItem()] })
    const other = newJob({ companyId })
    for (const job of [mine, other]) {
      await store.createJob(job)
      await store.addDocument(job.items[0]!.id, newDocument(), T0)
    }
    await store.deleteConnection(connectionId, T0)
    expect(await store.getJob(mine.id)).toBeNull()
    expect(await store.listDocuments({ companyId }, FIRST_PAGE)).toMatchObject({
      items: [{ jobId: other.id }],
    })
    expect(await claim(store, T0)).toBeNull()
    const late = store.addDocument(mine.items[1]!.id, newDocument(), T0)
    await expect(late).rejects.toMatchObject({ code: 'not_found' })
  })
}
