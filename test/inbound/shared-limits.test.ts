import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { defaultSettings } from '../../src/config.ts'
import { type LimitSettings, limitRules } from '../../src/inbound/limits.ts'
import { sharedLimits } from '../../src/inbound/shared-limits.ts'
import { openRedis, type RedisClient } from '../../src/wakeup/redis-client.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { waitFor } from '../support/wait-for.ts'

/** Windows of this clock begin now, so that no test runs across the end of one. */
const T0 = Date.UTC(2026, 2, 1)
const MOST = 6

let redis: TestRedis
const clients: RedisClient[] = []
const rest = { now: 0 }
/** Of another day for each test, so that they share no counter. */
const clock = { now: T0 }

async function startNode() {
  const client = openRedis(redis.url, 'limits', () => {})
  clients.push(client)
  await waitFor(() => client.status === 'ready', 'the connection')
  const rules = limitRules({
    ...(defaultSettings() as unknown as LimitSettings),
    hostMessagesPerMinute: MOST,
  })
  const limits = sharedLimits(rules, client, { now: () => clock.now, monotonic: () => rest.now })
  return {
    client,
    limits,
    async through(tries: number, key = '192.0.2.7'): Promise<number> {
      const taken = await Promise.all(Array.from({ length: tries }, () => limits.take('host_messages', key)))
      return taken.filter((used) => used === null).length
    },
  }
}

describe('limits of many nodes', () => {
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.close())
  afterEach(() => {
    for (const client of clients.splice(0)) client.disconnect()
    clock.now += 86_400_000
    rest.now += 60_000
  })

  it('are counted together', async () => {
    const [a, b] = [await startNode(), await startNode()]
    const through = await Promise.all([a.through(5), b.through(5)])
    expect(through[0] + through[1]).toBe(MOST)
    expect(await a.limits.take('host_messages', '192.0.2.7')).toEqual({ most: MOST, seconds: 60 })
    expect(await b.through(1, '192.0.2.8')).toBe(1)
    clock.now += 60_000
    expect(await b.through(10)).toBe(MOST)
  })

  it('are counted by each node alone while Redis is gone, and together when it is back', async () => {
    const [a, b] = [await startNode(), await startNode()]
    await redis.kill()
    expect(await Promise.all([a.through(10), b.through(10)])).toEqual([MOST, MOST])
    await redis.start()
    await waitFor(() => a.client.status === 'ready' && b.client.status === 'ready', 'both are back')
    rest.now += 5_000
    clock.now += 60_000
    const through = await Promise.all([a.through(5), b.through(5)])
    expect(through[0] + through[1]).toBe(MOST)
  })

  it('do not wait for a Redis that stands still more than once', async () => {
    const a = await startNode()
    redis.pause()
    try {
      expect(await a.through(10)).toBe(MOST)
      let asked = 0
      const { sendCommand } = a.client
      a.client.sendCommand = (...args) => {
        asked += 1
        return sendCommand.apply(a.client, args)
      }
      expect(await a.through(10, '192.0.2.9')).toBe(MOST)
      expect(asked).toBe(0)
    } finally {
      redis.resume()
    }
  })

  it('begin anew after a flush', async () => {
    const a = await startNode()
    expect(await a.through(10)).toBe(MOST)
    await redis.command('FLUSHALL')
    expect(await a.through(10)).toBe(MOST)
  })

  it('leave no address in Redis, and nothing that stays', async () => {
    await redis.command('FLUSHALL')
    const a = await startNode()
    await a.limits.take('recipient_copies', 'email:pat@example.com')
    const keys = await a.client.keys('*')
    expect(keys).toHaveLength(2)
    expect(keys.join(' ')).not.toMatch(/pat|example/)
    for (const key of keys) expect(await a.client.ttl(key)).toBeGreaterThan(0)
  })
})
