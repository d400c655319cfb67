import { expect, it } from 'vitest'
import { newId } from '../../../src/domain/id.ts'
import type { UseStore } from '../contract.ts'
import { arrive, newWebhook, REFUSED } from '../event-samples.ts'
import { connection, DAY, FIRST_PAGE, SECOND, T0 } from '../samples.ts'
import { ownEndpoints } from './own-endpoints.ts'

/** How events get on their way: in which order, how many at a time, and once more on request. */
export function eventDeliveryContract(use: UseStore): void {
  const { claim, create, listen } = ownEndpoints(use)

  it('has the first tries of a connection in order, and lets a retry hold up nothing', async () => {
    const { store } = use()
    const { companyId, connectionId, webhookId } = await listen(store)
    await store.updateConnection(connectionId, { externalId: 'A-1' }, T0)
    await store.updateConnection(connectionId, { externalId: 'A-2' }, T0)
    const other = connection(companyId)
    await store.createConnection(other, {})
    const [first, others, ...rest] = await claim(store, T0)
    expect(rest).toEqual([])
    expect([first!.connectionId, others!.connectionId]).toEqual([connectionId, other.id])
    expect(await claim(store, T0)).toEqual([])
    const later = { now: T0 + 1, nextDueAt: T0 + 5 * SECOND, disableAfterMs: DAY }
    await store.finishEvent(first!.id, REFUSED, later)
    const [second] = await claim(store, T0 + 1)
    expect(second).toMatchObject({ connectionId, eventType: 'connection.updated.v2', tries: 0 })
    await arrive(store, second!.id, T0 + 2)
    const both = await claim(store, T0 + 5 * SECOND)
    expect(both.map(({ id, tries }) => [id === first!.id, tries])).toEqual([
      [true, 1],
      [false, 0],
    ])
    const { items } = await store.listEventDeliveries(webhookId, FIRST_PAGE)
    expect(items.at(-1)).toMatchObject({
      statusCode: 500,
      response: 'out of order',
      lastError: REFUSED.error,
    })
  })

  it('takes a few of each endpoint at a time, and none of a busy one', async () => {
    const { store } = use()
    const { companyId, webhookId } = await listen(store)
    const second = await create(store, newWebhook(companyId))
    for (let n = 0; n < 5; n += 1) await store.createConnection(connection(companyId), {})
    const taken = await claim(store, T0, { limitEach: 2, busy: [second.id] })
    expect(taken.map((one) => one.webhookId)).toEqual([webhookId, webhookId])
    expect(await store.nextEventAt([webhookId])).toBe(T0)
    const more = await claim(store, T0, { limitEach: 2 })
    expect(more.map((one) => one.webhookId).sort()).toEqual(
      [webhookId, webhookId, second.id, second.id].sort(),
    )
  })

  it('gives back what a process held, and what one that died had leased', async () => {
    const { store } = use()
    const { webhookId } = await listen(store)
    const [taken] = await claim(store, T0)
    expect(await claim(store, T0 + 30_000)).toEqual([])
    const [again] = await claim(store, T0 + 60_000, { holder: 'another' })
    expect(again!.id).toBe(taken!.id)
    expect(await store.releaseEvents('another', T0 + 60_000)).toBeGreaterThan(0)
    expect((await claim(store, T0 + 60_000)).map(({ webhookId: id }) => id)).toEqual([webhookId])
  })

  it('sends one event again, or all since an instant, in order and page by page', async () => {
    const { store } = use()
    const { connectionId, webhookId } = await listen(store)
    for (const n of [1, 2, 3]) await store.updateConnection(connectionId, { externalId: `A-${n}` }, T0 + n)
    for (let at = T0 + 5; at < T0 + 9; at += 1) {
      for (const { id } of await claim(store, at)) await arrive(store, id, at)
    }
    const sent = (await store.listEventDeliveries(webhookId, FIRST_PAGE)).items
    expect(sent.map(({ state }) => state)).toEqual(Array(4).fill('sent'))
    const again = await store.replayDelivery(sent[1]!.id, T0 + 10)
    expect(again).toMatchObject({ eventId: sent[1]!.eventId, isReplay: true, state: 'due' })
    await arrive(store, (await claim(store, T0 + 10))[0]!.id, T0 + 10)
    const all = { since: T0 + 1, missedOnly: false, after: null, limit: 2 }
    const first = (await store.replayEvents(webhookId, all, T0 + 11))!
    expect(first).toMatchObject({ lined: 2, next: { at: T0 + 2 } })
    expect(await store.replayEvents(webhookId, { ...all, after: first.next }, T0 + 11)).toEqual({
      lined: 1,
      next: null,
    })
    expect(await store.replayEvents(webhookId, { ...all, missedOnly: true }, T0 + 11)).toMatchObject({
      lined: 0,
    })
    const order: string[] = []
    for (const at of [T0 + 12, T0 + 13, T0 + 14]) {
      const [next] = await claim(store, at)
      order.push(next!.eventId)
      await arrive(store, next!.id, at)
    }
    expect(order).toEqual(
      sent
        .slice(0, 3)
        .reverse()
        .map(({ eventId }) => eventId),
    )
    expect(await store.replayDelivery(newId(), T0)).toBeNull()
  })
}
