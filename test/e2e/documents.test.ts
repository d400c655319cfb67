import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { billsOf, LAYOUTS } from '../collection/documents/bills/index.ts'
import { drawPdf } from '../collection/documents/bills/pdf.ts'
import { type DocumentDesk, documentDesk, type JobJson, NO_DOCUMENTS, PNG } from '../support/document-desk.ts'
import { type FileServer, startFileServer } from '../support/file-server.ts'
import { ADMIN_KEY, provision, startRelay, type TestRelay } from '../support/relay.ts'

/* Documents on a whole relay: handed in, fetched, read, kept, hidden from others, removed. */

const bill = (index: number): Promise<Buffer> => billsOf(LAYOUTS[1]!)[index]!.pdf()
const letter = (line: string): Promise<Buffer> => drawPdf((pen) => pen.at(40, 40, line))
const GARDEN = 'Dear neighbour, the garden party is on Sunday.'

/** A bill that says things its own way; only its template knows how. */
const gardenBill = (): Promise<Buffer> =>
  drawPdf((pen) => {
    const rows = [
      ['Garden Power monthly letter about your electric meter'],
      ['Our ref.', '44-556677'],
      ['Kindly remit', '$12.34'],
      ['Usage', '400 kWh'],
    ]
    for (const [row, cells] of rows.entries())
      for (const [column, cell] of cells.entries()) pen.at(40 + 200 * column, 60 + 20 * row, cell)
  })
const GARDEN_POWER = {
  name: 'Garden Power',
  country: ['US'],
  bills: [
    {
      name: 'monthly',
      when: ['Garden Power monthly letter'],
      labels: { amountDue: ['Kindly remit'], accountNumber: ['Our ref.'] },
    },
  ],
}

const ADMIN = { 'x-api-key': ADMIN_KEY }

let files: FileServer
let relay: TestRelay
let desk: DocumentDesk
let folder: string
let companyId: string
let connectionId: string

beforeAll(async () => {
  const served = await bill(2)
  files = await startFileServer(({ url = '' }, response) => {
    const path = url.split('?')[0]
    if (path === '/bill.pdf') return response.end(served)
    if (path === '/moved.pdf') return response.writeHead(302, { location: '/bill.pdf' }).end()
    if (path === '/trap.pdf') return response.writeHead(302, { location: 'https://10.0.0.1/bill.pdf' }).end()
    if (path === '/huge.pdf') return response.end(Buffer.alloc(25 * 1024 * 1024 + 1, '%PDF-'))
    return response.writeHead(404).end()
  })
  folder = mkdtempSync(join(tmpdir(), 'mfa-relay-utilities-'))
  writeFileSync(join(folder, 'garden-power.json'), JSON.stringify(GARDEN_POWER))
  relay = await startRelay({
    DOCUMENT_NETWORKS: '127.0.0.1,::1',
    DOCUMENT_PORTS: String(files.port),
    UTILITIES_DIR: folder,
  })
  desk = documentDesk(relay.url)
  const provisioned = await provision(relay)
  companyId = provisioned.companyId
  connectionId = provisioned.connectionId
})
afterAll(async () => {
  await relay.close()
  await files.close()
  relay.remove()
  rmSync(folder, { recursive: true })
})

const newCompany = async (): Promise<string> =>
  (await relay.api<{ id: string }>('POST', '/v2/company', { name: 'Another' })).body.id
const newKey = async (scope: string, owner?: string): Promise<string> => {
  const body = { scope, ...(owner ? { companyId: owner } : {}) }
  return (await relay.api<{ key: string }>('POST', '/v2/key', body)).body.key
}
const bulk = async (documents: readonly string[]): Promise<JobJson> => {
  const made = await relay.api<JobJson>('POST', `/v2/job/company/${companyId}/bulk`, { documents })
  expect(made).toMatchObject({ status: 201, body: { status: 'PENDING' } })
  return desk.finished(made.body.id)
}

describe('uploads', () => {
  it('are read, known again, and told from what is no bill', async () => {
    const content = await bill(0)
    const made = await desk.upload(companyId, [
      ['march.pdf', content],
      ['march again.pdf', content],
      ['letter.pdf', await letter(GARDEN)],
      ['photo.png', PNG],
    ])
    expect(made).toMatchObject({ status: 201, body: { status: 'PENDING', progress: { total: 4 } } })
    const job = await desk.finished(made.body.id)
    expect(job).toMatchObject({ status: 'COMPLETED', duplicates: 1, failures: [], progress: { done: 4 } })
    const [parsed, plain, photo] = [job.parsedDocumentIds, job.nonUtilityDocumentIds, job.unreadDocumentIds]
    expect([parsed, plain, photo].map((ids) => ids.length)).toEqual([1, 1, 1])
    const { body } = await relay.api('GET', `/v2/document/${parsed[0]}`)
    const { amountDue } = billsOf(LAYOUTS[1]!)[0]!.truth
    expect(body).toMatchObject({ name: 'march.pdf', size: content.length, state: 'parsed', companyId })
    expect(body).toMatchObject({ bill: { amountDue: { value: amountDue, place: { page: 1 } } } })

    const file = await fetch(`${relay.url}/v2/document/${parsed[0]}/file`, { headers: ADMIN })
    expect(file.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''march.pdf")
    expect(file.headers.get('content-type')).toBe('application/pdf')
    expect(Buffer.compare(Buffer.from(await file.arrayBuffer()), content)).toBe(0)

    const again = await desk.finished((await desk.upload(companyId, [['b.pdf', content]])).body.id)
    expect(again).toMatchObject({ status: 'COMPLETED', ...NO_DOCUMENTS, duplicateDocumentIds: parsed })
    const other = await desk.upload(await newCompany(), [['b.pdf', content]])
    expect(await desk.finished(other.body.id)).toMatchObject({ duplicates: 0 })
  })

  it('are read by the templates of the utility’s definition', async () => {
    const made = await desk.upload(companyId, [['garden.pdf', await gardenBill()]])
    const job = await desk.finished(made.body.id)
    const { body } = await relay.api('GET', `/v2/document/${job.parsedDocumentIds[0]}`)
    expect(body).toMatchObject({
      bill: { utility: 'garden-power', amountDue: { value: 12.34, rule: 'template:amountDue' } },
    })
  })

  it('may be large, but not too large', async () => {
    // Larger than other bodies of the API may be.
    const large = Buffer.concat([PNG, Buffer.alloc(5_000_000, 1)])
    const made = await desk.upload(companyId, [['photo.png', large]])
    expect(await desk.finished(made.body.id)).toMatchObject({ unreadDocumentIds: [expect.any(String)] })
    const tooLarge = Buffer.alloc(25 * 1024 * 1024 + 1, '%PDF-')
    const refused = await desk.upload(companyId, [['huge.pdf', tooLarge]])
    expect(refused).toMatchObject({ status: 413, body: { error: { code: 'too_large' } } })
    const documents = Array.from({ length: 40 }, () => `https://files.test/${'x'.repeat(7_900)}`)
    const bulky = await relay.api('POST', `/v2/job/company/${companyId}/bulk`, { documents })
    expect(bulky.status).toBe(413)
  })

  it('are refused at once when they are neither PDF nor image', async () => {
    const refused = await desk.upload(companyId, [['a.gif', Buffer.from('GIF89a')]])
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } })
  })
})

describe('documents by URL', () => {
  it('are fetched, also behind a redirect', async () => {
    const job = await bulk([`${files.origin}/bill.pdf?key=s3cret`, `${files.origin}/moved.pdf`])
    expect(job).toMatchObject({ status: 'COMPLETED', duplicates: 1, failures: [] })
    const { body } = await relay.api('GET', `/v2/document/${job.parsedDocumentIds[0]}`)
    expect(body).toMatchObject({ name: expect.stringMatching(/^(bill|moved)\.pdf$/), state: 'parsed' })
    expect(JSON.stringify([job, body])).not.toContain('s3cret')
  })

  it('are refused where they lead into a private network, or are too large, or not there', async () => {
    const before = files.asked.length
    const job = await bulk([
      'https://10.0.0.1/private.pdf',
      `https://127.0.0.2:${files.port}/loopback.pdf`,
      'https://localhost:8443/port.pdf',
      `${files.origin}/trap.pdf`,
      `${files.origin}/huge.pdf`,
      `${files.origin}/gone.pdf`,
    ])
    expect(job.failures).toEqual([
      { name: 'private.pdf', reason: 'url_refused' },
      { name: 'loopback.pdf', reason: 'url_refused' },
      { name: 'port.pdf', reason: 'url_refused' },
      { name: 'trap.pdf', reason: 'url_refused' },
      { name: 'huge.pdf', reason: 'too_large' },
      { name: 'gone.pdf', reason: 'refused_by_server' },
    ])
    expect(job).toMatchObject({ status: 'FAILED', terminationReason: expect.stringContaining('25 MB') })
    expect(files.asked.slice(before).toSorted()).toEqual(['/gone.pdf', '/huge.pdf', '/trap.pdf'])
  })

  it('must be https', async () => {
    const documents = ['http://files.test/a.pdf']
    expect((await relay.api('POST', `/v2/job/company/${companyId}/bulk`, { documents })).status).toBe(400)
  })
})

describe('who may see them, and for how long', () => {
  it('hides them from other companies', async () => {
    const own = await newKey('company', companyId)
    const stranger = await newKey('company', await newCompany())
    const runner = await newKey('runner')
    const made = await desk.upload(companyId, [['x.pdf', await letter('For your eyes only.')]], {}, runner)
    const job = await desk.finished(made.body.id)
    const paths = [`/v2/job/${job.id}`, `/v2/document/${job.nonUtilityDocumentIds[0]}`]
    for (const path of [...paths, `/v2/job/company/${companyId}`, `/v2/document/company/${companyId}`]) {
      const statuses = [own, runner, stranger].map(
        async (key) => (await relay.api('GET', path, undefined, key)).status,
      )
      expect([path, ...(await Promise.all(statuses))]).toEqual([path, 200, 200, 404])
    }
    const file = `/v2/document/${job.nonUtilityDocumentIds[0]}/file`
    expect((await relay.api('GET', file, undefined, stranger)).status).toBe(404)
    expect((await relay.api('GET', file, undefined, runner)).status).toBe(403)
    const foreign = await desk.upload(companyId, [['x.pdf', PNG]], {}, stranger)
    expect(foreign.status).toBe(404)
  })

  it('removes what a login brought when its connection is offboarded', async () => {
    const foreign = await desk.upload(await newCompany(), [['x.pdf', PNG]], { connectionId })
    expect(foreign.status).toBe(404)
    const content = await letter('What the login brought.')
    const made = await desk.upload(companyId, [['x.pdf', content]], { connectionId })
    const job = await desk.finished(made.body.id)
    const path = `/v2/document/${job.nonUtilityDocumentIds[0]}`
    expect(await relay.api('GET', path)).toMatchObject({ status: 200, body: { connectionId } })
    await relay.api('DELETE', `/v2/connection/${connectionId}`)
    expect((await relay.api('GET', path)).status).toBe(404)
    expect((await relay.api('GET', `/v2/job/${job.id}`)).status).toBe(404)
  })

  it('writes neither content, names nor URLs in the clear', () => {
    const written = readdirSync(relay.dataDir).map((name) => readFileSync(join(relay.dataDir, name)))
    expect(written.some((bytes) => bytes.includes(companyId))).toBe(true)
    for (const secret of ['s3cret', 'march again.pdf', '%PDF-', '44556677', 'template:amountDue'])
      expect(written.map((bytes) => bytes.includes(secret))).not.toContain(true)
  })
})
