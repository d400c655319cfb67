import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { InboundEmail, InboundMessage } from '../../src/domain/message.ts'
import { createReaderPool, type ReaderPool, type ReaderPoolOptions } from '../../src/inbound/reader-pool.ts'
import { LARGE_BYTES } from '../../src/inbound/reader-task.ts'
import { startLog } from '../../src/log.ts'
import { waitFor } from '../support/wait-for.ts'
import { utility } from '../trust/support.ts'

const FOR_ONE = [{ context: null }]

let lastId = 0
const message = (order: string): InboundEmail => {
  lastId += 1
  return {
    channel: 'email',
    id: `m${lastId}`,
    door: 'smtp',
    receivedAt: 0,
    envelope: { sender: '', recipients: ['x@relay.test'] },
    client: { tls: false },
    raw: Buffer.from(order),
  }
}

const logged: Record<string, unknown>[] = []
beforeAll(() => {
  startLog(
    'info',
    new Writable({
      write(chunk, _encoding, done) {
        logged.push(JSON.parse(String(chunk)))
        done()
      },
    }),
  )
})
afterAll(() => startLog('silent'))

const pools: ReaderPool[] = []
async function open(options: Partial<ReaderPoolOptions> = {}): Promise<ReaderPool> {
  const pool = await createReaderPool({
    workers: 1,
    deadlineMs: 300,
    entry: new URL('./hostile-reader.ts', import.meta.url),
    utilities: new Map(),
    settings: {},
    ...options,
  })
  pools.push(pool)
  return pool
}
afterEach(async () => {
  logged.length = 0
  for (const pool of pools.splice(0)) await pool.close()
})

/** Of all threads of this process (proc(5): field 19, counted behind the name, which may hold blanks). */
const nicenessOfThreads = (): number[] =>
  readdirSync('/proc/self/task').map((thread) => {
    const text = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19 - 3])
  })
const read = (pool: ReaderPool, order: string) => pool.read(message(order), FOR_ONE)
const kindOf = async (reading: ReturnType<typeof read>) => {
  const { summary, perMailbox } = await reading
  const extraction = perMailbox[0]?.extraction
  return summary.subject ?? (extraction?.kind === 'unread' ? extraction.reason : extraction?.kind)
}
/** How many messages each thread read, the busiest first. */
const shares = async (pool: ReaderPool, count: number) => {
  const places = await Promise.all(Array.from({ length: count }, () => kindOf(read(pool, 'where'))))
  const counts = [...new Set(places)].map((place) => places.filter((other) => other === place).length)
  return counts.sort((a, b) => b - a)
}
/** Answers whether a reading has ended. */
const endOf = (reading: Promise<unknown>): (() => boolean) => {
  let isOver = false
  reading.then(() => {
    isOver = true
  })
  return () => isOver
}
const fine = 'fine with 0 definitions'

describe('a message that never ends', () => {
  it('is stored unread at its deadline, with what is known of it', async () => {
    const pool = await open()
    const hostile = message('spin')
    const { summary, perMailbox } = await pool.read(hostile, [...FOR_ONE, ...FOR_ONE])
    expect(summary).toEqual({
      sender: null,
      senderName: null,
      subject: null,
      dateAt: null,
      messageId: null,
      dedupeKey: createHash('sha256').update(hostile.raw).digest('hex'),
    })
    expect(perMailbox).toHaveLength(2)
    expect(perMailbox[0]).toMatchObject({
      verdict: { level: 'untrusted', reasons: [{ code: 'unread_deadline' }] },
      extraction: { kind: 'unread', reason: 'deadline' },
    })
    expect(logged).toMatchObject([{ event: 'worker_killed', why: 'deadline', messageId: hostile.id }])
  })

  it('keeps its bytes for storing', async () => {
    const pool = await open()
    const hostile = message('spin')
    await pool.read(hostile, FOR_ONE)
    expect(Buffer.from(hostile.raw).toString()).toBe('spin')
  })

  it('holds up its neighbours no longer than it takes to see that it is stuck', async () => {
    // With a deadline that never comes: the neighbours move on all the same.
    const pool = await open({ deadlineMs: 2_000 })
    const before = read(pool, 'wait')
    const hostile = read(pool, 'spin')
    const after = [read(pool, 'fine'), read(pool, 'wait'), read(pool, 'fine')]
    const isOver = endOf(hostile)
    expect(await Promise.all([before, ...after].map(kindOf))).toEqual([
      'wait with 0 definitions',
      fine,
      'wait with 0 definitions',
      fine,
    ])
    expect(isOver()).toBe(false)
    expect(await kindOf(hostile)).toBe('deadline')
    expect(await kindOf(read(pool, 'fine'))).toBe(fine)
  })

  it('leaves the processors to others', { skip: process.platform !== 'linux' }, async () => {
    const pool = await open({ deadlineMs: 600 })
    const stuck = read(pool, 'spin')
    await waitFor(() => nicenessOfThreads().includes(10), 'a thread to step back')
    expect(await kindOf(stuck)).toBe('deadline')
    await waitFor(() => !nicenessOfThreads().includes(10), 'it to be ended')
  })

  describe.skipIf(process.platform !== 'linux')('is followed by another spare when it is over', () => {
    const isAnotherThere = async (pool: ReaderPool) => (await shares(pool, 20)).length === 2

    it('and not while it takes a processor', async () => {
      const pool = await open({ deadlineMs: 3_000 })
      const stuck = read(pool, 'spin')
      await waitFor(() => nicenessOfThreads().includes(10), 'a thread to step back')
      // Longer than a thread takes to start.
      for (let n = 0; n < 30; n += 1) expect(await isAnotherThere(pool)).toBe(false)
      expect(await kindOf(stuck)).toBe('deadline')
      await waitFor(() => isAnotherThere(pool), 'another spare to read now and then')
    })

    it('also when it ends by itself', async () => {
      const pool = await open({ deadlineMs: 3_000 })
      const long = read(pool, 'take a second')
      await waitFor(() => nicenessOfThreads().includes(10), 'a thread to step back')
      expect(await isAnotherThere(pool)).toBe(false)
      expect(await kindOf(long)).toBe('take a second with 0 definitions')
      await waitFor(() => isAnotherThere(pool), 'another spare to read now and then')
    })
  })

  it('is found also when it waited in between', async () => {
    const pool = await open()
    const hostile = read(pool, 'wait, then spin')
    const neighbour = read(pool, 'wait')
    expect(await kindOf(hostile)).toBe('deadline')
    expect(await kindOf(neighbour)).toBe('wait with 0 definitions')
  })

  it('is one of many, and each is found', async () => {
    const pool = await open({ deadlineMs: 200, workers: 2 })
    const orders = ['spin', 'fine', 'spin', 'fine', 'spin', 'fine', 'spin', 'spin', 'fine']
    const kinds = await Promise.all(orders.map((order) => kindOf(read(pool, order))))
    expect(kinds).toEqual(orders.map((order) => (order === 'spin' ? 'deadline' : fine)))
  })
})

describe('a message that takes long', () => {
  it('holds up nobody who comes after it, and is read in peace', async () => {
    const pool = await open({ deadlineMs: 60_000 })
    const long = read(pool, 'take a second')
    const isOver = endOf(long)
    const after = Array.from({ length: 5 }, () => read(pool, 'fine'))
    expect(await Promise.all(after.map(kindOf))).toEqual(after.map(() => fine))
    expect(isOver()).toBe(false)
    expect(await kindOf(long)).toBe('take a second with 0 definitions')
    expect(logged).toEqual([])
    expect(pool.pending()).toBe(0)
    expect(await kindOf(read(pool, 'fine'))).toBe(fine)
  })
})

describe('a large message', () => {
  const large = (order: string): InboundEmail => {
    const raw = new Uint8Array(new SharedArrayBuffer(LARGE_BYTES)).fill(0x20)
    raw.set(Buffer.from(order))
    return { ...message(order), raw }
  }
  const readLarge = (pool: ReaderPool, order: string) => pool.read(large(order), FOR_ONE)
  const hasSlowThread = () => nicenessOfThreads().includes(10)

  it('has a thread of its own, whoever else is there to read', async () => {
    const pool = await open({ workers: 2 })
    const small = await Promise.all(Array.from({ length: 40 }, () => kindOf(read(pool, 'where'))))
    const many = (count: number) =>
      Promise.all(Array.from({ length: count }, () => kindOf(readLarge(pool, 'where'))))
    const [slow, ...others] = new Set(await many(4))
    expect(others).toEqual([])
    expect(small).not.toContain(slow)
    // It reads so many at a time; more are read by all.
    const places = await many(8)
    expect(places.slice(0, 4)).toEqual([slow, slow, slow, slow])
    expect(places.slice(4)).not.toContain(slow)
  })

  it('that is stuck keeps others of its kind waiting no longer than any deadline', async () => {
    const pool = await open({ deadlineMs: 500 })
    const stuck = readLarge(pool, 'spin')
    const isOver = endOf(stuck)
    expect(await kindOf(readLarge(pool, 'fine'))).toBe(fine)
    expect(await kindOf(readLarge(pool, 'fine'))).toBe(fine)
    expect(isOver()).toBe(false)
    expect(await kindOf(stuck)).toBe('deadline')
  })

  it('leaves the processors to others, and its thread ends when there is no more', {
    skip: process.platform !== 'linux',
  }, async () => {
    const pool = await open({ slowIdleMs: 1 })
    const long = readLarge(pool, 'take a second')
    await waitFor(hasSlowThread, 'a thread to step back')
    expect(await kindOf(read(pool, 'fine'))).toBe(fine)
    await long
    await waitFor(() => !hasSlowThread(), 'it to be ended')
    expect(await kindOf(readLarge(pool, 'fine'))).toBe(fine)
    expect(logged).toEqual([])
  })

  it('may take four times as long, and no longer', async () => {
    const pool = await open({ deadlineMs: 500 })
    expect(await kindOf(read(pool, 'take a second'))).toBe('deadline')
    expect(await kindOf(readLarge(pool, 'take a second'))).toBe('take a second with 0 definitions')
    expect(await kindOf(readLarge(pool, 'spin'))).toBe('deadline')
    expect(await kindOf(readLarge(pool, 'fine'))).toBe(fine)
  })

  it('that took long keeps no other from its thread once it is read', async () => {
    const pool = await open({ deadlineMs: 500 })
    const before = await kindOf(readLarge(pool, 'where'))
    await readLarge(pool, 'take a second')
    expect(await kindOf(readLarge(pool, 'where'))).toBe(before)
  })

  it('that kills its thread harms no other', async () => {
    const pool = await open()
    const kinds = await Promise.all(
      ['end the thread', 'fine', 'fine'].map((order) => kindOf(readLarge(pool, order))),
    )
    expect(kinds).toEqual(['crash', fine, fine])
  })

  it('is read from memory that nobody else sees', async () => {
    expect(await kindOf(readLarge(await open(), 'own memory'))).toBe('own memory with 0 definitions')
  })
})

describe('many messages at once', () => {
  it('are read by the spare thread too where there are processors for it, and few are not', async () => {
    const pool = await open({ deadlineMs: 60_000, spareHelps: true })
    expect(await shares(pool, 4)).toEqual([4])
    const [most = 0, least = 0] = await shares(pool, 40)
    expect(most + least).toBe(40)
    expect(least).toBeGreaterThan(10)
    expect(await shares(pool, 4)).toEqual([4])
    expect(await shares(await open({ deadlineMs: 60_000 }), 40)).toEqual([39, 1])
  })

  it('keep the spare warm: it reads one of twenty', async () => {
    const pool = await open({ deadlineMs: 60_000 })
    const threads: unknown[] = []
    for (let n = 0; n < 60; n += 1) threads.push(await kindOf(read(pool, 'where')))
    const first = threads[0]
    expect(threads.flatMap((thread, index) => (thread === first ? [] : [index + 1]))).toEqual([20, 40, 60])
  })
})

describe('waiting', () => {
  it('costs nothing of the deadline', async () => {
    const pool = await open({ deadlineMs: 300 })
    expect(await kindOf(read(pool, 'wait long'))).toBe('wait long with 0 definitions')
    expect(logged).toEqual([])
  })

  it('is shared: a thread has as many messages at once as wait', async () => {
    const pool = await open()
    for (let n = 0; n < 19; n += 1) await read(pool, 'fine')
    // The spare, whose turn this is, has something to do meanwhile.
    const other = read(pool, 'wait long')
    // They go on only when all two hundred are there.
    const kinds = await Promise.all(Array.from({ length: 200 }, () => kindOf(read(pool, 'meet 200'))))
    expect(new Set(kinds)).toEqual(new Set(['meet 200 with 0 definitions']))
    expect(await kindOf(other)).toBe('wait long with 0 definitions')
  })
})

describe('a message that kills its thread', () => {
  it('is stored unread, and its neighbours are read in another', async () => {
    const pool = await open({ heapMb: 32 })
    for (const deed of ['end the thread', 'eat all memory']) {
      const hostile = read(pool, deed)
      const neighbours = [read(pool, 'wait'), read(pool, 'fine')]
      expect(await kindOf(hostile)).toMatch(/^(crash|deadline)$/)
      expect(await Promise.all(neighbours.map(kindOf))).toEqual(['wait with 0 definitions', fine])
    }
    expect(await kindOf(read(pool, 'end the thread'))).toBe('crash')
  })
})

describe('a fault in reading', () => {
  it('makes the message unread and leaves the thread alone', async () => {
    const pool = await open()
    expect(await kindOf(read(pool, 'throw'))).toBe('crash')
    expect(await kindOf(read(pool, 'fine'))).toBe(fine)
    expect(logged).toMatchObject([{ event: 'fault', where: 'reader' }])
  })
})

describe('the pool', () => {
  it('reads text messages, known by their SID even when unread', async () => {
    const pool = await open()
    const sms: InboundMessage = {
      channel: 'sms',
      id: 'm',
      door: 'test',
      receivedAt: 0,
      sid: 'SM1',
      sender: '72345',
      recipient: '+14155550100',
      body: 'spin',
    }
    expect((await pool.read(sms, FOR_ONE)).summary).toMatchObject({ dedupeKey: 'SM1', sender: '72345' })
  })

  it('reads with new definitions, in threads that started before and in those that start later', async () => {
    const pool = await open()
    pool.reload(new Map([['example-electric', utility()]]))
    expect(await kindOf(read(pool, 'fine'))).toBe('fine with 1 definitions')
    expect(await kindOf(read(pool, 'end the thread'))).toBe('crash')
    expect(await kindOf(read(pool, 'fine'))).toBe('fine with 1 definitions')
  })

  it('says so when its threads do not start', async () => {
    await expect(open({ settings: { broken: true } })).rejects.toThrow('this reader does not start')
  })

  it('rejects what is being read when it closes, and what comes after', async () => {
    const pool = await open()
    const waiting = expect(read(pool, 'wait')).rejects.toThrow('closed')
    await pool.close()
    await waiting
    await expect(read(pool, 'fine')).rejects.toThrow('closed')
  })
})
