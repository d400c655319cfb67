import { expect, it } from 'vitest'
import type { Store } from '../../../src/store/store.ts'
import { ARRIVED, claim, newWebhook, REFUSED } from '../event-samples.ts'
import { attempt, company, connection, DAY, T0 } from '../samples.ts'
import { openNodes } from './test-store.ts'

/* Many nodes write and send at once: no event is lost, sent twice at a time, or left behind another that is over. */

it('lines events up and sends them in order, whoever writes and whoever sends', async () => {
  const { nodes, remove } = await openNodes(2)
  const [one, two] = nodes as [Store, Store]
  const owner = company()
  await one.createCompany(owner)
  const webhooks = [newWebhook(owner.id), newWebhook(owner.id)]
  for (const webhook of webhooks) await one.createWebhook(webhook, T0)
  const logins = Array.from({ length: 6 }, () => connection(owner.id))
  for (const login of logins) await one.createConnection(login, {})

  let isWriting = true
  const sent = new Map<string, number[]>()
  const underWay = new Set<string>()
  const send = async (store: Store, holder: string) => {
    for (let idle = 0; isWriting || idle < 3; ) {
      const taken = await claim(store, T0 + DAY, { holder, leaseUntil: T0 + 9 * DAY, limit: 7, limitEach: 3 })
      idle = taken.length === 0 ? idle + 1 : 0
      for (const { id, webhookId, connectionId, tries } of taken) {
        expect(underWay.has(id)).toBe(false)
        underWay.add(id)
        const { event } = (await store.loadEvent(id))!
        if (tries === 0) {
          const line = `${webhookId} ${connectionId}`
          sent.set(line, [...(sent.get(line) ?? []), event.facts.connection!.version])
        }
        underWay.delete(id)
        // Every third fails at first; its retry is due at once and must hold up nothing.
        const isRefused = tries === 0 && event.facts.connection!.version % 3 === 0
        await store.finishEvent(id, isRefused ? REFUSED : ARRIVED, {
          now: T0 + DAY,
          nextDueAt: isRefused ? T0 + DAY : null,
          disableAfterMs: DAY,
        })
      }
    }
  }
  const write = async (store: Store, n: number) => {
    for (const { id } of logins)
      await store.updateConnection(id, { externalId: `A-${n}-${Math.random()}` }, T0)
    const opened = attempt(logins[n % logins.length]!.id, { openedAt: T0 + n, expiresAt: T0 + DAY })
    try {
      await store.openAttempt(opened)
      await store.closeAttempt(opened.id, { status: n % 2 === 0 ? 'CONNECTED' : 'OTHER_ERROR' }, T0 + n)
    } catch (error) {
      // Both nodes wanted the same login: one has it.
      expect(error).toMatchObject({ code: 'attempt_open' })
    }
  }
  const senders = [send(one, 'one'), send(two, 'two')]
  await Promise.all([one, two, one, two].map((store, n) => write(store, n)))
  await Promise.all([one, two, one, two].map((store, n) => write(store, n + 4)))
  isWriting = false
  await Promise.all(senders)

  for (const webhook of webhooks) {
    const { total, items } = await one.listEventDeliveries(webhook.id, { page: 1, limit: 500 })
    expect(items.filter(({ state }) => state !== 'sent')).toEqual([])
    expect(total).toBeGreaterThanOrEqual(6 + 6 * 8)
  }
  for (const versions of sent.values()) expect(versions).toEqual([...versions].sort((a, b) => a - b))
  expect(sent.size).toBe(12)
  await remove()
}, 180_000)
