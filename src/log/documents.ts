import { logger } from './logger.ts'

/** Documents and the mail that brings them. */
export const documentEvents = {
  billMailTaken: (event: {
    messageId: string
    companyId: string
    result: string
    documents: number
    ignored: number
  }) => logger.info({ event: 'bill_mail_taken', ...event }, 'documents taken from mail'),
  documentJobCreated: (event: { jobId: string; companyId: string; documents: number }) =>
    logger.info({ event: 'document_job_created', ...event }, 'documents to read'),
  documentStored: (event: {
    documentId: string
    jobId: string
    companyId: string
    result: string
    utility: string | null
    pages: number | null
  }) => logger.info({ event: 'document_stored', ...event }, 'document kept'),
  documentFailed: (event: { jobId: string; reason: string }) =>
    logger.warn({ event: 'document_failed', ...event }, 'document not taken'),
}
