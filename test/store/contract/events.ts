import { expect, it } from 'vitest'
import type { RelayEvent } from '../../../src/domain/event.ts'
import type { Store } from '../../../src/store/store.ts'
import type { UseStore } from '../contract.ts'
import { newDocument, newItem, newJob } from '../document-samples.ts'
import { newWebhook } from '../event-samples.ts'
import { attempt, company, connection, DAY, FIRST_PAGE, HOUR, mfaSetup, T0 } from '../samples.ts'
import { ownEndpoints } from './own-endpoints.ts'
import { NOTHING_PAST, purgeAll } from './retention.ts'

/** All events for an endpoint so far, oldest first. */
async function eventsFor(store: Store, webhookId: string): Promise<RelayEvent[]> {
  const { items } = await store.listEventDeliveries(webhookId, FIRST_PAGE)
  const loaded = await Promise.all([...items].reverse().map(({ id }) => store.loadEvent(id)))
  return loaded.map((one) => one!.event)
}
const shape = ({ type, facts }: RelayEvent) => [
  type,
  facts.changes?.protectedChanges ?? [],
  facts.connection?.version,
]

async function logIn(store: Store, id: string, outcome: object, at: number) {
  const opened = await store.openAttempt(attempt(id, { openedAt: at, expiresAt: at + HOUR }))
  await store.closeAttempt(opened.id, outcome, at + 1)
}

/** What companies are told, and for how long it is kept. */
export function eventContract(use: UseStore): void {
  const { claim, create, listen } = ownEndpoints(use)

  it('tells one event of each real change, with what it was before, and none of instants alone', async () => {
    const { store } = use()
    const { connectionId, webhookId, companyId } = await listen(store)
    await store.updateConnection(connectionId, { externalId: 'A-1', initialSites: ['x'] }, T0)
    await store.updateConnection(connectionId, { externalId: 'A-1' }, T0 + 1)
    await store.updateConnection(connectionId, { password: 'not-a-real-one' }, T0 + 2)
    await store.updateConnection(connectionId, { username: 'sam', password: 'another' }, T0 + 3)
    await store.configureMfa(connectionId, mfaSetup({ totpSecret: 'JBSWY3DPEHPK3PXP' }), T0 + 4)
    await store.configureMfa(connectionId, mfaSetup({ totpSecret: 'JBSWY3DPEHPK3PXP' }), T0 + 5)
    await logIn(store, connectionId, { status: 'CONNECTED' }, T0 + 6)
    await logIn(store, connectionId, { status: 'CONNECTED' }, T0 + 8)
    await logIn(store, connectionId, {}, T0 + 10)
    await logIn(store, connectionId, { status: 'MFA_TOKEN_EXPIRED' }, T0 + 12)
    const found = { cause: 'nothing_arrived', detail: 'Nothing came.', suggestion: 'Check.' } as const
    const { version } = (await store.getConnection(connectionId))!
    await store.applyDiagnosis(connectionId, version, found, T0 + 14)
    await store.updateCompany(companyId, { isActive: false }, T0 + 15)
    await store.settleCompany(companyId, T0 + 15, 10)
    const told = await eventsFor(store, webhookId)
    const versions = told.map(({ facts }) => facts.connection!.version)
    expect(told.map((one) => shape(one).slice(0, 2))).toEqual([
      ['connection.created.v2', []],
      ['connection.updated.v2', ['externalId', 'initialSites']],
      ['connection.updated.v2', ['username', 'password']],
      ['connection.updated.v2', ['mfaMethod', 'totpSecret']],
      ['connection.updated.v2', ['status']],
      ['connection.validated.v2', []],
      ['connection.updated.v2', ['status']],
      ['connection.validated.v2', []],
      ['connection.updated.v2', ['statusErrorDetail', 'statusCause', 'statusSuggestion']],
      ['connection.updated.v2', ['status', 'statusErrorDetail', 'statusCause', 'statusSuggestion']],
    ])
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b))
    expect(versions.at(-1)).toBe((await store.getConnection(connectionId))!.version)
    expect(told[1]!.facts.changes!.old).toEqual({ externalId: null, initialSites: ['12 Example Street'] })
    expect(told[2]!.facts.changes!.old).toEqual({})
    expect(told[4]!.facts).toMatchObject({
      changes: { old: { status: 'PENDING' } },
      connection: { status: 'CONNECTED', id: connectionId },
      company: { id: companyId, name: 'Example Energy' },
    })
    expect(JSON.stringify(told)).not.toMatch(/not-a-real-one|another|JBSW/)
  })

  it('gives each event about a connection a version of its own, however close they are', async () => {
    const { store } = use()
    const { connectionId, webhookId } = await listen(store)
    await logIn(store, connectionId, { status: 'CONNECTED' }, T0)
    await logIn(store, connectionId, { status: 'OTHER_ERROR' }, T0 + 2)
    const told = await eventsFor(store, webhookId)
    expect(told.map(({ facts }) => facts.connection!.version)).toEqual([1, 2, 3, 4, 5])
    expect((await store.getConnection(connectionId))!.version).toBe(5)
  })

  it('tells of documents, once for each content', async () => {
    const { store } = use()
    const { companyId, connectionId, webhookId } = await listen(store)
    const [one, again] = [newItem(), newItem()]
    const job = newJob({ companyId, connectionId, items: [one, again] })
    await store.createJob(job)
    const document = newDocument()
    await store.addDocument(one.id, document, T0)
    await store.addDocument(again.id, newDocument({ sha256: document.sha256 }), T0)
    const told = (await eventsFor(store, webhookId)).filter(({ type }) => type === 'document.created.v2')
    expect(told.map(({ facts }) => facts.document)).toMatchObject([
      { id: document.id, jobId: job.id, connectionId, utility: 'sandbox-power', state: document.state },
    ])
  })

  it('writes nothing for a company that does not listen, nor what an endpoint did not choose', async () => {
    const { store } = use()
    const quiet = company()
    await store.createCompany(quiet)
    await store.createConnection(connection(quiet.id), {})
    const later = await create(store, newWebhook(quiet.id))
    expect(
      await store.replayEvents(later.id, { since: 0, missedOnly: false, after: null, limit: 9 }, T0),
    ).toEqual({
      lined: 0,
      next: null,
    })
    const { webhookId } = await listen(store, { eventTypes: ['connection.validated.v2'] })
    expect(await eventsFor(store, webhookId)).toEqual([])
  })

  it('lets events go with the connection that they are about', async () => {
    const { store } = use()
    const { connectionId, webhookId } = await listen(store)
    await store.deleteConnection(connectionId, T0)
    expect(await store.listEventDeliveries(webhookId, FIRST_PAGE)).toEqual({ total: 0, items: [] })
  })

  it('lets old events go, and what waited behind them have its turn', async () => {
    const { store } = use()
    const { connectionId, webhookId } = await listen(store)
    await store.updateConnection(connectionId, { externalId: 'A-1' }, T0 + DAY)
    const counts = await purgeAll(store, { ...NOTHING_PAST, eventsBefore: T0 + 1 })
    expect(counts.events).toBeGreaterThan(0)
    const due = (await claim(store, Date.now() + DAY, { limit: 1000 })).filter(
      (one) => one.webhookId === webhookId,
    )
    expect(due.map(({ eventType }) => eventType)).toEqual(['connection.updated.v2'])
  })
}
