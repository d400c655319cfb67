import { createRoute, z } from '@hono/zod-openapi'
import { forScopes } from '../../http/auth.ts'
import { errorResponse } from '../../http/errors.ts'
import { pageQuery, pageSchema } from '../../http/page.ts'
import { companyParams, jsonBody, jsonResponse } from '../../http/schemas.ts'
import { documentSchema, jobSchema } from './present.ts'

/* The documents API as zod schemas: they validate, and they describe. */

export const MAX_DOCUMENTS_PER_JOB = 100
const documentRoute = { tags: ['documents'], ...forScopes('company', 'runner') }
const notFound = errorResponse('no such thing, or another company’s')
const owner = {
  siteId: z.uuid().optional(),
  connectionId: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .openapi({ description: 'whose login brought the documents; they are removed when it is offboarded' }),
}

const LIMITS =
  'PDF (at most 150 pages), PNG or JPEG, told by content; at most 25 MB each. Images are kept but not read.'

export const createBulkJob = createRoute({
  ...documentRoute,
  method: 'post',
  path: '/v2/job/company/{companyId}/bulk',
  summary: 'Have documents fetched and read',
  description: `URLs must be https and lead to the public internet; presigned ones are fine. ${LIMITS}`,
  request: {
    params: companyParams,
    ...jsonBody(
      z.strictObject({
        documents: z
          .array(z.url({ protocol: /^https$/, error: 'must be an https URL' }).max(8_000))
          .min(1)
          .max(MAX_DOCUMENTS_PER_JOB),
        ...owner,
      }),
    ),
  },
  responses: {
    201: jsonResponse(jobSchema, 'the job; ask for it again to see how far it is'),
    404: notFound,
  },
})

const file = z.instanceof(File, { error: 'must be a file' }).openapi({ type: 'string', format: 'binary' })

export const createUploadJob = createRoute({
  ...documentRoute,
  method: 'post',
  path: '/v2/job/company/{companyId}',
  summary: 'Upload documents to be read',
  description: `One or more parts named \`document\`. ${LIMITS}`,
  request: {
    params: companyParams,
    body: {
      required: true,
      content: {
        'multipart/form-data': {
          schema: z.object({
            document: z.union([file, z.array(file).min(1).max(MAX_DOCUMENTS_PER_JOB)]),
            ...owner,
          }),
        },
      },
    },
  },
  responses: {
    201: jsonResponse(jobSchema, 'the job'),
    404: notFound,
    413: errorResponse('`too_large`: a file of more than 25 MB'),
  },
})

export const getJob = createRoute({
  ...documentRoute,
  method: 'get',
  path: '/v2/job/{jobId}',
  summary: 'A job and how far it is',
  request: { params: z.object({ jobId: z.string().min(1).max(100) }) },
  responses: { 200: jsonResponse(jobSchema, 'the job'), 404: notFound },
})

export const listJobs = createRoute({
  ...documentRoute,
  method: 'get',
  path: '/v2/job/company/{companyId}',
  summary: 'Jobs of a company, newest first',
  request: { params: companyParams, query: pageQuery },
  responses: { 200: jsonResponse(pageSchema(jobSchema), 'the jobs'), 404: notFound },
})

export const getDocument = createRoute({
  ...documentRoute,
  method: 'get',
  path: '/v2/document/{documentId}',
  summary: 'A document and what was read in it',
  description:
    'Every figure with where it stands on the page and how sure the reader is; null: not found for sure.',
  request: { params: z.object({ documentId: z.string().min(1).max(100) }) },
  responses: { 200: jsonResponse(documentSchema, 'the document'), 404: notFound },
})

export const getFile = createRoute({
  tags: documentRoute.tags,
  ...forScopes('company'),
  method: 'get',
  path: '/v2/document/{documentId}/file',
  summary: 'The file of a document, as it came',
  description: 'Audited. 404 once retention has removed it.',
  request: { params: z.object({ documentId: z.string().min(1).max(100) }) },
  responses: {
    200: {
      description: 'the file',
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    404: notFound,
  },
})

export const listDocuments = createRoute({
  ...documentRoute,
  method: 'get',
  path: '/v2/document/company/{companyId}',
  summary: 'Documents of a company, newest first',
  request: { params: companyParams, query: pageQuery },
  responses: { 200: jsonResponse(pageSchema(documentSchema), 'the documents'), 404: notFound },
})
