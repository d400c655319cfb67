import { expect, it } from 'vitest'
import { newId } from '../../../src/domain/id.ts'
import type { UseStore } from '../contract.ts'
import {
  attempt,
  codeRecord,
  company,
  connection,
  DAY,
  FIRST_PAGE,
  mfaSetup,
  newAddress,
  provision,
  provisionCopy,
  rules,
  T0,
} from '../samples.ts'

const number = () => `+1${String(Math.floor(Math.random() * 9e9) + 1e9)}`

/** Companies, connections, how codes come, and who gets copies. */
export function provisioningContract(use: UseStore): void {
  it('keeps companies and changes only what is named', async () => {
    const { store } = use()
    const made = company({ externalId: 'crm-7' })
    await store.createCompany(made)
    expect(await store.getCompany(made.id)).toEqual(made)
    const changed = await store.updateCompany(made.id, { isActive: false, externalId: null }, T0 + 1)
    expect(changed).toEqual({ ...made, isActive: false, externalId: null, updatedAt: T0 + 1 })
    expect(await store.updateCompany(newId(), {}, T0)).toBeNull()
    expect(await store.getCompany(newId())).toBeNull()
    expect((await store.listCompanies({ page: 1, limit: 1000 })).items).toContainEqual(changed)
  })

  it('keeps connections, opens their user names, and never shows a password', async () => {
    const { store } = use()
    const owner = company()
    await store.createCompany(owner)
    const made = connection(owner.id)
    await store.createConnection(made, { username: 'pat@customer.test', password: 'correct horse' })
    const kept = { ...made, username: 'pat@customer.test', hasPassword: true }
    expect(await store.getConnection(made.id)).toEqual(kept)
    const changed = await store.updateConnection(
      made.id,
      { password: null, url: 'https://power.test' },
      T0 + 1,
    )
    expect(changed).toEqual({
      ...kept,
      hasPassword: false,
      url: 'https://power.test',
      version: 2,
      updatedAt: T0 + 1,
    })
    expect(await store.updateConnection(newId(), {}, T0)).toBeNull()
  })

  it('lists connections by company, status and need of attention', async () => {
    const { store } = use()
    const owner = company()
    await store.createCompany(owner)
    const statuses = ['CONNECTED', 'PASSWORD_INCORRECT', 'PENDING', 'MFA_TOKEN_EXPIRED'] as const
    for (const status of statuses) await store.createConnection(connection(owner.id, { status }), {})
    const find = async (filter: object) =>
      (await store.listConnections({ companyId: owner.id, ...filter }, FIRST_PAGE)).items.map((c) => c.status)
    expect(await find({})).toEqual(statuses)
    expect(await find({ status: 'CONNECTED' })).toEqual(['CONNECTED'])
    expect(await find({ needsAttention: true })).toEqual(['PASSWORD_INCORRECT', 'MFA_TOKEN_EXPIRED'])
    expect(await find({ needsAttention: false })).toEqual(['CONNECTED', 'PENDING'])
    const page = await store.listConnections({ companyId: owner.id }, { page: 2, limit: 3 })
    expect(page).toMatchObject({ total: 4, items: [{ status: 'MFA_TOKEN_EXPIRED' }] })
  })

  it('sets up again without changing what is there, and adds what is missing', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const first = await store.getMfa(connectionId)
    expect(await store.configureMfa(connectionId, mfaSetup(), T0 + 1)).toEqual(first)
    const second = newAddress()
    const newMailboxes = [{ address: second, channel: 'email', providerSid: null } as const]
    const more = await store.configureMfa(connectionId, mfaSetup({ newMailboxes }), T0 + 2)
    expect(more?.mailboxes.map((mailbox) => mailbox.address)).toEqual([address, second])
    expect(await store.configureMfa(newId(), mfaSetup(), T0)).toBeNull()
    expect(await store.getMfa(newId())).toBeNull()
  })

  it('never gives an address to anybody again', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const retired = await store.retireMailbox(connectionId, address, T0 + 1)
    expect(retired).toMatchObject({ address, retiredAt: T0 + 1 })
    expect(await store.retireMailbox(connectionId, address, T0 + 2)).toBeNull()
    const other = await provision(store)
    const newMailboxes = [{ address, channel: 'email', providerSid: null } as const]
    for (const id of [connectionId, other.connectionId]) {
      const taking = store.configureMfa(id, mfaSetup({ newMailboxes }), T0 + 900 * DAY)
      await expect(taking).rejects.toMatchObject({ code: 'conflict' })
    }
  })

  it('gives each number to one connection', async () => {
    const { store } = use()
    const numbers = [number(), number()]
    const logins = await Promise.all([provision(store), provision(store), provision(store)])
    const taken = await Promise.all(
      logins.map(({ connectionId }) => store.takeNumber(connectionId, numbers, T0)),
    )
    const got = taken.flatMap((mailbox) => (mailbox ? [mailbox.address] : []))
    expect(new Set(got)).toEqual(new Set(numbers))
    expect(got).toHaveLength(2)
    const owner = logins[taken.findIndex((mailbox) => mailbox !== null)]!
    expect(await store.takeNumber(owner.connectionId, numbers, T0)).toEqual(taken.find((mailbox) => mailbox))
    const active = (await store.listNumbers()).map(({ address }) => address)
    expect(active).toEqual(expect.arrayContaining(numbers))
  })

  it('keeps a retired number from others for 90 days', async () => {
    const { store } = use()
    const numbers = [number()]
    const [a, b] = [await provision(store), await provision(store)]
    await store.takeNumber(a.connectionId, numbers, T0)
    await store.retireMailbox(a.connectionId, numbers[0]!, T0)
    expect(await store.takeNumber(b.connectionId, numbers, T0 + 90 * DAY - 1)).toBeNull()
    expect(await store.takeNumber(b.connectionId, numbers, T0 + 90 * DAY)).toMatchObject({
      connectionId: b.connectionId,
    })
    expect(await store.findMailbox(numbers[0]!)).toMatchObject({ mailbox: { retiredAt: null } })
    const own = [number()]
    await store.takeNumber(a.connectionId, own, T0)
    await store.retireMailbox(a.connectionId, own[0]!, T0)
    expect(await store.takeNumber(a.connectionId, own, T0 + 1)).toMatchObject({ address: own[0] })
  })

  it('asks a new pending recipient once, and copies only to those confirmed', async () => {
    const { store } = use()
    const recipients = [{ channel: 'email', address: 'pat@customer.test', state: 'pending' } as const]
    const { connectionId, address } = await provision(store, { recipients })
    await store.configureMfa(connectionId, mfaSetup({ recipients }), T0 + 1)
    const asked = await store.listDeliveries(connectionId, FIRST_PAGE)
    expect(asked).toMatchObject({
      total: 1,
      items: [{ kind: 'confirm_recipient', messageId: null, dueAt: T0 }],
    })
    const { recipientId } = asked.items[0]!
    expect((await store.findMailbox(address))?.recipients).toEqual([])
    const confirmed = await store.confirmRecipient(recipientId, T0 + 2)
    expect(confirmed).toMatchObject({ state: 'confirmed', confirmedAt: T0 + 2 })
    expect(await store.confirmRecipient(recipientId, T0 + 3)).toEqual(confirmed)
    expect(await store.getRecipient(recipientId)).toEqual(confirmed)
    expect((await store.findMailbox(address))?.recipients).toHaveLength(1)
    expect(await store.confirmRecipient(newId(), T0)).toBeNull()
  })

  it('stops whom the list leaves out and lets them come back, but not who stopped themselves', async () => {
    const { store } = use()
    const recipient = { channel: 'email', address: 'pat@customer.test', state: 'confirmed' } as const
    const { connectionId } = await provision(store, { recipients: [recipient] })
    const set = async (recipients: readonly (typeof recipient)[]) =>
      (await store.configureMfa(connectionId, mfaSetup({ recipients }), T0 + 1))?.recipients[0]
    expect(await set([])).toMatchObject({ state: 'stopped', stopReason: 'removed' })
    const back = await set([recipient])
    expect(back).toMatchObject({ state: 'confirmed', stopReason: null })
    await store.stopRecipient(back!.id, 'unsubscribed', T0 + 2)
    expect(await set([recipient])).toMatchObject({ state: 'stopped', stopReason: 'unsubscribed' })
    expect(await store.confirmRecipient(back!.id, T0 + 3)).toMatchObject({ state: 'stopped' })
  })

  it('stops a phone everywhere when it says STOP', async () => {
    const { store } = use()
    const phone = number()
    const recipients = [{ channel: 'sms', address: phone, state: 'confirmed' } as const]
    const [a, b] = [await provision(store, { recipients }), await provision(store, { recipients })]
    expect(await store.stopPhone(phone, T0 + 1)).toBe(2)
    expect(await store.stopPhone(phone, T0 + 2)).toBe(0)
    for (const { connectionId } of [a, b]) {
      expect((await store.getMfa(connectionId))?.recipients).toMatchObject([{ stopReason: 'sms_stop' }])
    }
  })

  it('tells when the last code came and how many copies failed', async () => {
    const { store } = use()
    const { connectionId, copy } = await provisionCopy(store)
    const when = { now: T0, nextDueAt: null }
    await store.finishDelivery(copy.id, { kind: 'permanent', error: '550 no such user' }, when)
    expect(await store.getMfa(connectionId)).toMatchObject({ lastCodeAt: T0 + 1000, failedDeliveries: 1 })
  })

  it('offboards: seals, bodies and codes go, addresses stay retired, nothing is sent or handed out', async () => {
    const { store } = use()
    const { connectionId, address, message } = await provisionCopy(store)
    await store.updateConnection(connectionId, { username: 'pat', password: 'secret' }, T0)
    const login = await store.openAttempt(attempt(connectionId))
    expect(await store.deleteConnection(connectionId, T0 + 5)).toBe(true)
    expect(await store.deleteConnection(connectionId, T0 + 6)).toBe(false)
    expect(await store.getConnection(connectionId)).toBeNull()
    expect(await store.getMfa(connectionId)).toBeNull()
    expect(await store.findMailbox(address)).toMatchObject({ mailbox: { retiredAt: T0 + 5 } })
    expect(await store.getMessage(message.id)).toMatchObject({ hasBody: false, subject: null })
    expect(await store.claimCode(login.id, rules(), 'key:r')).toEqual({ kind: 'over' })
    expect(await store.listDeliveries(connectionId, FIRST_PAGE)).toMatchObject({
      items: [{ state: 'expired' }],
    })
    // Mail that was on its way is kept, and still no code.
    const { isNew } = (await store.saveInbound([codeRecord(connectionId, {}, { mailbox: address })]))[0]!
    expect(isNew).toBe(true)
  })
}
