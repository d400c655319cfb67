import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { createBillReader } from '../../../src/collection/documents/bill-reader.ts'
import { createJob } from '../../../src/collection/documents/jobs/create-job.ts'
import { startDocumentWork } from '../../../src/collection/documents/jobs/work.ts'
import { createSafeFetch } from '../../../src/http/safe-fetch.ts'
import { waitFor } from '../../support/wait-for.ts'
import { billsOf, LAYOUTS } from './bills/index.ts'
import { memoryDocumentStore } from './memory-store.ts'

it('fetches, follows, refuses and reads over real connections', async () => {
  const pdf = await billsOf(LAYOUTS[0] as (typeof LAYOUTS)[number])[0]!.pdf()
  const inside: (string | undefined)[] = []
  const server = createServer((request, response) => {
    if (request.socket.localAddress === '127.0.0.1') inside.push(request.url)
    if (request.url === '/moved.pdf') return response.writeHead(302, { location: '/bill.pdf' }).end()
    if (request.url === '/trap.pdf')
      return response.writeHead(302, { location: `http://127.0.0.1:${port}/bill.pdf` }).end()
    if (request.url === '/page.html') return response.end('<h1>Sign in</h1>')
    return response.end(pdf)
  })
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  // 127.0.0.2 plays the internet.
  const fetch = createSafeFetch({ allowHttp: true, allowedPorts: [port], allowedNetworks: ['127.0.0.2/32'] })
  const store = memoryDocumentStore()
  const reader = createBillReader()
  const work = startDocumentWork({ store, fetch, reader, holder: 'test' })

  const urls = ['moved.pdf', 'trap.pdf', 'page.html'].map((path) => ({
    url: `http://127.0.0.2:${port}/${path}`,
  }))
  const { id } = await createJob(
    { store, work, now: Date.now },
    { companyId: 'c1', connectionId: null, siteId: null },
    urls,
  )
  const job = await waitFor(async () => {
    const found = await store.getJob(id)
    return found?.status === 'PENDING' ? null : found
  }, 'the job to end')

  expect(job.items.map(({ result }) => result)).toEqual([
    { kind: 'parsed', documentId: expect.any(String) },
    { kind: 'failed', reason: 'url_refused' },
    { kind: 'failed', reason: 'unsupported_type' },
  ])
  expect(inside).toEqual([])
  await work.close()
  await reader.close()
  server.closeAllConnections()
  server.close()
})
