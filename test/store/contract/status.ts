import { expect, it } from 'vitest'
import type { ConnectionStatus } from '../../../src/domain/connection.ts'
import { newId } from '../../../src/domain/id.ts'
import type { Store } from '../../../src/store/store.ts'
import type { UseStore } from '../contract.ts'
import {
  attempt,
  codeRecord,
  company,
  connection,
  FIRST_PAGE,
  HOUR,
  MINUTE,
  mfaSetup,
  provision,
  rules,
  T0,
} from '../samples.ts'

const BY = { actor: 'key:support', now: T0 + HOUR }
const found = { cause: 'nothing_arrived', detail: 'Nothing came.', suggestion: 'Please check.' } as const

/** A login at `at` that ends with this status. */
async function logIn(store: Store, id: string, status: ConnectionStatus, at = T0 + MINUTE): Promise<void> {
  const opened = attempt(id, { openedAt: at, expiresAt: at + 10 * MINUTE })
  await store.openAttempt(opened)
  await store.closeAttempt(opened.id, { status }, at + MINUTE)
}

const eventsOf = async (store: Store, id: string): Promise<[string, string][]> =>
  (await store.listStatusHistory(id, FIRST_PAGE)).items.map(({ event, status }) => [event, status])

/** What moves a status, what it leaves behind, and what is counted beside it. */
export function statusContract(use: UseStore): void {
  it('writes every move into the history, newest first, under the version it made', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    await logIn(store, connectionId, 'CONNECTED')
    await logIn(store, connectionId, 'MFA_TOKEN_EXPIRED', T0 + HOUR)
    const { total, items } = await store.listStatusHistory(connectionId, { page: 1, limit: 2 })
    expect(total).toBe(3)
    const now = (await store.getConnection(connectionId))!
    expect(items[0]).toEqual({
      version: now.version,
      at: T0 + HOUR + MINUTE,
      event: 'outcome',
      status: 'MFA_TOKEN_EXPIRED',
      statusFirstSeenAt: T0 + HOUR + MINUTE,
      statusLastUpdateAt: T0 + HOUR + MINUTE,
      statusErrorDetail: null,
      statusCause: null,
      statusSuggestion: null,
    })
    expect(items[1]!.version).toBeLessThan(now.version)
    expect((await store.listStatusHistory(connectionId, { page: 2, limit: 2 })).items).toMatchObject([
      { event: 'created', status: 'PENDING', version: 1 },
    ])
  })

  it('lets a login that began before the last change move nothing', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    await logIn(store, connectionId, 'PASSWORD_INCORRECT')
    const late = attempt(connectionId, { openedAt: T0 + HOUR, expiresAt: T0 + 2 * HOUR })
    await store.openAttempt(late)
    await store.updateConnection(connectionId, { password: 'new' }, T0 + HOUR + MINUTE)
    const closed = await store.closeAttempt(late.id, { status: 'PASSWORD_INCORRECT' }, T0 + HOUR + 2 * MINUTE)
    expect(closed?.connection).toMatchObject({ statusCause: 'awaiting_login', status: 'PASSWORD_INCORRECT' })
  })

  it('lets new credentials and a new way for codes wait for the login that proves them', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    await logIn(store, connectionId, 'MFA_TOKEN_EXPIRED')
    const before = (await store.getConnection(connectionId))!
    await store.updateConnection(connectionId, { password: 'new' }, T0 + HOUR)
    await store.configureMfa(connectionId, mfaSetup(), T0 + HOUR)
    expect(await store.getConnection(connectionId)).toMatchObject({ statusCause: null })
    await store.configureMfa(connectionId, mfaSetup({ method: 'disabled' }), T0 + HOUR)
    expect(await store.getConnection(connectionId)).toMatchObject({
      status: 'MFA_TOKEN_EXPIRED',
      statusCause: 'awaiting_login',
      version: before.version + 3,
    })
    expect((await eventsOf(store, connectionId))[0]).toEqual(['mfa_configured', 'MFA_TOKEN_EXPIRED'])
  })

  it('writes a diagnosis only to the version that it was made for', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    const seen = async () => (await store.getConnection(connectionId))!.version
    const apply = (version: number) => store.applyDiagnosis(connectionId, version, found, T0 + HOUR)
    expect(await apply(await seen())).toBe('unchanged')
    await logIn(store, connectionId, 'MFA_TOKEN_EXPIRED')
    const version = await seen()
    await store.updateConnection(connectionId, { country: 'CA' }, T0)
    expect(await apply(version)).toBe('stale')
    expect(await apply(version + 1)).toBe('applied')
    expect(await apply(version + 2)).toBe('unchanged')
    expect(await store.getConnection(connectionId)).toMatchObject({
      status: 'MFA_TOKEN_EXPIRED',
      statusLastUpdateAt: T0 + 2 * MINUTE,
      statusCause: 'nothing_arrived',
      statusErrorDetail: 'Nothing came.',
      statusSuggestion: 'Please check.',
      version: version + 2,
    })
    expect(await store.applyDiagnosis(newId(), 1, found, T0)).toBe('stale')
  })

  it('replaces what was found before, but never what the runner said', async () => {
    const { store } = use()
    const late = { cause: 'arrived_late', detail: 'It came late.', suggestion: null } as const
    for (const said of [undefined, 'The page was empty']) {
      const { connectionId } = await provision(store)
      const opened = await store.openAttempt(attempt(connectionId))
      const outcome = { status: 'MFA_TOKEN_EXPIRED', ...(said ? { detail: said } : {}) } as const
      await store.closeAttempt(opened.id, outcome, T0 + 1)
      for (const one of [found, late]) {
        const { version } = (await store.getConnection(connectionId))!
        expect(await store.applyDiagnosis(connectionId, version, one, T0 + 2)).toBe('applied')
      }
      expect(await store.getConnection(connectionId)).toMatchObject({
        statusErrorDetail: said ?? 'It came late.',
        statusCause: 'arrived_late',
        statusSuggestion: null,
      })
    }
  })

  it('begins and ends an investigation, audited, and goes back to what was before', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    await logIn(store, connectionId, 'OTHER_ERROR')
    const started = await store.investigate(connectionId, { open: true, note: 'Portal redesigned' }, BY)
    expect(started).toMatchObject({ status: 'UNDER_INVESTIGATION', statusErrorDetail: 'Portal redesigned' })
    const ended = await store.investigate(connectionId, { open: false, note: null }, BY)
    expect(ended).toMatchObject({ status: 'OTHER_ERROR', version: started!.version + 1 })
    const again = store.investigate(connectionId, { open: false, note: null }, BY)
    await expect(again).rejects.toMatchObject({ code: 'conflict' })
    expect(await store.investigate(newId(), { open: true, note: null }, BY)).toBeNull()
    const audit = await store.listAudit({ subject: `connection:${connectionId}` }, FIRST_PAGE)
    expect(audit.items.map(({ action }) => action).sort()).toEqual([
      'investigation.ended',
      'investigation.started',
    ])
  })

  it('makes a deactivated company’s connections inactive, piece by piece, and brings them back', async () => {
    const { store } = use()
    const { companyId, connectionId } = await provision(store)
    const others = [connection(companyId), connection(companyId)]
    for (const other of others) await store.createConnection(other, {})
    await logIn(store, connectionId, 'PASSWORD_INCORRECT')
    expect(await store.settleCompany(companyId, T0 + HOUR, 2)).toBe(0)
    await store.updateCompany(companyId, { isActive: false }, T0 + HOUR)
    const moves = [2, 2, 2].map((limit) => () => store.settleCompany(companyId, T0 + HOUR, limit))
    const moved: number[] = []
    for (const move of moves) moved.push(await move())
    expect(moved).toEqual([2, 1, 0])
    expect(await store.countStatuses(companyId)).toEqual({ COMPANY_INACTIVE: 3 })
    await store.updateCompany(companyId, { isActive: true }, T0 + 2 * HOUR)
    expect(await store.settleCompany(companyId, T0 + 2 * HOUR, 10)).toBe(3)
    expect(await store.countStatuses(companyId)).toEqual({ PASSWORD_INCORRECT: 1, PENDING: 2 })
    expect((await eventsOf(store, connectionId)).map(([event]) => event)).toEqual([
      'company_reactivated',
      'company_deactivated',
      'outcome',
      'created',
    ])
  })

  it('counts statuses per company, without those that are gone', async () => {
    const { store } = use()
    const { companyId, connectionId } = await provision(store)
    const other = connection(companyId)
    await store.createConnection(other, {})
    await provision(store)
    expect(await store.countStatuses(companyId)).toEqual({ PENDING: 2 })
    await store.deleteConnection(other.id, T0)
    await logIn(store, connectionId, 'CONNECTED')
    expect(await store.countStatuses(companyId)).toEqual({ CONNECTED: 1 })
    const empty = company()
    await store.createCompany(empty)
    expect(await store.countStatuses(empty.id)).toEqual({})
  })

  it('counts refusals by address and day, however many are told at once', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const refused = { address, connectionId, sender: 'bounce@x.test', at: T0 }
    await store.countRefusal(refused)
    await store.countRefusal({ ...refused, at: T0 + MINUTE, sender: '', count: 4 })
    expect((await store.loadFacts(connectionId, 0))?.refusals).toEqual([
      { address, count: 5, firstAt: T0, lastAt: T0 + MINUTE, lastSender: null },
    ])
  })

  it('holds a refused code against the rule that read it, and never offers it again', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const rule = `template:test/${newId()}`
    for (const [index, code] of (['rejected', 'accepted', 'rejected'] as const).entries()) {
      const at = T0 + index * HOUR
      const opened = attempt(connectionId, { openedAt: at, expiresAt: at + 10 * MINUTE })
      await store.openAttempt(opened)
      const message = codeRecord(connectionId, { receivedAt: at }, { mailbox: address })
      await store.saveInbound([{ ...message, code: { ...message.code, rule } }])
      expect(await store.claimCode(opened.id, rules({ now: at }), 'test')).toMatchObject({ kind: 'code' })
      await store.closeAttempt(opened.id, { code }, at + 1)
      const next = attempt(connectionId, { openedAt: at + 2, expiresAt: at + MINUTE })
      await store.openAttempt(next)
      expect(await store.claimCode(next.id, rules({ now: at + 3 }), 'test')).toEqual({ kind: 'none' })
      await store.closeAttempt(next.id, {}, at + 4)
    }
    const { items } = await store.listRules({ page: 1, limit: 500 })
    expect(items.find((one) => one.rule === rule)).toEqual({
      rule,
      utility: 'sandbox-power',
      accepted: 1,
      rejected: 2,
      lastAcceptedAt: T0 + HOUR + 1,
      lastRejectedAt: T0 + 2 * HOUR + 1,
    })
  })
}
