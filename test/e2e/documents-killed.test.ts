import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { billsOf, LAYOUTS } from '../collection/documents/bills/index.ts'
import { documentDesk, type JobJson, NO_DOCUMENTS, PNG } from '../support/document-desk.ts'
import { type FileServer, startFileServer } from '../support/file-server.ts'
import { type RelayProcess, startProcess } from '../support/process.ts'
import { ADMIN_KEY, callApi, testEnvironment } from '../support/relay.ts'
import { waitFor } from '../support/wait-for.ts'

/* Documents while the real program stops or is killed: jobs go on where they were, and nothing is kept twice. */

let dataDir: string
let files: FileServer
let relay: RelayProcess
/** Answers that the file server keeps back; null: it answers at once. */
let held: ServerResponse[] | null
let companyId: string

const start = async (): Promise<void> => {
  relay = await startProcess({
    ...testEnvironment(dataDir),
    LOG_LEVEL: 'info',
    DOCUMENT_NETWORKS: '127.0.0.1,::1',
    DOCUMENT_PORTS: String(files.port),
    NODE_EXTRA_CA_CERTS: files.certificatePath,
  })
}
const api = <T>(method: string, path: string, body?: unknown) =>
  callApi<T>(relay.url, method, path, body, ADMIN_KEY)
const bulk = async (names: readonly string[]): Promise<JobJson> => {
  const documents = names.map((name) => `${files.origin}/${name}`)
  return (await api<JobJson>('POST', `/v2/job/company/${companyId}/bulk`, { documents })).body
}

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'mfa-relay-documents-'))
  const pdfs = await Promise.all(billsOf(LAYOUTS[0]!).map(({ pdf }) => pdf()))
  held = null
  files = await startFileServer(({ url = '' }, response) => {
    if (held && url.includes('slow')) held.push(response)
    else response.end(pdfs[Number(/\d/.exec(url)?.[0])])
  })
  await start()
  companyId = (await api<{ id: string }>('POST', '/v2/company', { name: 'Example' })).body.id
})
afterEach(async () => {
  await relay.stop('SIGKILL')
  await files.close()
  rmSync(dataDir, { recursive: true, force: true })
})

/** Programs start slowly where others start too. */
const PATIENCE_MS = 90_000

describe('kill -9', { timeout: PATIENCE_MS }, () => {
  it('in the middle of a job loses nothing: the next start takes it to its end', async () => {
    held = []
    const { id } = await bulk(['0.pdf', 'slow-1.pdf'])
    const halfway = await waitFor(async () => {
      const job = await documentDesk(relay.url).job(id)
      return job.progress.done === 1 && held?.length === 1 ? job : null
    }, 'one document to be read and one to be fetched')
    expect(halfway).toMatchObject({ status: 'PENDING', progress: { total: 2, done: 1 } })
    await relay.kill()

    held = null
    await start()
    // Long before the lease of the one that was killed would end.
    const job = await documentDesk(relay.url).finished(id)
    expect(job).toMatchObject({ status: 'COMPLETED', duplicates: 0, failures: [] })
    expect(job.parsedDocumentIds).toHaveLength(2)
    expect(job.parsedDocumentIds).toContain(halfway.parsedDocumentIds[0])
    expect(files.asked).toEqual(['/0.pdf', '/slow-1.pdf', '/slow-1.pdf'])
  })

  it('after the answer to an upload loses no file', async () => {
    held = []
    // Both lanes are busy, so that the upload waits.
    await bulk(['slow-0.pdf', 'slow-1.pdf'])
    await waitFor(() => held?.length === 2, 'both to be fetched')
    const third = await billsOf(LAYOUTS[0]!)[2]!.pdf()
    const large = Buffer.concat([PNG, Buffer.alloc(3_000_000, 7)])
    const made = await documentDesk(relay.url).upload(companyId, [
      ['third.pdf', third],
      ['photo.png', large],
    ])
    expect(made).toMatchObject({ status: 201, body: { progress: { done: 0 } } })
    await relay.kill()

    await start()
    // What hung before hangs again, and the uploads wait behind it until it is answered.
    await waitFor(() => held?.length === 4, 'both to be fetched again')
    expect(await documentDesk(relay.url).job(made.body.id)).toMatchObject({ ...NO_DOCUMENTS })
    for (const response of held.splice(2)) response.writeHead(404).end()
    const job = await documentDesk(relay.url).finished(made.body.id)
    expect(job).toMatchObject({ status: 'COMPLETED', failures: [], unreadDocumentIds: [expect.any(String)] })
    const { body } = await api('GET', `/v2/document/${job.unreadDocumentIds[0]}`)
    expect(body).toMatchObject({ size: large.length, kind: 'png' })
  })
})

describe('SIGTERM', { timeout: PATIENCE_MS }, () => {
  it('waits for no document, and gives back what was at hand', async () => {
    held = []
    const { id } = await bulk(['slow-3.pdf'])
    await waitFor(() => held?.length === 1, 'the document to be fetched')
    expect(await relay.stop()).toBe(0)

    held = null
    await start()
    expect(await documentDesk(relay.url).finished(id)).toMatchObject({ status: 'COMPLETED', failures: [] })
  })
})
