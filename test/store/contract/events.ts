import { afterEach, expect, it } from 'vitest'
import type { RelayEvent } from '../../../src/domain/event.ts'
import { newId } from '../../../src/domain/id.ts'
import type { Store } from '../../../src/store/store.ts'
import type { UseStore } from '../contract.ts'
import { newDocument, newItem, newJob } from '../document-samples.ts'
import { arrive, claim as claimAll, newWebhook, REFUSED } from '../event-samples.ts'
import { attempt, company, connection, DAY, FIRST_PAGE, HOUR, mfaSetup, SECOND, T0 } from '../samples.ts'
import { NOTHING_PAST, purgeAll } from './retention.ts'

/** The endpoints of the test that runs: cases share a store, and what others have left is no business of theirs. */
const mine = new Set<string>()

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

/** What companies are told, and how it gets on its way. */
export function eventContract(use: UseStore): void {
  afterEach(async () => {
    for (const id of mine) await use().store.removeWebhook(id, T0)
    mine.clear()
  })

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
