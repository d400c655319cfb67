import { describe, expect, it } from 'vitest'
import { judgeFailure } from '../../../src/domain/bounce.ts'
import { newId } from '../../../src/domain/id.ts'
import type { Store } from '../../../src/store/store.ts'
import { NOTHING_PAST } from '../contract/retention.ts'
import { newCompany, newDocument, newItem, newJob } from '../document-samples.ts'
import { mailsTo } from '../notice-samples.ts'
import {
  attempt,
  codeRecord,
  connection,
  FIRST_PAGE,
  MINUTE,
  mfaSetup,
  provision,
  provisionCopy,
  SECOND,
  T0,
} from '../samples.ts'
import { answers, failures, shareNodes, spread } from './test-store.ts'

/* What many nodes on one database promise of mail, copies, documents and settings, all of them at the same moment. */

const use = shareNodes(3)

const NOW = T0 + 10 * SECOND

describe('a message', () => {
  it('that comes to several nodes is kept once, whatever order its recipients come in', async () => {
    const { nodes, store } = use()
    const { connectionId, address } = await provision(store)
    const keys = Array.from({ length: 90 }, () => newId())
    const batch = (n: number) => {
      const order = n % 2 === 0 ? keys : [...keys].reverse()
      return order.map((dedupeKey) => codeRecord(connectionId, {}, { mailbox: address, dedupeKey }))
    }
    const saves = await spread(nodes, 9, (node, n) => node.saveInbound(batch(n)))
    expect(failures(saves)).toEqual([])
    expect(
      answers(saves)
        .flat()
        .filter(({ isNew }) => isNew),
    ).toHaveLength(90)
    expect((await store.listMessages({ connectionId }, FIRST_PAGE)).total).toBe(90)
  })

  it('that cannot be kept spoils none of those that are saved with it', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const taken = codeRecord(connectionId, {}, { mailbox: address })
    await store.saveInbound([taken])
    const good = Array.from({ length: 30 }, () => codeRecord(connectionId, {}, { mailbox: address }))
    const bad = { ...codeRecord(connectionId, {}, { mailbox: address }), id: taken.id }
    const saves = await Promise.allSettled([...good, bad].map((message) => store.saveInbound([message])))
    expect(saves.slice(0, 30).every(({ status }) => status === 'fulfilled')).toBe(true)
    expect(saves[30]).toMatchObject({ status: 'rejected' })
    expect((await store.listMessages({ connectionId }, FIRST_PAGE)).total).toBe(31)
  })

  it('with characters that PostgreSQL does not keep is kept all the same', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const odd = codeRecord(connectionId, {}, { mailbox: address, sender: 'no\0body@x.test', subject: 'a\0b' })
    await store.saveInbound([odd])
    const kept = await store.getMessage(odd.id)
    expect(kept).toMatchObject({ sender: 'no\uFFFDbody@x.test', subject: 'a\0b' })
  })
})

describe('work', () => {
  it('on copies is done by one node each', async () => {
    const { nodes, store } = use()
    const copies = await Promise.all(Array.from({ length: 20 }, () => provisionCopy(store)))
    const claim = (node: Store, holder: string, limit: number) =>
      node.claimDeliveries({
        now: NOW,
        leaseUntil: NOW + MINUTE,
        holder,
        limit,
        limitEach: limit,
        busy: [],
      })
    const claims = await spread(nodes, 12, (node, n) => claim(node, `node-${n % 3}`, 4))
    expect(failures(claims)).toEqual([])
    const first = answers(claims).flat()
    expect(new Set(first.map(({ id }) => id)).size).toBe(first.length)
    const left = await claim(store, 'x', 99)
    const all = [...first, ...left].map(({ id }) => id)
    expect(all.sort()).toEqual(copies.map(({ copy }) => copy.id).sort())
    await spread(nodes, all.length, (node, n) =>
      node.finishDelivery(all[n]!, { kind: 'sent' }, { now: NOW, nextDueAt: null }),
    )
    expect(await store.nextDeliveryAt()).toBeNull()
  })

  it('on documents is done by one node each, and the last one ends the job', async () => {
    const { nodes, store } = use()
    const companyId = await newCompany(store)
    const items = Array.from({ length: 9 }, () => newItem())
    const { id } = await store.createJob(newJob({ companyId, items }))
    const claim = (node: Store, n: number) =>
      node.claimItem({ holder: `node-${n % 3}`, now: NOW, leaseUntil: NOW + MINUTE })
    const claims = await spread(nodes, 12, claim)
    const claimed = answers(claims).flatMap((item) => (item ? [item.id] : []))
    for (let item = await claim(store, 0); item; item = await claim(store, 0)) claimed.push(item.id)
    expect([...claimed].sort()).toEqual(items.map((item) => item.id).sort())
    // All with the same content: one of them is the document, wherever it is read.
    const sha256 = newId()
    const ends = await spread(nodes, 9, async (node, n) => {
      if (n === 4) await node.failItem(claimed[n]!, 'damaged', NOW)
      else await node.addDocument(claimed[n]!, newDocument({ sha256 }), NOW)
    })
    expect(failures(ends)).toEqual([])
    expect((await store.listDocuments({ companyId }, FIRST_PAGE)).total).toBe(1)
    const job = await store.getJob(id)
    expect(job?.finishedAt).toBe(NOW)
    const results = job!.items.map(({ result }) => result?.kind)
    expect(results.filter((kind) => kind === 'duplicate')).toHaveLength(7)
    expect(results.filter((kind) => kind === 'failed')).toHaveLength(1)
  })

  it('on reports sees what another node writes at that moment: two mails that came back are two', async () => {
    const { nodes, store } = use()
    const people = []
    for (let n = 0; n < 8; n += 1) people.push(await mailsTo(store, 2))
    const badDomain = judgeFailure('5.1.2', '550 no such domain', true)
    const reports = people.flatMap(({ ids }) => ids)
    const notes = await spread(nodes, reports.length, (node, n) =>
      node.noteNoticeBounce(reports[n]!, badDomain, NOW),
    )
    expect(answers(notes).filter((noted) => noted?.stopped)).toHaveLength(8)
    for (const { isStopped } of people) expect(await isStopped()).toBe(true)
  })

  it('of retention is counted once, and hurries nobody', async () => {
    const { nodes, store } = use()
    const { connectionId, address } = await provision(store)
    const old = Array.from({ length: 60 }, (_, n) =>
      codeRecord(connectionId, { receivedAt: T0 - 90 * MINUTE + n }, { mailbox: address }),
    )
    await store.saveInbound(old)
    let removed = 0
    for (let round = 0; removed < 60 && round < 30; round += 1) {
      const purges = await spread(nodes, 3, (node) =>
        node.purge({ ...NOTHING_PAST, bodiesBefore: T0 - 60 * MINUTE, limit: 10 }),
      )
      expect(failures(purges)).toEqual([])
      removed += answers(purges).reduce((sum, { bodies }) => sum + bodies, 0)
    }
    expect(removed).toBe(60)
  })
})

describe('settings', () => {
  it('changed at once are all counted, each move under a version of its own', async () => {
    const { nodes, store } = use()
    const { connectionId } = await provision(store)
    const before = (await store.getConnection(connectionId))!.version
    const changes = await spread(nodes, 18, (node, n) =>
      node.updateConnection(connectionId, { password: `p${n}` }, T0 + n),
    )
    expect(failures(changes)).toEqual([])
    const { items } = await store.listStatusHistory(connectionId, FIRST_PAGE)
    expect(new Set(items.map(({ version }) => version)).size).toBe(items.length)
    expect((await store.getConnection(connectionId))!.version).toBe(before + 18)
  })

  it('repeated at once leave one recipient, asked once', async () => {
    const { nodes, store } = use()
    const { connectionId } = await provision(store)
    const recipients = [{ channel: 'email', address: 'pat@customer.test', state: 'pending' } as const]
    const changes = await spread(nodes, 9, (node) =>
      node.configureMfa(connectionId, mfaSetup({ recipients }), T0),
    )
    expect(failures(changes)).toEqual([])
    expect((await store.getMfa(connectionId))!.recipients).toHaveLength(1)
    expect((await store.listDeliveries(connectionId, FIRST_PAGE)).total).toBe(1)
  })

  it('give a number and an address to one connection', async () => {
    const { nodes, store } = use()
    const owner = await newCompany(store)
    const logins = Array.from({ length: 9 }, () => connection(owner))
    for (const login of logins) await store.createConnection(login, {})
    const numbers = ['+15550000001', '+15550000002', '+15550000003']
    const taken = await spread(nodes, 9, (node, n) => node.takeNumber(logins[n]!.id, numbers, T0))
    expect(failures(taken)).toEqual([])
    const got = answers(taken).flatMap((mailbox) => (mailbox ? [mailbox.address] : []))
    expect(got.sort()).toEqual(numbers)
    const newMailboxes = [
      { address: `same-${newId()}@relay.test`, channel: 'email', providerSid: null } as const,
    ]
    const wanted = await spread(nodes, 9, (node, n) =>
      node.configureMfa(logins[n]!.id, mfaSetup({ newMailboxes }), T0),
    )
    expect(answers(wanted)).toHaveLength(1)
    expect(new Set(failures(wanted))).toEqual(new Set(['conflict']))
  })

  it('of a company reach all its connections, whatever their logins do meanwhile', async () => {
    const { nodes, store } = use()
    const companyId = await newCompany(store)
    const logins = Array.from({ length: 30 }, (_, n) =>
      connection(companyId, { utility: n % 2 === 0 ? 'pge' : 'bge' }),
    )
    for (const login of logins) await store.createConnection(login, { username: 'pat', password: 'p' })
    const open = logins.slice(0, 12).map(({ id }) => attempt(id))
    for (const one of open) await store.openAttempt(one)
    await store.updateCompany(companyId, { isActive: false }, NOW)
    const settle = async (node: Store): Promise<null> => {
      while ((await node.settleCompany(companyId, NOW, 7)) > 0);
      return null
    }
    const done = await spread(nodes, 15, (node, n) =>
      n < 3
        ? settle(node)
        : node.closeAttempt(open[n - 3]!.id, { status: 'CONNECTED' }, NOW).then(() => null),
    )
    expect(failures(done)).toEqual([])
    await settle(store)
    expect(await store.countStatuses(companyId)).toEqual({ COMPANY_INACTIVE: 30 })
  })

  it('and counters lose nothing', async () => {
    const { nodes, store } = use()
    const { connectionId, address } = await provision(store)
    const told = { address, connectionId, sender: 'x@y.test', at: T0 }
    expect(failures(await spread(nodes, 30, (node) => node.countRefusal(told)))).toEqual([])
    const facts = await store.loadFacts(connectionId, T0 - MINUTE)
    expect(facts?.refusals).toMatchObject([{ count: 30 }])
  })
})
