import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisWakeup, redisWakeup } from '../../src/wakeup/redis.ts'
import { openRedis } from '../../src/wakeup/redis-client.ts'
import { ANY_TOPIC } from '../../src/wakeup/wakeup.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { waitFor } from '../support/wait-for.ts'

const BEAT_MS = 50

type Node = { readonly wakeup: RedisWakeup; readonly heard: string[]; die(): void; close(): Promise<void> }

let redis: TestRedis
const nodes: Node[] = []

function startNode(nodeId: string): Node {
  const [client, subscriber] = ['client', 'subscriber'].map((name) =>
    openRedis(redis.url, `${nodeId}-${name}`, () => {}),
  ) as [ReturnType<typeof openRedis>, ReturnType<typeof openRedis>]
  const wakeup = redisWakeup({ client, subscriber, nodeId, beatMs: BEAT_MS })
  const heard: string[] = []
  wakeup.subscribe((topic) => heard.push(topic))
  const node: Node = {
    wakeup,
    heard,
    /** As kill -9 would: no goodbye. */
    die() {
      client.disconnect()
      subscriber.disconnect()
    },
    async close() {
      await wakeup.close()
      client.disconnect()
    },
  }
  nodes.push(node)
  return node
}

async function startTwo(): Promise<[Node, Node]> {
  const pair: [Node, Node] = [startNode('a'), startNode('b')]
  await waitFor(
    () => pair.every(({ wakeup }) => wakeup.isHealthy() && wakeup.peers() === 1),
    'both hear each other',
  )
  for (const { heard } of pair) heard.length = 0
  return pair
}

describe('wake-ups over Redis', () => {
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.close())
  beforeEach(() => {
    nodes.length = 0
  })
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.close()))
  })

  it('reach the own process at once and the other one soon, once each', async () => {
    const [a, b] = await startTwo()
    a.wakeup.notify('connection:1')
    expect(a.heard).toEqual(['connection:1'])
    await waitFor(() => b.heard.length > 0, 'the hint')
    b.wakeup.notify('connection:2')
    await waitFor(() => a.heard.length > 1, 'the hint back')
    expect([a.heard, b.heard]).toEqual([
      ['connection:1', 'connection:2'],
      ['connection:1', 'connection:2'],
    ])
  })

  it('come in few messages when they are many', async () => {
    const [a, b] = await startTwo()
    const published = async () =>
      Number(/cmdstat_publish:calls=(\d+)/.exec(await redis.command('INFO', 'commandstats'))?.[1])
    const before = await published()
    for (let n = 0; n < 5_000; n += 1) a.wakeup.notify(`connection:${n}`)
    await waitFor(() => b.heard.length === 5_000, 'all hints')
    expect((await published()) - before).toBeLessThan(200)
  })

  it('are said to be missing while Redis is gone, and looked for once when it is back', async () => {
    const [a, b] = await startTwo()
    await redis.kill()
    await waitFor(() => !a.wakeup.isHealthy() && !b.wakeup.isHealthy(), 'both notice')
    for (let n = 0; n < 100_000; n += 1) a.wakeup.notify(`connection:${n}`)
    expect(a.heard).toHaveLength(100_000)
    await redis.start()
    await waitFor(() => a.wakeup.isHealthy() && b.wakeup.isHealthy(), 'both are back')
    await waitFor(() => b.heard.includes(ANY_TOPIC) && a.heard.includes(ANY_TOPIC), 'everyone looks')
    expect(b.heard.every((topic) => topic === ANY_TOPIC)).toBe(true)
    b.heard.length = 0
    a.wakeup.notify('connection:3')
    await waitFor(() => b.heard.includes('connection:3'), 'hints come again')
  })

  it('are said to be missing while Redis stands still', async () => {
    const [a] = await startTwo()
    redis.pause()
    await waitFor(() => !a.wakeup.isHealthy(), 'it notices')
    redis.resume()
    await waitFor(() => a.wakeup.isHealthy() && a.heard.includes(ANY_TOPIC), 'it is back')
  })

  it('are looked for after a connection broke for a moment', async () => {
    const [a, b] = await startTwo()
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await waitFor(() => a.heard.includes(ANY_TOPIC) && b.heard.includes(ANY_TOPIC), 'everyone looks')
    await waitFor(() => a.wakeup.isHealthy() && b.wakeup.isHealthy(), 'both are well')
  })

  it('lose nothing by a flush', async () => {
    const [a, b] = await startTwo()
    await redis.command('FLUSHALL')
    a.wakeup.notify('connection:1')
    await waitFor(() => b.heard.includes('connection:1'), 'the hint')
  })

  it('may be missing for a while when a node falls silent, and not when it says goodbye', async () => {
    const [a, b] = await startTwo()
    await b.wakeup.close()
    await waitFor(() => a.wakeup.peers() === 0, 'it has left')
    expect(a.wakeup.isHealthy()).toBe(true)
    const c = startNode('c')
    await waitFor(() => a.wakeup.peers() === 1, 'another came')
    c.die()
    await waitFor(() => !a.wakeup.isHealthy(), 'its silence is noticed')
    await waitFor(() => a.wakeup.isHealthy(), 'it is forgotten')
  })

  it('start without Redis, and are there when it comes', async () => {
    await redis.kill()
    const a = startNode('a')
    a.wakeup.notify('connection:1')
    expect([a.heard, a.wakeup.isHealthy()]).toEqual([['connection:1'], false])
    await redis.start()
    await waitFor(() => a.wakeup.isHealthy(), 'it is there')
  })

  it('are not troubled by what others write on their channel', async () => {
    const [a, b] = await startTwo()
    for (const text of [
      'x',
      '{}',
      '[]',
      'null',
      '{"node":7}',
      '{"node":"z","topics":"t"}',
      '{"node":"z","topics":[1]}',
    ]) {
      await redis.command('PUBLISH', 'mfa-relay:0:wakeup', text)
    }
    a.wakeup.notify('connection:1')
    await waitFor(() => b.heard.includes('connection:1'), 'the hint')
    expect(b.heard).toEqual(['connection:1'])
  })
})
