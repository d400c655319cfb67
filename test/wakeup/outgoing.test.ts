import { describe, expect, it, vi } from 'vitest'
import { gatherTopics } from '../../src/wakeup/outgoing.ts'
import { ANY_TOPIC } from '../../src/wakeup/wakeup.ts'

/** Publications that end when they are let. */
function slowPublisher() {
  const published: (readonly string[])[] = []
  const open: { resolve(): void; reject(error: Error): void }[] = []
  return {
    published,
    publish: (topics: readonly string[]) => {
      published.push(topics)
      return new Promise<void>((resolve, reject) => open.push({ resolve, reject }))
    },
    finish: () => open.shift()!.resolve(),
    fail: () => open.shift()!.reject(new Error('no connection')),
  }
}
const publications = (slow: ReturnType<typeof slowPublisher>, count: number) =>
  vi.waitFor(() => expect(slow.published).toHaveLength(count))

describe('topics on their way out', () => {
  it('go at once, and together when they come together', async () => {
    const slow = slowPublisher()
    const outgoing = gatherTopics(slow.publish)
    outgoing.add('connection:1')
    outgoing.add('outbox')
    await publications(slow, 1)
    expect(slow.published[0]).toEqual(['connection:1', 'outbox'])
  })

  it('gather while a publication is under way, each once', async () => {
    const slow = slowPublisher()
    const outgoing = gatherTopics(slow.publish)
    outgoing.add('first')
    await publications(slow, 1)
    for (let n = 0; n < 5_000; n += 1) outgoing.add(n % 2 === 0 ? 'outbox' : `connection:${n % 500}`)
    slow.finish()
    await publications(slow, 2)
    expect(slow.published[1]).toHaveLength(251)
    slow.finish()
  })

  it('become one that says "anything" when they are too many or could not be said', async () => {
    const slow = slowPublisher()
    const outgoing = gatherTopics(slow.publish, 100)
    outgoing.add('first')
    await publications(slow, 1)
    for (let n = 0; n < 1_000_000; n += 1) outgoing.add(`connection:${n}`)
    slow.finish()
    await publications(slow, 2)
    expect(slow.published[1]).toEqual([ANY_TOPIC])
    slow.fail()
    await vi.waitFor(() => {
      outgoing.retry()
      expect(slow.published).toHaveLength(3)
    })
    expect(slow.published[2]).toEqual([ANY_TOPIC])
  })

  it('are not tried again by new ones, only when told', async () => {
    const slow = slowPublisher()
    const outgoing = gatherTopics(slow.publish)
    outgoing.add('first')
    await publications(slow, 1)
    slow.fail()
    await new Promise((resolve) => setImmediate(resolve))
    for (let n = 0; n < 1_000; n += 1) outgoing.add(`connection:${n}`)
    await new Promise((resolve) => setImmediate(resolve))
    expect(slow.published).toHaveLength(1)
    outgoing.retry()
    await publications(slow, 2)
    slow.finish()
  })
})
