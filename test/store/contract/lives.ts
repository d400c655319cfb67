import { expect, it } from 'vitest'
import { newId } from '../../../src/domain/id.ts'
import type { UseStore } from '../contract.ts'
import {
  attempt,
  codeRecord,
  FIRST_PAGE,
  HOUR,
  MINUTE,
  mfaSetup,
  provision,
  record,
  rules,
  SECOND,
  T0,
} from '../samples.ts'

/** Test logins, codes typed in by hand, checks of numbers, and when the next login is due. */
export function lifeContract(use: UseStore): void {
  const asked = (connectionId: string, askedAt = T0) => ({
    id: newId(),
    connectionId,
    askedAt,
    askedBy: 'key:company',
    expiresAt: askedAt + 15 * MINUTE,
    attemptId: null,
  })
  const typed = (connectionId: string, code: string, now = T0 + SECOND) => ({
    messageId: newId(),
    codeId: newId(),
    connectionId,
    code,
    actor: 'key:company',
    now,
    expiresAt: now + 10 * MINUTE,
  })
  const lease = (companyId: string, now: number) => ({
    attemptId: newId(),
    runner: 'r',
    now,
    expiresAt: now + 10 * MINUTE,
    actor: 'key:runner',
    companyId,
  })

  it('leases a test login before all others, once', async () => {
    const { store } = use()
    const { companyId, connectionId } = await provision(store)
    await store.updateConnection(connectionId, { password: 'p' }, T0)
    const test = await store.askTestLogin(asked(connectionId))
    await expect(store.askTestLogin(asked(connectionId))).rejects.toMatchObject({ code: 'conflict' })
    const leased = await store.leaseLogin(lease(companyId, T0 + SECOND))
    expect(leased?.attempt).toMatchObject({ connectionId, purpose: 'test_login' })
    expect(await store.leaseLogin(lease(companyId, T0 + SECOND))).toBeNull()
    const { total, items } = await store.listTestLogins(connectionId, FIRST_PAGE)
    expect(total).toBe(1)
    expect(items).toMatchObject([{ test: { id: test.id, attemptId: leased!.attempt.id }, arrivals: [] }])
  })

  it('asks for one test where two are asked for at once', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    const results = await Promise.allSettled([1, 2, 3].map(() => store.askTestLogin(asked(connectionId))))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('does not lease a test that waited too long, or while another login listens', async () => {
    const { store } = use()
    const { companyId, connectionId } = await provision(store)
    await store.updateConnection(connectionId, { password: 'p' }, T0)
    const first = await store.leaseLogin(lease(companyId, T0 + MINUTE))
    expect(first?.attempt.purpose).toBe('login')
    await store.askTestLogin(asked(connectionId, T0 + 2 * MINUTE))
    expect(await store.leaseLogin(lease(companyId, T0 + 3 * MINUTE))).toBeNull()
    await store.closeAttempt(first!.attempt.id, { status: 'CONNECTED' }, T0 + 4 * MINUTE)
    expect(await store.leaseLogin(lease(companyId, T0 + HOUR))).toBeNull()
    await store.askTestLogin(asked(connectionId, T0 + HOUR))
    expect(await store.leaseLogin(lease(companyId, T0 + HOUR + SECOND))).not.toBeNull()
  })

  it('tells what came during a test and what became of it', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    await store.askTestLogin(asked(connectionId))
    const opened = await store.openAttempt(attempt(connectionId, { purpose: 'test_login' }))
    await store.saveInbound([codeRecord(connectionId, {}, { mailbox: address })])
    await store.claimCode(opened.id, rules(), 'key:runner')
    const [facts] = (await store.listTestLogins(connectionId, FIRST_PAGE)).items
    expect(facts?.arrivals).toMatchObject([
      { verdict: 'trusted', extraction: 'code', code: { isOurs: true, claimedAt: T0 + 10 * SECOND } },
    ])
  })

  it('gives a typed code to the open attempt, through whatever channel it waits', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    await expect(store.typeCode(typed(connectionId, '482913'))).rejects.toMatchObject({ code: 'conflict' })
    const opened = await store.openAttempt(attempt(connectionId))
    const first = await store.typeCode(typed(connectionId, '111111'))
    expect(await store.typeCode(typed(connectionId, '111111'))).toEqual({ ...first, isNew: false })
    await store.typeCode(typed(connectionId, '482913', T0 + 2 * SECOND))
    const result = await store.claimCode(opened.id, rules({ channel: 'sms' }), 'key:runner')
    expect(result).toMatchObject({ kind: 'code', code: { code: '482913', channel: 'manual', rule: 'typed' } })
    const later = rules({ after: result.kind === 'code' ? result.code.id : '' })
    expect(await store.claimCode(opened.id, later, 'key:runner')).toEqual({ kind: 'none' })
  })

  it('knows its own text again at the number it was sent to', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    const number = `+1415${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`
    await store.takeNumber(connectionId, [number], T0)
    const check = {
      id: newId(),
      connectionId,
      address: number,
      token: newId(),
      askedAt: T0,
      arrivedAt: null,
      error: null,
    }
    const by = { actor: 'key:company', pauseMs: MINUTE }
    await store.openNumberCheck(check, by)
    await expect(store.openNumberCheck({ ...check, id: newId(), token: newId() }, by)).rejects.toMatchObject({
      code: 'conflict',
    })
    expect(await store.noteNumberCheck('+14155559999', check.token, T0 + 1)).toBe(false)
    expect(await store.noteNumberCheck(number, 'another', T0 + 1)).toBe(false)
    expect(await store.noteNumberCheck(number, check.token, T0 + 2)).toBe(true)
    expect(await store.noteNumberCheck(number, check.token, T0 + 3)).toBe(true)
    expect(await store.getNumberCheck(connectionId, number)).toEqual({ ...check, arrivedAt: T0 + 2 })
  })

  it('tells when the next login is due and what the last one was', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    expect(await store.getLoginPlan(connectionId, T0)).toMatchObject({
      nextLoginAt: null,
      hasCredentials: false,
      lastLogin: null,
      testUntil: null,
    })
    await store.updateConnection(connectionId, { password: 'p' }, T0)
    await store.askTestLogin(asked(connectionId))
    const opened = await store.openAttempt(attempt(connectionId))
    expect(await store.getLoginPlan(connectionId, T0)).toMatchObject({
      hasCredentials: true,
      lastLogin: { id: opened.id },
      testUntil: T0 + 15 * MINUTE,
    })
    expect(await store.getLoginPlan(newId(), T0)).toBeNull()
  })

  it('exports page by page, and erases step by step until nothing is left', async () => {
    const { store } = use()
    const { companyId, connectionId, address } = await provision(store)
    const opened = await store.openAttempt(attempt(connectionId))
    await store.saveInbound([1, 2, 3].map(() => codeRecord(connectionId, {}, { mailbox: address })))
    await store.claimCode(opened.id, rules(), 'key:runner')
    const messages: string[] = []
    let after: readonly (string | number)[] | null = null
    do {
      const page: Awaited<ReturnType<typeof store.exportMessages>> = await store.exportMessages(
        connectionId,
        after,
        2,
      )
      messages.push(...page.messages.map(({ id }) => id))
      after = page.next
    } while (after)
    expect(new Set(messages).size).toBe(3)
    const request = { section: 'attempt', ownerId: connectionId, limit: 1 } as const
    const first = await store.exportRows({ ...request, after: null })
    expect(first.rows).toMatchObject([{ id: opened.id, openedAt: new Date(T0).toISOString() }])
    expect((await store.exportRows({ ...request, after: first.next })).rows).toEqual([])

    expect(await store.beginErasure(newId(), { actor: 'admin', now: T0 })).toBeNull()
    expect(await store.beginErasure(companyId, { actor: 'admin', now: T0 })).toMatchObject({
      finishedAt: null,
      connections: { total: 1, left: 1 },
    })
    expect(await store.listErasures()).toContain(companyId)
    let steps = 0
    while (await store.eraseSome(companyId, { now: T0 + steps, limit: 1 })) steps += 1
    expect(steps).toBeGreaterThan(5)
    expect(await store.getErasure(companyId)).toMatchObject({ connections: { total: 1, left: 0 } })
    expect(await store.listErasures()).not.toContain(companyId)
    expect((await store.exportMessages(connectionId, null, 9)).messages).toEqual([])
    expect((await store.findMailbox(address))?.mailbox.retiredAt).not.toBeNull()
    expect(await store.eraseSome(companyId, { now: T0, limit: 1 })).toBe(false)
  })

  it('remembers a number that is to be given back until it was', async () => {
    const { store } = use()
    const { connectionId } = await provision(store)
    const number = `+1416${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`
    const providerSid = newId()
    const newMailboxes = [{ address: number, channel: 'sms', providerSid } as const]
    await store.configureMfa(connectionId, mfaSetup({ method: 'sms', newMailboxes }), T0)
    const owed = async (now: number) =>
      (await store.listOwedNumbers(now, 1000)).filter((one) => one.providerSid === providerSid)
    expect(await owed(T0)).toEqual([])
    await store.deleteConnection(connectionId, T0 + 1)
    expect(await owed(T0 + 1)).toEqual([{ providerSid, address: number, tries: 0 }])
    await store.noteNumberRelease(providerSid, { error: 'x', nextTryAt: T0 + MINUTE })
    expect(await owed(T0 + 1)).toEqual([])
    expect(await owed(T0 + MINUTE)).toMatchObject([{ tries: 1 }])
    await store.noteNumberRelease(providerSid, null)
    expect(await owed(T0 + HOUR)).toEqual([])
  })

  it('gives a company one address for bills, and takes each message that comes there once', async () => {
    const { store } = use()
    const { companyId } = await provision(store)
    const addresses = [1, 2, 3].map(() => `bills-${newId()}@relay.test`)
    const made = await Promise.all(
      addresses.map((address) => store.createBillAddress({ address, companyId, createdAt: T0 })),
    )
    const [first] = made
    expect(new Set(made.map((one) => one?.address)).size).toBe(1)
    const mailbox = first!.address
    expect(await store.findBillOwner(mailbox)).toBe(companyId)
    const mail = record(null, { mailbox, receivedAt: T0 + SECOND })
    await store.saveInbound([mail])
    const note = { mailbox, dedupeKey: mail.dedupeKey, companyId, now: T0 + SECOND }
    await store.noteBillMail(note)
    await store.noteBillMail(note)
    const claim = (now: number) => store.claimBillMail({ now, leaseUntil: now + MINUTE })
    expect(await store.nextBillMailAt()).toBe(T0 + SECOND)
    const claims = await Promise.all([1, 2, 3].map(() => claim(T0 + SECOND)))
    expect(claims.filter(Boolean)).toEqual([{ messageId: mail.id, companyId, tries: 1 }])
    // Whoever had it died.
    expect(await claim(T0 + 2 * MINUTE)).toMatchObject({ messageId: mail.id, tries: 2 })
    await store.settleBillMail(mail.id, { result: 'no_documents', jobId: null, documents: 0, ignored: 2 })
    expect(await claim(T0 + HOUR)).toBeNull()
    expect(await store.listBillMail(companyId, FIRST_PAGE)).toMatchObject({
      total: 1,
      items: [{ messageId: mail.id, result: 'no_documents', ignored: 2, subject: 'Your sign-in code' }],
    })
    const operator = await store.listMessages({ connectionId: null }, { page: 1, limit: 500 })
    expect(operator.items.map(({ id }) => id)).not.toContain(mail.id)
    expect(await store.retireBillAddress(companyId, mailbox, T0)).toBe(true)
    expect(await store.retireBillAddress(companyId, mailbox, T0)).toBe(false)
    expect(await store.findBillOwner(mailbox)).toBeNull()
  })
}
