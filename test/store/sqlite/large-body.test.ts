import { randomBytes } from 'node:crypto'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../../src/domain/id.ts'
import { BODY_PART_BYTES } from '../../../src/store/parts.ts'
import type { Store } from '../../../src/store/store.ts'
import { DAY, provision, record, T0 } from '../samples.ts'
import { openTestStore } from './test-store.ts'

/* Bodies of several parts are written before their message, a step at a time. */

const AUDIT = { actor: 'test', action: 'body.read', at: T0 }
let test: Awaited<ReturnType<typeof openTestStore>>
let store: Store
let database: Database.Database
let connectionId: string

beforeEach(async () => {
  test = await openTestStore()
  store = test.store
  database = new Database(test.path)
  connectionId = (await provision(store)).connectionId
})
afterEach(async () => {
  database.close()
  await test.remove()
})

const bodyOf = (megabytes: number): Uint8Array =>
  new Uint8Array(randomBytes(megabytes * BODY_PART_BYTES + 12_345))
const partsKept = (): number =>
  database.prepare<[], number>('select count(*) from message_body').pluck().get()!

describe('a large body', () => {
  it('comes back to the byte', async () => {
    const raw = bodyOf(5)
    const copy = Buffer.from(raw)
    const message = record(connectionId, { raw, size: raw.byteLength })
    expect(await store.saveInbound([message])).toEqual([{ recordId: message.id, isNew: true }])
    expect(partsKept()).toBe(6)
    expect(copy.equals((await store.readBody(message.id, AUDIT))!)).toBe(true)
  })

  it('lets others write between its parts', async () => {
    let isSaved = false
    const saving = store.saveInbound([record(connectionId, { raw: bodyOf(12) })]).then(() => {
      isSaved = true
    })
    let written = 0
    while (!isSaved) {
      await store.checkWritable()
      written += 1
    }
    await saving
    expect(written).toBeGreaterThanOrEqual(12)
  })

  it('leaves nothing behind when its message was seen before', async () => {
    const first = record(connectionId, { raw: bodyOf(3) })
    await store.saveInbound([first])
    const again = record(connectionId, { dedupeKey: first.dedupeKey, raw: bodyOf(3) })
    expect(await store.saveInbound([again])).toEqual([{ recordId: again.id, isNew: false }])
    expect(partsKept()).toBe(4)
  })

  it('leaves nothing behind when two copies come at the same time', async () => {
    const dedupeKey = newId()
    const twins = [1, 2].map(() => record(connectionId, { dedupeKey, raw: bodyOf(3) }))
    const saved = await Promise.all(twins.map((one) => store.saveInbound([one])))
    expect(saved.flat().filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(partsKept()).toBe(4)
  })

  it('leaves nothing behind when its message cannot be written', async () => {
    const message = record('no-such-connection', { raw: bodyOf(3) })
    await expect(store.saveInbound([message])).rejects.toThrow()
    expect(partsKept()).toBe(0)
  })

  it('that a crash left without a message leaves with retention', async () => {
    database
      .prepare('insert into message_body (message_id, part, received_at, sealed) values (?, 0, ?, ?)')
      .run(newId(), T0, Buffer.alloc(10))
    const before = { codesBefore: T0, documentsBefore: T0, eventsBefore: T0, idempotencyBefore: T0 }
    await store.purge({ ...before, bodiesBefore: T0 + DAY, limit: 10 })
    expect(partsKept()).toBe(0)
  })
})
