import { afterEach, describe, expect, it } from 'vitest'
import type { BillReader } from '../../../src/collection/documents/bill-reader.ts'
import { createBillReader } from '../../../src/collection/documents/bill-reader.ts'
import { type DocumentWork, startDocumentWork } from '../../../src/collection/documents/jobs/work.ts'
import { documentRoutes } from '../../../src/collection/documents/routes.ts'
import type { Company, Connection } from '../../../src/domain/connection.ts'
import { createApp } from '../../../src/http/app.ts'
import type { Caller } from '../../../src/http/auth.ts'
import { FetchError } from '../../../src/http/fetch-error.ts'
import type { SafeFetch } from '../../../src/http/safe-fetch.ts'
import type { DocumentStore } from '../../../src/store/document-store.ts'
import { waitFor } from '../../support/wait-for.ts'
import { billsOf, LAYOUTS } from './bills/index.ts'
import { drawPdf } from './bills/pdf.ts'
import { memoryDocumentStore } from './memory-store.ts'

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const bill = (index: number): Promise<Buffer> => billsOf(LAYOUTS[1] as (typeof LAYOUTS)[number])[index]!.pdf()
const letter = (): Promise<Buffer> =>
  drawPdf((pen) => pen.at(40, 40, 'Dear neighbour, the garden party is on Sunday.'))

type Json = Record<string, unknown>
type JobJson = {
  id: string
  status: string
  terminationReason: string | null
  parsedDocumentIds: string[]
  duplicates: number
  duplicateDocumentIds: string[]
  nonUtilityDocumentIds: string[]
  unreadDocumentIds: string[]
  failures: { name: string; reason: string }[]
  progress: { total: number; done: number; reading: { name: string; pagesRead: number; pages: number }[] }
}

const reader = createBillReader()
const closers: (() => Promise<unknown>)[] = [() => reader.close()]
afterEach(async () => {
  for (const close of closers.splice(1)) await close()
})

type Desk = {
  readonly work: DocumentWork
  readonly store: DocumentStore
  call(
    method: string,
    path: string,
    body?: Json | FormData,
    caller?: Caller,
  ): Promise<{ status: number; body: Json }>
  finished(jobId: unknown): Promise<JobJson>
}

const ADMIN: Caller = { keyId: 'admin', scope: 'admin', companyId: null }

/** The routes behind a real app, and the work behind them. */
function desk(options: { fetch?: SafeFetch; reader?: Pick<BillReader, 'read'> } = {}): Desk {
  const store = memoryDocumentStore()
  const noFetch: SafeFetch = async () => Promise.reject(new FetchError('unreachable', 'ECONNREFUSED'))
  const work = startDocumentWork({
    store,
    fetch: options.fetch ?? noFetch,
    reader: options.reader ?? reader,
    holder: 'test',
    retryMs: [0, 0, 0],
  })
  closers.push(() => work.close())
  let caller = ADMIN
  const company = { id: 'c1', isActive: true } as Company
  const connection = { id: 'x1', companyId: 'c1' } as Connection
  const routes = documentRoutes({
    documents: store,
    store: {
      getCompany: async (id) => (id === 'c1' || id === 'c2' ? { ...company, id } : null),
      getConnection: async (id) => (id === 'x1' ? connection : null),
    },
    work,
  })
  const app = createApp({
    routes: [routes],
    auth: { identify: async () => caller },
    maxBodyBytes: 60 * 1024 * 1024,
  })
  const call: Desk['call'] = async (method, path, body, as = ADMIN) => {
    caller = as
    const isForm = body instanceof FormData
    const response = await app.request(path, {
      method,
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      ...(body === undefined || isForm ? {} : { headers: { 'content-type': 'application/json' } }),
    })
    return { status: response.status, body: (await response.json()) as Json }
  }
  const finished: Desk['finished'] = (jobId) =>
    waitFor(async () => {
      const job = (await call('GET', `/v2/job/${jobId}`)).body as JobJson
      return job.status === 'PENDING' ? null : job
    }, 'the job to end')
  return { work, store, call, finished }
}

function form(
  files: readonly (readonly [string, Uint8Array])[],
  fields: Record<string, string> = {},
): FormData {
  const data = new FormData()
  for (const [name, content] of files) data.append('document', new Blob([new Uint8Array(content)]), name)
  for (const [name, value] of Object.entries(fields)) data.append(name, value)
  return data
}

describe('uploads', () => {
  it('reads bills, knows what it has, and says what is no bill', async () => {
    const { call, finished } = desk()
    const first = await bill(0)
    const files = [
      ['first.pdf', first],
      ['again.pdf', first],
      ['letter.pdf', await letter()],
      ['photo.png', PNG],
    ] as const
    const siteId = '0197a000-0000-7000-8000-000000000001'
    const created = await call('POST', '/v2/job/company/c1', form(files, { siteId }))
    expect(created.status).toBe(201)
    expect(created.body).toMatchObject({ companyId: 'c1', siteId, progress: { total: 4 } })
    const job = await finished(created.body.id)
    expect(job).toMatchObject({ status: 'COMPLETED', terminationReason: null, duplicates: 1, failures: [] })
    expect(job.parsedDocumentIds).toHaveLength(1)
    expect(job.duplicateDocumentIds).toEqual(job.parsedDocumentIds)
    expect(job.nonUtilityDocumentIds).toHaveLength(1)
    expect(job.unreadDocumentIds).toHaveLength(1)
    expect(job.progress).toEqual({ total: 4, done: 4, reading: [] })

    const truth = billsOf(LAYOUTS[1]!)[0]!.truth
    const { body } = await call('GET', `/v2/document/${job.parsedDocumentIds[0]}`)
    expect(body).toMatchObject({
      name: 'first.pdf',
      kind: 'pdf',
      state: 'parsed',
      siteId,
      bill: { amountDue: { value: truth.amountDue, place: { page: 1 } } },
    })
    const { body: photo } = await call('GET', `/v2/document/${job.unreadDocumentIds[0]}`)
    expect(photo).toMatchObject({ state: 'unread', unreadReason: 'image', bill: null })
    const { body: list } = await call('GET', '/v2/document/company/c1')
    expect(list).toMatchObject({ total: 3 })
  })

  it('knows content from an earlier job, but not another company’s', async () => {
    const { call, finished } = desk()
    const files = [['a.pdf', await bill(1)]] as const
    const jobs: JobJson[] = []
    for (const company of ['c1', 'c1', 'c2'])
      jobs.push(await finished((await call('POST', `/v2/job/company/${company}`, form(files))).body.id))
    expect(jobs.map(({ duplicates }) => duplicates)).toEqual([0, 1, 0])
    const { body } = await call('GET', '/v2/job/company/c1')
    expect(body).toMatchObject({ total: 2, items: [{ id: jobs[1]?.id }, { id: jobs[0]?.id }] })
  })

  it('fails when nothing could be taken, and says why', async () => {
    const { call, finished } = desk()
    const created = await call('POST', '/v2/job/company/c1', form([['x.pdf', Buffer.from('%PDF-1.4 not')]]))
    const job = await finished(created.body.id)
    expect(job).toMatchObject({ status: 'FAILED', failures: [{ name: 'x.pdf', reason: 'damaged' }] })
    expect(job.terminationReason).toBe('No document could be taken: a damaged PDF')
  })

  it.each<[string, readonly (readonly [string, Uint8Array])[], number, string]>([
    [
      'what is of no kind that is taken',
      [
        ['a.pdf', PNG],
        ['b.pdf', Buffer.from('GIF89a')],
      ],
      400,
      'document[1]',
    ],
    [
      'a file beyond the limit',
      [['big.pdf', Buffer.alloc(25 * 1024 * 1024 + 1, '%PDF-')]],
      413,
      'document[0]',
    ],
    ['a form without files', [], 400, 'document'],
  ])('refuses %s', async (_what, files, status, named) => {
    const answer = await desk().call('POST', '/v2/job/company/c1', form(files))
    expect(answer.status).toBe(status)
    expect(JSON.stringify(answer.body)).toContain(named)
  })

  it('shows how far a long document is', async () => {
    let end = (): void => undefined
    const slow: Pick<BillReader, 'read'> = {
      read: (_pdf, onPage) =>
        new Promise((resolve) => {
          for (let page = 1; page <= 25; page += 1) onPage?.(page, 120)
          end = () => resolve({ kind: 'non_utility', pages: 120 })
        }),
    }
    const { call, finished } = desk({ reader: slow })
    const { body } = await call('POST', '/v2/job/company/c1', form([['long.pdf', await letter()]]))
    const reading = await waitFor(async () => {
      const job = (await call('GET', `/v2/job/${body.id}`)).body as JobJson
      return job.progress.reading[0]
    }, 'progress')
    expect(reading).toEqual({ name: 'long.pdf', pagesRead: 20, pages: 120 })
    end()
    await finished(body.id)
  })
})

describe('stopping', () => {
  it('gives back what it is at, so that the next process reads it', async () => {
    let isAsked = false
    const never: Pick<BillReader, 'read'> = {
      read: () => {
        isAsked = true
        return new Promise(() => undefined)
      },
    }
    const { store, call, work } = desk({ reader: never })
    const { body } = await call('POST', '/v2/job/company/c1', form([['a.pdf', await bill(0)]]))
    await waitFor(() => isAsked, 'the reader to be asked')
    await work.close()
    expect((await call('GET', `/v2/job/${body.id}`)).body.status).toBe('PENDING')
    const again = await store.claimItem({ holder: 'next', now: Date.now(), leaseUntil: Date.now() + 1000 })
    expect(again).toMatchObject({ jobId: body.id, tries: 1 })
  })

  it('gives up on an item that took the process down each time', async () => {
    const { store, call, work, finished } = desk()
    await work.close()
    const { body } = await call('POST', '/v2/job/company/c1', form([['a.pdf', await bill(0)]]))
    for (let tries = 1; tries <= 4; tries += 1)
      await store.claimItem({ holder: 'gone', now: Date.now(), leaseUntil: Date.now() - 1 })
    const next = startDocumentWork({ store, fetch: async () => Promise.reject(), reader, holder: 'next' })
    closers.push(() => next.close())
    expect(await finished(body.id)).toMatchObject({ status: 'FAILED', failures: [{ reason: 'crash' }] })
  })
})

describe('documents by URL', () => {
  const bulk = (urls: readonly string[]) => ({ documents: urls })

  it('fetches them, tries again what may pass, and counts apart what failed', async () => {
    const content = await bill(2)
    const asked = new Map<string, number>()
    const fetch: SafeFetch = async ({ url }) => {
      const { pathname } = new URL(url)
      const times = (asked.get(pathname) ?? 0) + 1
      asked.set(pathname, times)
      if (pathname === '/inside.pdf') throw new FetchError('address', 'not public')
      if (pathname === '/slow.pdf') throw new FetchError('deadline', 'too slow')
      const status = pathname === '/gone.pdf' ? 404 : times === 1 ? 503 : 200
      return { status, headers: {}, body: content, url }
    }
    const { call, finished } = desk({ fetch })
    const urls = ['good.pdf?key=s3cret', 'inside.pdf', 'slow.pdf', 'gone.pdf'].map(
      (path) => `https://files.test/${path}`,
    )
    const created = await call('POST', '/v2/job/company/c1/bulk', bulk(urls))
    const job = await finished(created.body.id)
    expect(job).toMatchObject({ status: 'COMPLETED', parsedDocumentIds: [expect.any(String)] })
    expect(job.failures).toEqual([
      { name: 'inside.pdf', reason: 'url_refused' },
      { name: 'slow.pdf', reason: 'not_reachable' },
      { name: 'gone.pdf', reason: 'refused_by_server' },
    ])
    expect(Object.fromEntries(asked)).toEqual({
      '/good.pdf': 2,
      '/inside.pdf': 1,
      '/slow.pdf': 4,
      '/gone.pdf': 1,
    })
    const { body: document } = await call('GET', `/v2/document/${job.parsedDocumentIds[0]}`)
    expect(document.name).toBe('good.pdf')
    expect(JSON.stringify([job, document])).not.toContain('s3cret')
  })

  it.each<[string, Json]>([
    ['http', bulk(['http://files.test/a.pdf'])],
    ['no URL', bulk(['a.pdf'])],
    ['none', bulk([])],
    ['too many', bulk(Array.from({ length: 101 }, (_, i) => `https://files.test/${i}`))],
    ['a site that is none', { ...bulk(['https://files.test/a.pdf']), siteId: 'x' }],
  ])('refuses %s', async (_what, body) => {
    expect((await desk().call('POST', '/v2/job/company/c1/bulk', body)).status).toBe(400)
  })
})

describe('who may see what', () => {
  const company = (companyId: string): Caller => ({ keyId: 'k', scope: 'company', companyId })

  it('hides other companies’ jobs and documents', async () => {
    const { call, finished } = desk()
    const created = await call('POST', '/v2/job/company/c1', form([['a.pdf', await bill(0)]]), company('c1'))
    const job = await finished(created.body.id)
    const paths = [
      `/v2/job/${job.id}`,
      `/v2/document/${job.parsedDocumentIds[0]}`,
      '/v2/job/company/c1',
      '/v2/document/company/c1',
    ]
    for (const path of paths) {
      expect((await call('GET', path, undefined, company('c1'))).status, path).toBe(200)
      expect((await call('GET', path, undefined, company('c2'))).status, path).toBe(404)
    }
    expect((await call('POST', '/v2/job/company/c1', form([['a.pdf', PNG]]), company('c2'))).status).toBe(404)
    expect((await call('GET', '/v2/job/company/none')).status).toBe(404)
    const inbound: Caller = { keyId: 'k', scope: 'inbound', companyId: null }
    expect((await call('GET', `/v2/job/${job.id}`, undefined, inbound)).status).toBe(403)
  })
})
