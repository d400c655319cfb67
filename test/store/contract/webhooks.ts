import { expect, it } from 'vitest'
import type { UseStore } from '../contract.ts'
import { arrive, newWebhook, REFUSED } from '../event-samples.ts'
import { DAY, T0 } from '../samples.ts'
import { ownEndpoints } from './own-endpoints.ts'

/** Endpoints of companies: their secrets, and what becomes of those that fail. */
export function webhookContract(use: UseStore): void {
  const { claim, create, listen } = ownEndpoints(use)

  it('disables an endpoint after days of failure, keeps what waits for it, and goes on when it is enabled', async () => {
    const { store } = use()
    const { connectionId, webhookId } = await listen(store)
    await store.updateConnection(connectionId, { externalId: 'A-1' }, T0)
    const rules = { disableAfterMs: 5 * DAY }
    const [one] = await claim(store, T0)
    const retry = { ...rules, now: T0, nextDueAt: T0 + 4 * DAY }
    expect(await store.finishEvent(one!.id, REFUSED, retry)).toEqual({ disabled: false })
    const [same] = (await claim(store, T0 + 5 * DAY)).filter(({ id }) => id === one!.id)
    const last = { ...rules, now: T0 + 5 * DAY, nextDueAt: null }
    expect(await store.finishEvent(same!.id, REFUSED, last)).toEqual({ disabled: true })
    expect(await store.getWebhook(webhookId)).toMatchObject({
      disabledAt: T0 + 5 * DAY,
      disabledWhy: 'failing',
      failingSince: T0,
    })
    await expect(store.sendTestEvent(webhookId, T0 + 5 * DAY)).rejects.toMatchObject({ code: 'conflict' })
    await store.releaseEvents('node', T0 + 5 * DAY)
    expect(await claim(store, T0 + 6 * DAY)).toEqual([])
    await store.updateConnection(connectionId, { externalId: 'A-2' }, T0 + 6 * DAY)
    await store.updateWebhook(webhookId, { isEnabled: true }, T0 + 6 * DAY)
    expect(await store.getWebhook(webhookId)).toMatchObject({ disabledAt: null, failingSince: null })
    const waited = await claim(store, T0 + 6 * DAY)
    expect(waited.map(({ eventType }) => eventType)).toEqual(['connection.updated.v2'])
    await arrive(store, waited[0]!.id, T0 + 6 * DAY)
    // What came about meanwhile is kept, and sent on request.
    expect(await claim(store, T0 + 6 * DAY)).toEqual([])
    const asked = { since: T0 + 6 * DAY, missedOnly: true, after: null, limit: 10 }
    expect(await store.replayEvents(webhookId, asked, T0 + 7 * DAY)).toEqual({ lined: 1, next: null })
    expect(await claim(store, T0 + 7 * DAY)).toMatchObject([{ isReplay: true }])
  })

  it('disables one that says it is gone at once', async () => {
    const { store } = use()
    const { webhookId } = await listen(store)
    const [one] = await claim(store, T0)
    const gone = { ...REFUSED, statusCode: 410 }
    const when = { now: T0, nextDueAt: null, disableAfterMs: DAY }
    expect(await store.finishEvent(one!.id, gone, when)).toEqual({ disabled: true })
    expect(await store.getWebhook(webhookId)).toMatchObject({ disabledWhy: 'gone' })
  })

  it('lets the former secret sign for a while, and forgets URL and secrets of an endpoint that goes', async () => {
    const { store } = use()
    const { webhookId } = await listen(store)
    const rotated = await store.rotateSecret(webhookId, { secret: 'whsec_bmV3', formerUntil: T0 + DAY }, T0)
    expect(rotated).toMatchObject({ formerSecretUntil: T0 + DAY })
    const [one] = await claim(store, T0)
    expect((await store.loadEvent(one!.id))!.secrets).toEqual([
      { secret: 'whsec_bmV3', until: null },
      { secret: newWebhook('').secret, until: T0 + DAY },
    ])
    expect(await store.removeWebhook(webhookId, T0)).toBe(true)
    expect(await store.removeWebhook(webhookId, T0)).toBe(false)
    expect(await store.getWebhook(webhookId)).toBeNull()
    expect(await store.loadEvent(one!.id)).toBeNull()
    await arrive(store, one!.id, T0)
    expect(await store.nextEventAt([])).not.toBe(T0)
  })

  it('refuses more endpoints than anybody needs', async () => {
    const { store } = use()
    const { companyId } = await listen(store)
    for (let n = 1; n < 20; n += 1) await create(store, newWebhook(companyId))
    const more = create(store, newWebhook(companyId))
    await expect(more).rejects.toMatchObject({ code: 'conflict' })
    expect(await store.listWebhooks(companyId)).toHaveLength(20)
  })
}
