import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Connection } from '../../src/domain/connection.ts'
import { newId } from '../../src/domain/id.ts'
import type { InboundRecord } from '../../src/domain/inbound-record.ts'
import { type CourierSet, makeCouriers } from '../../src/outbox/couriers.ts'
import { type Outbox, startOutbox } from '../../src/outbox/outbox.ts'
import { copyPlanner } from '../../src/outbox/plan.ts'
import { pageRoutes } from '../../src/pages/routes.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import type { MfaSetup, Store } from '../../src/store/store.ts'
import { memoryWakeup } from '../../src/wakeup/memory.ts'
import { OUTBOX_TOPIC } from '../../src/wakeup/wakeup.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'
import { waitFor } from '../support/wait-for.ts'
import { ORIGINAL } from './content.ts'

/* The outbox with everything real around it: the SQLite store, a mail server on a socket, the hosted pages. */

const MASTER_KEYS = [new Uint8Array(32).fill(9)]
const MAILBOX = 'mfa-aaaaaaaaaaaaaaaa@relay.test'
const PAT = 'pat@customer.test'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function setUp(
  recipients: MfaSetup['recipients'],
  sinkOptions: Parameters<typeof startSmtpSink>[0] = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'outbox-'))
  open.push(() => rmSync(folder, { recursive: true, force: true }))
  const store = await openSqliteStore({ path: join(folder, 'relay.db'), masterKeys: MASTER_KEYS })
  open.push(() => store.close())
  const sink = await startSmtpSink(sinkOptions)
  open.push(() => sink.close())
  const connectionId = await addConnection(store, recipients)
  const wakeup = memoryWakeup()
  const set = couriers(sink.smtpUrl)
  const start = (): Outbox => {
    const outbox = startOutbox({ store, wakeup, couriers: set.couriers, holder: newId() })
    open.push(() => outbox.close(1_000))
    return outbox
  }
  const receiveCode = async (validMs = 600_000) => {
    await store.saveInbound([await record(store, connectionId, Date.now() + validMs)])
    wakeup.notify(OUTBOX_TOPIC)
  }
  const deliveries = async () => (await store.listDeliveries(connectionId, { page: 1, limit: 50 })).items
  return { store, sink, set, start, receiveCode, deliveries, connectionId }
}

function couriers(outboundSmtpUrl: string): CourierSet {
  const settings = {
    mailDomain: 'relay.test',
    outboundSmtpUrl,
    relayFrom: '',
    attachOriginal: false,
    dkimDomain: '',
    dkimSelector: '',
    dkimKey: '',
    smsFrom: '',
    publicUrl: '',
  }
  return makeCouriers(settings, {
    masterKeys: MASTER_KEYS,
    publicUrl: () => '',
    nameOf: () => 'Sandbox Power',
    smsMessages: null,
  })
}

async function addConnection(store: Store, recipients: MfaSetup['recipients']): Promise<string> {
  const at = Date.now()
  const company = {
    id: newId(),
    name: 'Example Energy',
    externalId: null,
    publicId: newId(),
    features: { smsRelay: false },
    vouchedDomains: [],
    contactEmail: null,
    notices: true,
    isActive: true,
    createdAt: at,
    updatedAt: at,
  }
  await store.createCompany(company)
  const connection: Connection = {
    id: newId(),
    companyId: company.id,
    utility: 'sandbox-power',
    url: null,
    country: null,
    externalId: null,
    connectionOwnerEmail: null,
    initialSites: [],
    utilityTypes: [],
    dataCollectionStartDate: null,
    username: null,
    hasPassword: false,
    mfaMethod: null,
    inboxAddresses: [],
    status: 'PENDING',
    statusFirstSeenAt: at,
    statusLastUpdateAt: at,
    statusErrorDetail: null,
    statusCause: null,
    statusSuggestion: null,
    version: 1,
    createdAt: at,
    updatedAt: at,
  }
  await store.createConnection(connection, {})
  const newMailboxes = [{ address: MAILBOX, channel: 'email', providerSid: null }] as const
  const setup: MfaSetup = { method: 'managed_forwarding', inboxAddresses: [], recipients, newMailboxes }
  await store.configureMfa(connection.id, setup, at)
  return connection.id
}

async function record(store: Store, connectionId: string, expiresAt: number): Promise<InboundRecord> {
  const context = (await store.findMailbox(MAILBOX))!
  const verdict = {
    level: 'trusted',
    reasons: [],
    senderDomain: 'sandbox-power.test',
    forwardedBy: null,
  } as const
  const extraction = { kind: 'code', code: '431862', rule: 'r', confidence: 1, candidates: [] } as const
  const source = `connection:${connectionId}`
  const code = {
    id: newId(),
    source,
    code: '431862',
    verdict: 'trusted',
    rule: 'r',
    confidence: 1,
    expiresAt,
  } as const
  return {
    id: newId(),
    mailbox: MAILBOX,
    connectionId,
    channel: 'email',
    dedupeKey: newId(),
    envelopeSender: 'no-reply@sandbox-power.test',
    clientAddress: '127.0.0.1',
    sender: 'no-reply@sandbox-power.test',
    senderDomain: 'sandbox-power.test',
    subject: 'Your code',
    receivedAt: Date.now(),
    sentAt: Date.now(),
    size: ORIGINAL.length,
    raw: Buffer.from(ORIGINAL),
    verdict,
    extraction,
    code,
    deliveries: copyPlanner({ relayNotices: true })(context, { verdict, extraction }, code),
  }
}

const confirmed = { channel: 'email', address: PAT, state: 'confirmed' } as const

describe('copies, from the store to a real mailbox', () => {
  it('sends the code that was written with its message, and writes down that it did', async () => {
    const { sink, start, receiveCode, deliveries } = await setUp([confirmed])
    const outbox = start()
    await receiveCode()
    await outbox.whenIdle()
    expect(sink.mails.map(({ envelope }) => envelope.to)).toEqual([[PAT]])
    expect(sink.mails[0]!.parsed.text).toContain('431862')
    expect(sink.mails[0]!.parsed.references).toBe('<original-1@sandbox-power.test>')
    expect(await deliveries()).toMatchObject([{ state: 'sent', tries: 1, lastError: null }])
  })

  it('a copy that was leased by a process that died is sent after a restart, with the same Message-ID', async () => {
    const { store, sink, set, start, receiveCode, deliveries } = await setUp([confirmed])
    await receiveCode()
    const now = Date.now()
    // The process that died had sent it, but not written that down.
    const dead = { now, leaseUntil: now + 1, holder: 'dead' }
    const [leased] = await store.claimDeliveries({ ...dead, limit: 1, limitEach: 1, busy: [] })
    const content = await store.loadDelivery(leased!.id)
    await set.couriers.email!.send(content!, new AbortController().signal)
    await waitFor(() => Date.now() > now + 1, 'the lease to run out')
    await start().whenIdle()
    const ids = sink.mails.map(({ parsed }) => parsed.messageId)
    expect(ids).toHaveLength(2)
    expect(ids[1]).toBe(ids[0])
    expect(await deliveries()).toMatchObject([{ state: 'sent' }])
  })

  it('refused for good: failed, visible on the connection, with the words of the next hop', async () => {
    const refuseRecipient = () => ({ code: 550, text: 'no such mailbox' })
    const { store, start, receiveCode, deliveries, connectionId } = await setUp([confirmed], {
      refuseRecipient,
    })
    const outbox = start()
    await receiveCode()
    await outbox.whenIdle()
    expect(await deliveries()).toMatchObject([
      { state: 'failed', lastError: expect.stringContaining('no such mailbox') },
    ])
    expect((await store.getMfa(connectionId))!.failedDeliveries).toBe(1)
  })

  it.each([
    ['5.1.1 no such user', 'stopped', 'hard_bounces'],
    ['5.7.1 relay access denied', 'confirmed', null],
    ['no such mailbox', 'confirmed', null],
  ])('a next hop that says 550 %s leaves the recipient %s', async (text, state, stopReason) => {
    const { store, start, receiveCode, connectionId, deliveries } = await setUp([confirmed], {
      refuseRecipient: () => ({ code: 550, text }),
    })
    const outbox = start()
    await receiveCode()
    await outbox.whenIdle()
    expect((await store.getMfa(connectionId))!.recipients).toMatchObject([{ state, stopReason }])
    expect((await deliveries())[0]).toMatchObject({
      state: 'failed',
      lastError: expect.stringContaining(text),
    })
  })

  it('refused for now: due again a little later', async () => {
    const refuseRecipient = () => ({ code: 451, text: 'later' })
    const { start, receiveCode, deliveries } = await setUp([confirmed], { refuseRecipient })
    const outbox = start()
    await receiveCode()
    await outbox.whenIdle()
    const [delivery] = await deliveries()
    expect(delivery).toMatchObject({ state: 'due', tries: 1 })
    expect(delivery!.dueAt).toBeGreaterThan(delivery!.createdAt + 4_000)
  })

  it('a code that is dead already is not copied: expired', async () => {
    const { sink, start, receiveCode, deliveries } = await setUp([confirmed])
    await receiveCode(-1)
    await start().whenIdle()
    expect(sink.mails).toEqual([])
    expect(await deliveries()).toMatchObject([{ state: 'expired' }])
  })
})

describe('a new recipient', () => {
  it('is asked, gets nothing until they confirm on the page, then gets copies, and none once they stop', async () => {
    const { store, sink, set, start, receiveCode } = await setUp([
      { channel: 'email', address: PAT, state: 'pending' },
    ])
    const pages = pageRoutes({ store, readLink: set.links.read, utilityName: () => 'Sandbox Power' })
    const outbox = start()
    await outbox.whenIdle()
    expect(sink.mails.map(({ parsed }) => parsed.subject)).toEqual([
      'Confirm copies of your Sandbox Power codes',
    ])
    await receiveCode()
    await outbox.whenIdle()
    expect(sink.mails).toHaveLength(1)

    const link = /(\/r\/confirm\/\S+)/.exec(sink.mails[0]!.parsed.text!)![1]!
    expect((await pages.request(link)).status).toBe(200)
    await receiveCode()
    await outbox.whenIdle()
    expect(sink.mails).toHaveLength(1)
    expect((await pages.request(link, { method: 'POST' })).status).toBe(200)
    await receiveCode()
    await outbox.whenIdle()
    expect(sink.mails.map(({ parsed }) => parsed.subject)).toEqual([
      'Confirm copies of your Sandbox Power codes',
      'Your Sandbox Power code',
    ])

    const header = sink.mails[1]!.parsed.headers.find(({ key }) => key === 'list-unsubscribe')!.value
    const oneClick = { method: 'POST', body: new URLSearchParams('List-Unsubscribe=One-Click') }
    expect((await pages.request(/<(.*)>/.exec(header)![1]!, oneClick)).status).toBe(200)
    await receiveCode()
    await outbox.whenIdle()
    expect(sink.mails).toHaveLength(2)
    const { items } = await store.listAudit({}, { page: 1, limit: 10 })
    expect(items.map(({ action }) => action).sort()).toEqual(['recipient.confirmed', 'recipient.stopped'])
  })
})
