import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createQueue } from '../../../src/provisioning/mfa.ts'
import { openPostgresStore } from '../../../src/store/postgres/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { createDatabase, query } from '../../support/postgres.ts'

/** Work that ends when it is let. */
function gated() {
  const begun = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<string>()
  return {
    begun: begun.promise,
    finish: gate.resolve,
    fail: gate.reject,
    run: () => {
      begun.resolve()
      return gate.promise
    },
  }
}

describe('a task that one node runs at a time', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>
  let a: Store
  let b: Store
  beforeAll(async () => {
    database = await createDatabase()
    const masterKeys = [randomBytes(32)]
    a = await openPostgresStore({ url: database.url, masterKeys })
    b = await openPostgresStore({ url: database.url, masterKeys })
  })
  afterAll(async () => {
    await Promise.all([a.close(), b.close()])
    await database.drop()
  })

  it('is left alone by the others until it is done', async () => {
    const work = gated()
    const running = a.alone('sweep', work.run)
    await work.begun
    expect(await b.alone('sweep', async () => 'b')).toBeNull()
    expect(await a.alone('sweep', async () => 'a again')).toBeNull()
    expect(await b.alone('another', async () => 'b')).toBe('b')
    work.finish('a')
    expect(await running).toBe('a')
    expect(await b.alone('sweep', async () => 'b')).toBe('b')
  })

  it('throws what it throws, and is free then', async () => {
    const error = Object.assign(new Error('no answer from outside'), { code: 'ECONNREFUSED' })
    await expect(a.alone('sweep', () => Promise.reject(error))).rejects.toBe(error)
    expect(await b.alone('sweep', async () => 'b')).toBe('b')
  })

  it('is free when the connection that held it is gone', async () => {
    const work = gated()
    const running = a.alone('sweep', work.run)
    await work.begun
    await query(
      database.url,
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock' and granted`,
    )
    expect(await b.alone('sweep', async () => 'b')).toBe('b')
    work.finish('a')
    expect(await running).toBe('a')
  })

  it('changes a connection on one node, while the other waits for its turn', async () => {
    const [onA, onB] = [createQueue(a.alone), createQueue(b.alone)]
    let inside = 0
    let most = 0
    const work = async () => {
      inside += 1
      most = Math.max(most, inside)
      await b.listApiKeys()
      inside -= 1
      return 'done'
    }
    const results = await Promise.all([onA, onB, onA, onB].map((queue) => queue('c1', work)))
    expect([results, most]).toEqual([Array(4).fill('done'), 1])
  })
})
