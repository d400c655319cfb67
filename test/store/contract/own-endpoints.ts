import { afterEach } from 'vitest'
import type { Store } from '../../../src/store/store.ts'
import type { UseStore } from '../contract.ts'
import { claim as claimAll, newWebhook } from '../event-samples.ts'
import { company, connection, T0 } from '../samples.ts'

/** The endpoints of the test that runs: cases share a store, and what others have left is no business of theirs. */
export function ownEndpoints(use: UseStore) {
  const mine = new Set<string>()
  afterEach(async () => {
    for (const id of mine) await use().store.removeWebhook(id, T0)
    mine.clear()
  })

  const claim = async (store: Store, now: number, change: object = {}) =>
    (await claimAll(store, now, change)).filter(({ webhookId }) => mine.has(webhookId))

  async function create(store: Store, webhook: ReturnType<typeof newWebhook>) {
    mine.add(webhook.id)
    return store.createWebhook(webhook, T0)
  }

  /** A company that listens, with a connection. */
  async function listen(store: Store, change: Parameters<typeof newWebhook>[1] = {}) {
    const owner = company()
    await store.createCompany(owner)
    const webhook = await create(store, newWebhook(owner.id, change))
    const login = connection(owner.id)
    await store.createConnection(login, { username: 'pat', password: 'not-a-real-one' })
    return { companyId: owner.id, connectionId: login.id, webhookId: webhook.id }
  }
  return { claim, create, listen }
}
