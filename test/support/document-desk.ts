import { expect } from 'vitest'
import { ADMIN_KEY, type ApiReply, callApi } from './relay.ts'
import { waitFor } from './wait-for.ts'

export type JobJson = {
  readonly id: string
  readonly status: 'PENDING' | 'COMPLETED' | 'FAILED'
  readonly parsedDocumentIds: readonly string[]
  readonly duplicates: number
  readonly duplicateDocumentIds: readonly string[]
  readonly nonUtilityDocumentIds: readonly string[]
  readonly unreadDocumentIds: readonly string[]
  readonly failures: readonly { readonly name: string; readonly reason: string }[]
  readonly progress: { readonly total: number; readonly done: number }
}
/** A job that brought nothing new. */
export const NO_DOCUMENTS = { parsedDocumentIds: [], nonUtilityDocumentIds: [], unreadDocumentIds: [] }

/** An image, as far as anybody looks. */
export const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

/** Hands documents to a running relay. */
export type DocumentDesk = {
  upload(
    companyId: string,
    files: readonly (readonly [name: string, content: Uint8Array])[],
    fields?: Readonly<Record<string, string>>,
    key?: string,
  ): Promise<ApiReply<JobJson>>
  job(id: string): Promise<JobJson>
  /** The job, once it has ended. */
  finished(id: string): Promise<JobJson>
}

export function documentDesk(url: string): DocumentDesk {
  const job = async (id: string): Promise<JobJson> => {
    const { status, body } = await callApi<JobJson>(url, 'GET', `/v2/job/${id}`, undefined, ADMIN_KEY)
    expect(status).toBe(200)
    return body
  }
  return {
    job,
    async upload(companyId, files, fields = {}, key = ADMIN_KEY) {
      const form = new FormData()
      for (const [name, content] of files) form.append('document', new Blob([new Uint8Array(content)]), name)
      for (const [name, value] of Object.entries(fields)) form.append(name, value)
      const response = await fetch(`${url}/v2/job/company/${companyId}`, {
        method: 'POST',
        headers: { 'x-api-key': key },
        body: form,
      })
      return { status: response.status, body: (await response.json()) as JobJson, headers: response.headers }
    },
    finished: (id) =>
      waitFor(
        async () => {
          const found = await job(id)
          return found.status === 'PENDING' ? null : found
        },
        'the job to end',
        25_000,
      ),
  }
}
