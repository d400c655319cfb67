import { describe, expect, it } from 'vitest'
import { openMail } from '../../../src/collection/documents/mail/opener.ts'
import { takeOut } from '../../../src/collection/documents/mail/take-out.ts'
import { type MailWorkDeps, startMailWork } from '../../../src/collection/documents/mail/work.ts'
import type { Job } from '../../../src/domain/document.ts'
import { PNG } from '../../support/document-desk.ts'
import { waitFor } from '../../support/wait-for.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text.replaceAll('\n', '\r\n'))
const part = (headers: string, content: Uint8Array): string =>
  `--b\n${headers}\nContent-Transfer-Encoding: base64\n\n${Buffer.from(content).toString('base64')}\n`
const mail = (...parts: string[]): Uint8Array =>
  bytes(`From: a@b.test\nContent-Type: multipart/mixed; boundary=b\n\n${parts.join('')}--b--\n`)
const PDF = bytes('%PDF-1.7 and so on')

describe('what is taken out of a message', () => {
  it('is told by its content, not by what it calls itself', async () => {
    const taken = await takeOut(
      mail(
        part('Content-Type: application/octet-stream; name=bill', PDF),
        part('Content-Type: application/pdf; name=virus.pdf', bytes('MZ and so on')),
        part('Content-Type: image/jpeg; name=really.png', PNG),
      ),
    )
    expect(taken.files.map(({ name }) => name)).toEqual(['bill', 'really.png'])
    expect(Buffer.from(taken.files[0]!.content)).toEqual(Buffer.from(PDF))
    expect(taken.ignored).toBe(1)
  })

  it('leaves out pictures that its text shows, and keeps photographs that phones send inline', async () => {
    const shown =
      'Content-Type: image/png\nContent-Disposition: inline; filename=logo.png\nContent-ID: <logo>'
    const photo = 'Content-Type: image/png\nContent-Disposition: inline; filename=IMG_1.png'
    const taken = await takeOut(mail(part(shown, PNG), part(photo, PNG)))
    expect(taken).toMatchObject({ files: [{ name: 'IMG_1.png' }], ignored: 1 })
  })

  it('follows forwards, but not for ever', async () => {
    let inner = mail(part('Content-Type: application/pdf; name=bill.pdf', PDF))
    const wrap = (content: Uint8Array): Uint8Array => mail(part('Content-Type: message/rfc822', content))
    for (let depth = 0; depth < 3; depth += 1) inner = wrap(inner)
    expect((await takeOut(inner)).files).toHaveLength(1)
    expect(await takeOut(wrap(inner))).toMatchObject({ files: [], ignored: 1 })
  })
})

describe('a message that nobody can open', () => {
  const nested = (levels: number): Uint8Array =>
    bytes(
      Array.from(
        { length: levels },
        (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\n\n--b${n}\n`,
      ).join(''),
    )

  it('is none of ours to die of', async () => {
    expect(await openMail(nested(500))).toBeNull()
    expect(await openMail(mail(part('Content-Type: application/pdf', PDF)), { deadlineMs: 0 })).toBeNull()
    expect((await openMail(mail(part('Content-Type: application/pdf', PDF))))?.files).toHaveLength(1)
  })
})

describe('the work on such mail', () => {
  const start = (tries: number, made: Job | null) => {
    const jobs: string[] = []
    const settled: unknown[] = []
    let isDue = true
    const store: MailWorkDeps['store'] = {
      async claimBillMail() {
        if (!isDue) return null
        isDue = false
        return { messageId: 'm1', companyId: 'c', tries }
      },
      nextBillMailAt: async () => null,
      settleBillMail: async (_, outcome) => void settled.push(outcome),
      readBody: async () => mail(part('Content-Type: application/pdf; name=bill.pdf', PDF)),
      getJob: async () => made,
      createJob: async (job) => {
        jobs.push(job.id)
        return { ...job, status: 'PENDING', finishedAt: null, items: [] }
      },
    }
    return { jobs, settled, work: startMailWork({ store, work: { notify: () => undefined } }) }
  }

  it('makes one job, named after the message, also after a crash in between', async () => {
    const first = start(1, null)
    await waitFor(() => first.settled.length > 0, 'the first try')
    await first.work.close()
    expect(first).toMatchObject({
      jobs: ['m1'],
      settled: [{ result: 'documents', jobId: 'm1', documents: 1 }],
    })
    const again = start(2, { id: 'm1' } as Job)
    await waitFor(() => again.settled.length > 0, 'the second try')
    await again.work.close()
    expect(again).toMatchObject({ jobs: [], settled: [{ result: 'documents', jobId: 'm1' }] })
  })

  it('gives up on what it died of each time', async () => {
    const { settled, jobs, work } = start(5, null)
    await waitFor(() => settled.length > 0, 'the end')
    await work.close()
    expect([settled, jobs]).toMatchObject([[{ result: 'unreadable', jobId: null }], []])
  })
})
