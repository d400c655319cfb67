import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { attempt, company, provision, record } from '../samples.ts'
import { openTestStore } from './test-store.ts'

describe("the store's threads", () => {
  const workers: Worker[] = []
  const remember = (worker: Worker) => workers.push(worker)
  beforeEach(() => {
    workers.length = 0
    process.on('worker', remember)
  })
  afterEach(() => {
    process.off('worker', remember)
  })

  it('ends the process, and leaves nobody waiting, when the writer dies', async () => {
    let report: (error: Error) => void = () => {}
    const reported = new Promise<Error>((resolve) => {
      report = resolve
    })
    const opened = await openTestStore({ onFatal: report })
    const { connectionId } = await provision(opened.store)
    const writer = workers[0]!
    // Not awaited: these calls are on their way when the thread ends.
    const pending = [opened.store.openAttempt(attempt(connectionId)), opened.store.checkWritable()]
    const ends = Promise.allSettled(pending)
    const ended = writer.terminate()
    for (const end of await ends) {
      if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'unavailable' })
    }
    await ended
    expect((await reported).message).toContain('writer')
    await expect(opened.store.checkWritable()).rejects.toMatchObject({ code: 'unavailable' })
    await expect(opened.store.saveInbound([record(null)])).rejects.toMatchObject({ code: 'unavailable' })
    await opened.remove()
  })

  it('finishes what was asked before it closes, and takes nothing after', async () => {
    const opened = await openTestStore()
    const { store } = opened
    const made = Array.from({ length: 50 }, () => company())
    const writes = made.map((one) => store.createCompany(one))
    const reopening = opened.reopen()
    await Promise.all(writes)
    const { items } = await (await reopening).listCompanies({ page: 1, limit: 100 })
    expect(items.map(({ id }) => id)).toEqual(made.map(({ id }) => id).sort())
    await expect(store.createCompany(company())).rejects.toMatchObject({ code: 'unavailable' })
    await opened.remove()
    expect(workers).toHaveLength(4)
  })

  it('leaves no thread behind when it cannot be opened', async () => {
    const notAFolder = fileURLToPath(import.meta.url)
    const opening = openTestStore({ path: `${notAFolder}/relay.db` })
    await expect(opening).rejects.toThrow()
    expect(workers).toHaveLength(1)
    expect(workers[0]?.threadId).toBe(-1)
  })
})
