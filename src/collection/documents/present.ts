import { z } from '@hono/zod-openapi'
import { DEMAND_UNITS, UNITS, UTILITY_TYPES } from '../../domain/bill.ts'
import {
  ITEM_FAILURES,
  type ItemResult,
  JOB_STATUSES,
  type Job,
  type StoredDocument,
} from '../../domain/document.ts'
import { instant, isoTime, isoTimeOrNull } from '../../http/schemas.ts'

/* Jobs and documents as the API shows them. */

export const jobSchema = z
  .object({
    id: z.string(),
    companyId: z.string(),
    connectionId: z.string().nullable(),
    siteId: z.string().nullable(),
    status: z.enum(JOB_STATUSES),
    created: instant,
    finished: instant.nullable(),
    terminationReason: z.string().nullable().openapi({ description: 'why it failed, in words' }),
    parsedDocumentIds: z.array(z.string()),
    duplicates: z.number().int().openapi({ description: 'how many were here already, by content' }),
    duplicateDocumentIds: z.array(z.string()).openapi({ description: 'the documents they repeat' }),
    nonUtilityDocumentIds: z.array(z.string()),
    unreadDocumentIds: z.array(z.string()).openapi({ description: 'kept, but images: there is no OCR here' }),
    failures: z.array(z.object({ name: z.string(), reason: z.enum(ITEM_FAILURES) })),
    progress: z.object({
      total: z.number().int(),
      done: z.number().int(),
      reading: z.array(z.object({ name: z.string(), pagesRead: z.number().int(), pages: z.number().int() })),
    }),
  })
  .openapi('Job')

/** A job in the words of the API. */
export function presentJob(job: Job): z.infer<typeof jobSchema> {
  const results = job.items.flatMap(({ result }) => result ?? [])
  const idsOf = (kind: ItemResult['kind']): string[] =>
    results.flatMap((result) => (result.kind === kind && 'documentId' in result ? result.documentId : []))
  const duplicateDocumentIds = idsOf('duplicate')
  const failures = job.items.flatMap(({ name, result }) =>
    result?.kind === 'failed' ? { name, reason: result.reason } : [],
  )
  return {
    id: job.id,
    companyId: job.companyId,
    connectionId: job.connectionId,
    siteId: job.siteId,
    status: job.status,
    created: isoTime(job.createdAt),
    finished: isoTimeOrNull(job.finishedAt),
    terminationReason: job.status === 'FAILED' ? terminationReason(failures) : null,
    parsedDocumentIds: idsOf('parsed'),
    duplicates: duplicateDocumentIds.length,
    duplicateDocumentIds: [...new Set(duplicateDocumentIds)],
    nonUtilityDocumentIds: idsOf('non_utility'),
    unreadDocumentIds: idsOf('unread'),
    failures,
    progress: {
      total: job.items.length,
      done: results.length,
      reading: job.items.flatMap(({ name, result, progress }) =>
        result === null && progress ? { name, ...progress } : [],
      ),
    },
  }
}

const WHY: Readonly<Record<(typeof ITEM_FAILURES)[number], string>> = {
  url_refused: 'the URL may not be fetched',
  not_reachable: 'the URL could not be reached',
  refused_by_server: 'the server at the URL did not give the document out',
  too_large: 'larger than 25 MB',
  unsupported_type: 'neither PDF nor PNG nor JPEG',
  encrypted: 'protected by a password',
  damaged: 'a damaged PDF',
  too_many_pages: 'more than 150 pages',
  too_much_text: 'more text than any bill has',
  deadline: 'reading it took too long',
  memory: 'reading it took too much memory',
  crash: 'the reader broke down over it',
}

const terminationReason = (failures: readonly { reason: keyof typeof WHY }[]): string => {
  const reasons = [...new Set(failures.map(({ reason }) => WHY[reason]))].join('; ')
  return `No document could be taken: ${reasons}`
}

const figure = <T extends z.ZodType>(value: T) =>
  z.object({
    value,
    text: z.string().openapi({ description: 'as printed' }),
    place: z.object({
      page: z.number().int(),
      x: z.number(),
      y: z.number(),
      width: z.number(),
      height: z.number(),
    }),
    confidence: z.number(),
    rule: z.string(),
  })
const text = figure(z.string()).nullable()
const usage = figure(z.number()).extend({
  unit: z.enum([...UNITS, ...DEMAND_UNITS]),
  kind: z.enum(['consumption', 'demand']),
  utilityType: z.enum(UTILITY_TYPES).nullable(),
})

const billSchema = z
  .object({
    language: z.enum(['en', 'fr']),
    utility: z.string().nullable(),
    currency: figure(z.enum(['USD', 'CAD'])).nullable(),
    billDate: text,
    dueDate: text,
    amountDue: figure(z.number()).nullable(),
    periodFrom: text,
    periodTo: text,
    days: figure(z.number()).nullable(),
    accounts: z.array(z.object({ number: figure(z.string()), serviceAddress: text })),
    serviceAddress: text,
    meters: z.array(
      z.object({
        number: figure(z.string()),
        utilityType: z.enum(UTILITY_TYPES).nullable(),
        usage: z.array(usage),
      }),
    ),
    usage: z.array(usage),
    utilityTypes: z.array(z.enum(UTILITY_TYPES)),
  })
  .openapi('Bill')

export const documentSchema = z
  .object({
    id: z.string(),
    companyId: z.string(),
    connectionId: z.string().nullable(),
    siteId: z.string().nullable(),
    jobId: z.string(),
    name: z.string(),
    kind: z.enum(['pdf', 'png', 'jpg']),
    size: z.number().int(),
    sha256: z.string(),
    created: instant,
    state: z.enum(['parsed', 'non_utility', 'unread']),
    unreadReason: z.string().nullable(),
    pages: z.number().int().nullable(),
    bill: billSchema.nullable(),
  })
  .openapi('Document')

/** A document in the words of the API. */
export const presentDocument = ({
  createdAt,
  reading,
  ...document
}: StoredDocument): z.infer<typeof documentSchema> =>
  structuredClone({ ...document, created: isoTime(createdAt), bill: reading }) as z.infer<
    typeof documentSchema
  >
