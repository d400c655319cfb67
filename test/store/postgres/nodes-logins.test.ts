import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { newId } from '../../../src/domain/id.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  attempt,
  codeRecord,
  company,
  connection,
  FIRST_PAGE,
  MINUTE,
  mfaSetup,
  provision,
  rules,
  T0,
} from '../samples.ts'
import { answers, failures, shareNodes, spread } from './test-store.ts'

/* What many nodes on one database promise of logins: each case has them all do the same thing at the same moment. */

const use = shareNodes(3)

const SECRET = 'JBSWY3DPEHPK3PXP'
const late = { openedAt: T0 + 11 * MINUTE, expiresAt: T0 + 20 * MINUTE }

describe('one code goes to one attempt', () => {
  it('however many ask for theirs, on whichever node', async () => {
    const { nodes, store } = use()
    const logins = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { connectionId, address } = await provision(store)
        const { id } = await store.openAttempt(attempt(connectionId))
        return { connectionId, address, id }
      }),
    )
    const codes = logins.map(({ connectionId, address }, n) =>
      codeRecord(connectionId, { code: `${100_000 + n}` }, { mailbox: address }),
    )
    await spread(nodes, 20, (node, n) => node.saveInbound([codes[n]!]))
    const claims = await spread(nodes, 120, (node, n) =>
      node.claimCode(logins[n % 20]!.id, rules(), `key:${n}`),
    )
    expect(failures(claims)).toEqual([])
    const got = answers(claims).map((claim) => (claim.kind === 'code' ? claim.code.code : claim.kind))
    expect(got).toEqual(Array.from({ length: 120 }, (_, n) => `${100_000 + (n % 20)}`))
    for (const { id } of logins) {
      const { items } = await store.listAudit({ subject: `attempt:${id}` }, FIRST_PAGE)
      expect(items.filter(({ action }) => action === 'code.claimed')).toHaveLength(1)
    }
  })

  it('though two clocks disagree about which attempt is open', async () => {
    const { nodes, store } = use()
    const { connectionId, address } = await provision(store)
    const first = await store.openAttempt(attempt(connectionId))
    const next = await store.openAttempt(attempt(connectionId, late))
    for (let round = 0; round < 15; round += 1) {
      const message = codeRecord(
        connectionId,
        { code: `2000${10 + round}`, receivedAt: T0 + 12 * MINUTE + round },
        { mailbox: address },
      )
      await store.saveInbound([message])
      const claims = await spread(nodes, 6, (node, n) =>
        n % 2 === round % 2
          ? node.claimCode(first.id, rules({ now: T0 + MINUTE }), 'key:slow-clock')
          : node.claimCode(next.id, rules({ now: T0 + 13 * MINUTE }), 'key:runner'),
      )
      expect(failures(claims)).toEqual([])
      const owners = answers(claims).flatMap((claim, n) =>
        claim.kind === 'code' && claim.code.id === message.code.id ? [n % 2] : [],
      )
      expect(new Set(owners).size).toBe(1)
    }
  })

  it('and a time step of an authenticator to one, too', async () => {
    const { nodes, store } = use()
    const { connectionId } = await provision(store, { method: 'authenticator', totpSecret: SECRET })
    const first = await store.openAttempt(attempt(connectionId))
    const next = await store.openAttempt(attempt(connectionId, late))
    const now = T0 + 5000
    const claims = await spread(nodes, 12, (node, n) =>
      node.claimTotp(n % 2 === 0 ? first.id : next.id, { now, actor: 'key:r' }),
    )
    expect(failures(claims)).toEqual([])
    const codes = answers(claims).map((claim) => claim.kind)
    expect(codes.filter((kind) => kind === 'code')).toHaveLength(6)
    expect(codes.filter((kind) => kind === 'wait')).toHaveLength(6)
    const isNew = answers(claims).filter((claim) => claim.kind === 'code' && claim.isNew)
    expect(isNew).toHaveLength(1)
  })
})

describe('one login at a time', () => {
  it('of a connection', async () => {
    const { nodes, store } = use()
    const { connectionId } = await provision(store)
    const opens = await spread(nodes, 15, (node) => node.openAttempt(attempt(connectionId)))
    expect(answers(opens)).toHaveLength(1)
    expect(new Set(failures(opens))).toEqual(new Set(['attempt_open']))
  })

  it('of all that share inboxes, and none halfway', async () => {
    const { nodes, store } = use()
    const inboxes = [`a-${newId()}@customer.test`, `b-${newId()}@customer.test`]
    const own = { method: 'inbox_forwarding', inboxAddresses: inboxes } as const
    const logins = await Promise.all(Array.from({ length: 9 }, () => provision(store, own)))
    for (let round = 0; round < 3; round += 1) {
      const at = { openedAt: T0 + round * MINUTE, expiresAt: T0 + (round + 5) * MINUTE }
      const opens = await spread(nodes, 9, (node, n) =>
        node.openAttempt(attempt(logins[n]!.connectionId, at)),
      )
      expect(new Set(failures(opens))).toEqual(new Set(['attempt_open']))
      const [winner] = answers(opens)
      expect(answers(opens)).toHaveLength(1)
      await store.closeAttempt(winner!.id, {}, at.openedAt + 1)
    }
  })

  it('ends once, with one answer for one key', async () => {
    const { nodes, store } = use()
    const { connectionId } = await provision(store)
    const login = await store.openAttempt(attempt(connectionId))
    const key = { scope: 'key:r', key: newId(), fingerprint: 'a' }
    const ends = await spread(nodes, 9, (node, n) =>
      node.closeAttempt(login.id, { status: 'CONNECTED' }, T0 + n, key),
    )
    expect(failures(ends)).toEqual([])
    expect(new Set(answers(ends).map((answer) => JSON.stringify(answer))).size).toBe(1)
    const others = await spread(nodes, 3, (node) => node.closeAttempt(login.id, {}, T0 + 20))
    expect(failures(others)).toEqual(['attempt_over', 'attempt_over', 'attempt_over'])
    const { items } = await store.listStatusHistory(connectionId, FIRST_PAGE)
    expect(items.filter(({ event }) => event === 'outcome')).toHaveLength(1)
  })

  it('opens once for one Idempotency-Key', async () => {
    const { nodes, store } = use()
    const { connectionId } = await provision(store)
    const key = { scope: 'key:r', key: newId(), fingerprint: 'a' }
    const opens = await spread(nodes, 12, (node) => node.openAttempt(attempt(connectionId), key))
    expect(failures(opens)).toEqual([])
    expect(new Set(answers(opens).map(({ id }) => id)).size).toBe(1)
    const other = await spread(nodes, 3, (node) =>
      node.openAttempt(attempt(connectionId), { ...key, fingerprint: 'b' }),
    )
    expect(new Set(failures(other))).toEqual(new Set(['idempotency_key_reused']))
  })
})

describe('leases', () => {
  const due = async (owner: string, utility: string, count: number): Promise<string[]> => {
    const logins = Array.from({ length: count }, () =>
      connection(owner, { utility, createdAt: T0 - 60 * MINUTE }),
    )
    for (const login of logins) await use().store.createConnection(login, { username: 'pat', password: 'p' })
    return logins.map(({ id }) => id)
  }
  const request = (now: number) => ({
    attemptId: newId(),
    runner: 'farm',
    now,
    expiresAt: now + 10 * MINUTE,
    actor: 'key:r',
  })

  it('hand each login that is due to one runner, and nobody goes away empty before all are handed out', async () => {
    const { nodes, store } = use()
    const owners = [company(), company()]
    for (const owner of owners) await store.createCompany(owner)
    const ids: string[] = []
    for (const owner of owners) {
      ids.push(...(await due(owner.id, 'sandbox-power', 6)), ...(await due(owner.id, 'pge', 4)))
    }
    const now = T0 + 60 * MINUTE
    const leases = await spread(nodes, 30, (node, n) =>
      n % 5 === 4
        ? // What else happens to connections meanwhile.
          node.updateConnection(ids[n % ids.length]!, { url: `https://n${n}.test` }, now).then(() => null)
        : node.leaseLogin(request(now)),
    )
    expect(failures(leases)).toEqual([])
    const got = answers(leases).flatMap((lease) => (lease === null ? [] : [lease.attempt.connectionId]))
    expect(new Set(got).size).toBe(got.length)
    expect([...got].sort()).toEqual([...ids].sort())
  })

  it('keep off a connection that somebody is changing, until they are done', async () => {
    const { store, url } = use()
    const owner = company()
    await store.createCompany(owner)
    const [connectionId] = await due(owner.id, 'pge', 1)
    const other = new pg.Client(url)
    await other.connect()
    const lock = `hashtextextended('connection:${connectionId}', 0)`
    await other.query(`select pg_advisory_lock(${lock})`)
    const { rows } = await other.query('select clock_timestamp() as now')
    const triesSince = `select 1 from pg_stat_activity where datname = current_database() and query = 'rollback' and query_start > $1`
    const hasTried = async () => (await other.query(triesSince, [rows[0].now])).rowCount !== 0
    let isLeased = false
    const leasing = store.leaseLogin({ ...request(T0 + 63 * MINUTE), companyId: owner.id }).then((lease) => {
      isLeased = true
      return lease
    })
    await waitFor(hasTried, 'a lease that looks at it')
    expect(isLeased).toBe(false)
    await other.end()
    expect((await leasing)?.attempt.connectionId).toBe(connectionId)
  })

  it('repeat one lease for one Idempotency-Key', async () => {
    const { nodes, store } = use()
    const owner = company()
    await store.createCompany(owner)
    await due(owner.id, 'sandbox-power', 3)
    const key = { scope: 'key:r', key: newId(), fingerprint: 'a' }
    const now = T0 + 61 * MINUTE
    const leases = await spread(nodes, 9, (node) =>
      node.leaseLogin({ ...request(now), companyId: owner.id }, key),
    )
    expect(failures(leases)).toEqual([])
    expect(new Set(answers(leases).map((lease) => lease?.attempt.id)).size).toBe(1)
  })

  it('begin a test that a customer asked for once', async () => {
    const { nodes, store } = use()
    const owner = company()
    await store.createCompany(owner)
    const [connectionId] = await due(owner.id, 'bge', 1)
    await store.configureMfa(connectionId!, mfaSetup(), T0)
    const now = T0 + 62 * MINUTE
    const ask = () => ({
      id: newId(),
      connectionId: connectionId!,
      askedAt: now,
      askedBy: 'key:c',
      expiresAt: now + MINUTE,
      attemptId: null,
    })
    const asked = await spread(nodes, 6, (node) => node.askTestLogin(ask()))
    expect(answers(asked)).toHaveLength(1)
    const leases = await spread(nodes, 9, (node) => node.leaseLogin({ ...request(now), companyId: owner.id }))
    expect(failures(leases)).toEqual([])
    expect(answers(leases).filter((lease) => lease !== null)).toHaveLength(1)
  })
})
