import type { OpenAPIHono } from '@hono/zod-openapi'
import type { FileKind, Job, StoredDocument } from '../../domain/document.ts'
import { Failure } from '../../domain/failure.ts'
import { type AppEnv, actorOf, type Caller, canSee } from '../../http/auth.ts'
import { invalidFields } from '../../http/errors.ts'
import { presentPage } from '../../http/page.ts'
import { newRouter } from '../../http/router.ts'
import type { DocumentStore } from '../../store/document-store.ts'
import type { ProvisioningStore } from '../../store/store.ts'
import * as api from './definitions.ts'
import { fileKindOf, MAX_FILE_BYTES } from './file-kind.ts'
import { type CreateJobDeps, createJob, type Submission } from './jobs/create-job.ts'
import { presentDocument, presentJob } from './present.ts'

export type DocumentRoutesDeps = {
  readonly store: Pick<ProvisioningStore, 'getCompany' | 'getConnection'>
  readonly documents: Pick<
    DocumentStore,
    'createJob' | 'getJob' | 'listJobs' | 'getDocument' | 'readDocument' | 'listDocuments'
  >
  readonly work: CreateJobDeps['work']
  readonly now?: () => number
}

/** Where uploads arrive, for the body limit: other bodies of the API are small. */
export const UPLOAD_PATH = /^\/v2\/job\/company\/[^/]+$/
/** All files of one upload together; more go into another job, or by URL. */
export const MAX_UPLOAD_BYTES = 4 * MAX_FILE_BYTES

/** Documents: jobs that read bills, and what they read. */
export function documentRoutes(deps: DocumentRoutesDeps): OpenAPIHono<AppEnv> {
  const routes = newRouter()
  addJobs(routes, deps)
  addReading(routes, deps)
  return routes
}

function addJobs(routes: OpenAPIHono<AppEnv>, deps: DocumentRoutesDeps): void {
  const { documents, work, now = Date.now } = deps
  const jobDeps: CreateJobDeps = { store: documents, work, now }

  routes.openapi(api.createBulkJob, async (c) => {
    const { companyId } = c.req.valid('param')
    await requireCompany(deps, c.get('caller'), companyId)
    const { documents: urls, ...asked } = c.req.valid('json')
    const owner = await ownerOf(deps, companyId, asked)
    const job = await createJob(
      jobDeps,
      owner,
      urls.map((url) => ({ url })),
    )
    return c.json(presentJob(job), 201)
  })

  routes.openapi(api.createUploadJob, async (c) => {
    const { companyId } = c.req.valid('param')
    await requireCompany(deps, c.get('caller'), companyId)
    const { document, ...asked } = c.req.valid('form')
    const owner = await ownerOf(deps, companyId, asked)
    const files = Array.isArray(document) ? document : [document]
    const submissions = await Promise.all(files.map(readUpload))
    const job = await createJob(jobDeps, owner, submissions)
    return c.json(presentJob(job), 201)
  })
}

function addReading(routes: OpenAPIHono<AppEnv>, deps: DocumentRoutesDeps): void {
  const { documents, now = Date.now } = deps

  routes.openapi(api.getJob, async (c) => {
    const job = await documents.getJob(c.req.valid('param').jobId)
    if (!job || !canSee(c.get('caller'), job.companyId))
      throw new Failure('not_found', 'There is no such job')
    return c.json(presentJob(job), 200)
  })

  routes.openapi(api.listJobs, async (c) => {
    const { companyId } = c.req.valid('param')
    await requireCompany(deps, c.get('caller'), companyId)
    const page = c.req.valid('query')
    return c.json(presentPage(await documents.listJobs({ companyId }, page), page, presentJob), 200)
  })

  routes.openapi(api.getDocument, async (c) => {
    const document = await findDocument(deps, c.get('caller'), c.req.valid('param').documentId)
    return c.json(presentDocument(document), 200)
  })

  routes.openapi(api.getFile, async (c) => {
    const caller = c.get('caller')
    const { id, name, kind } = await findDocument(deps, caller, c.req.valid('param').documentId)
    const note = { actor: actorOf(caller), action: 'document.viewed', at: now() }
    const content = await documents.readDocument(id, note)
    if (!content) throw new Failure('not_found', 'The file is no longer kept')
    // Whoever made it is unknown: browsers save it, and never show it as a page of ours.
    return c.body(new Uint8Array(content), 200, {
      'Content-Type': MEDIA_TYPES[kind],
      'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name.toWellFormed())}`,
    })
  })

  routes.openapi(api.listDocuments, async (c) => {
    const { companyId } = c.req.valid('param')
    await requireCompany(deps, c.get('caller'), companyId)
    const page = c.req.valid('query')
    return c.json(presentPage(await documents.listDocuments({ companyId }, page), page, presentDocument), 200)
  })
}

const MEDIA_TYPES: Readonly<Record<FileKind, string>> = {
  pdf: 'application/pdf',
  png: 'image/png',
  jpg: 'image/jpeg',
}

async function findDocument(
  { documents }: DocumentRoutesDeps,
  caller: Caller,
  id: string,
): Promise<StoredDocument> {
  const document = await documents.getDocument(id)
  if (!document || !canSee(caller, document.companyId))
    throw new Failure('not_found', 'There is no such document')
  return document
}

async function requireCompany(
  { store }: DocumentRoutesDeps,
  caller: Caller,
  companyId: string,
): Promise<void> {
  if (!canSee(caller, companyId) || !(await store.getCompany(companyId)))
    throw new Failure('not_found', 'There is no such company')
}

/** Whose the documents will be. @throws Failure `not_found` for a connection that is not this company's */
async function ownerOf(
  { store }: DocumentRoutesDeps,
  companyId: string,
  asked: { siteId?: string | undefined; connectionId?: string | undefined },
): Promise<Pick<Job, 'companyId' | 'connectionId' | 'siteId'>> {
  const { siteId = null, connectionId = null } = asked
  const connection = connectionId === null ? null : await store.getConnection(connectionId)
  if (connectionId !== null && connection?.companyId !== companyId)
    throw new Failure('not_found', 'The company has no such connection')
  return { companyId, connectionId, siteId }
}

/** Says at once what is wrong with a file, while whoever sent it is still there. */
async function readUpload(file: File, index: number): Promise<Submission> {
  if (file.size > MAX_FILE_BYTES)
    throw new Failure('too_large', `document[${index}] has more than ${MAX_FILE_BYTES} bytes`, {
      maxBytes: MAX_FILE_BYTES,
    })
  const content = new Uint8Array(await file.arrayBuffer())
  if (fileKindOf(content) === null)
    throw invalidFields([{ path: `document[${index}]`, problem: 'is neither a PDF nor a PNG nor a JPEG' }])
  return { name: file.name, content }
}
