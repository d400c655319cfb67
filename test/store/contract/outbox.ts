import { expect, it } from 'vitest'
import { newId } from '../../../src/domain/id.ts'
import type { Store } from '../../../src/store/store.ts'
import type { UseStore } from '../contract.ts'
import { FIRST_PAGE, MINUTE, provision, provisionCopy, record, SECOND, T0 } from '../samples.ts'

const NOW = T0 + 10 * SECOND
type Change = Partial<Parameters<Store['claimDeliveries']>[0]>
const claim = (store: Store, { now = NOW, ...change }: Change = {}) =>
  store.claimDeliveries({
    now,
    leaseUntil: now + MINUTE,
    holder: 'node-1',
    limit: 1000,
    limitEach: 1000,
    busy: [],
    ...change,
  })
/** Leaves nothing due behind, so that the next case finds only its own. */
const drain = async (store: Store) => {
  for (const { id } of await claim(store, { now: T0 + 900 * MINUTE })) {
    await store.finishDelivery(id, { kind: 'sent' }, { now: NOW, nextDueAt: null })
  }
}

/** Copies leave once, are tried again, and fail in sight of everybody. */
export function outboxContract(use: UseStore): void {
  it('leases what is due to one holder', async () => {
    const { store } = use()
    await drain(store)
    const { copy, connectionId, message } = await provisionCopy(store)
    expect(await store.nextDeliveryAt()).toBe(message.receivedAt)
    expect(await claim(store, { now: message.receivedAt - 1 })).toEqual([])
    const claims = await Promise.all(['node-1', 'node-2', 'node-3'].map((holder) => claim(store, { holder })))
    expect(claims.flat()).toMatchObject([
      {
        id: copy.id,
        connectionId,
        messageId: message.id,
        state: 'leased',
        tries: 0,
        dueAt: message.receivedAt,
      },
    ])
    expect(await store.nextDeliveryAt()).toBe(NOW + MINUTE)
  })

  it('takes the oldest first, and no more than asked for', async () => {
    const { store } = use()
    await drain(store)
    const copies = [await provisionCopy(store), await provisionCopy(store)]
    for (const { copy } of copies) {
      const temporary = { kind: 'temporary', error: '451 later' } as const
      const nextDueAt = copy === copies[0]?.copy ? NOW - 1 : NOW - 2
      await store.finishDelivery(copy.id, temporary, { now: T0, nextDueAt })
    }
    expect(await claim(store, { limit: 1 })).toMatchObject([{ id: copies[1]!.copy.id }])
    expect(await claim(store, { limit: 1 })).toMatchObject([{ id: copies[0]!.copy.id }])
  })

  it('leaves those of busy couriers alone, and says when the others are due', async () => {
    const { store } = use()
    await drain(store)
    const { copy: mail } = await provisionCopy(store)
    const { copy: text, message } = await provisionCopy(store, { courier: 'sms' })
    expect(await claim(store, { busy: ['email', 'sms'] })).toEqual([])
    expect(await store.nextDeliveryAt(['email', 'sms'])).toBeNull()
    expect(await claim(store, { busy: ['email'] })).toMatchObject([{ id: text.id }])
    expect(await store.nextDeliveryAt(['sms'])).toBe(message.receivedAt)
    expect(await store.nextDeliveryAt(['email'])).toBe(NOW + MINUTE)
    expect(await claim(store, { holder: 'node-2' })).toMatchObject([{ id: mail.id }])
    const now = NOW + MINUTE
    expect(await claim(store, { now, busy: ['email'] })).toMatchObject([{ id: text.id }])
    expect(await claim(store, { now })).toMatchObject([{ id: mail.id }])
  })

  it('takes so many of each courier, the oldest of all, and what a dead holder left counts', async () => {
    const { store } = use()
    await drain(store)
    const copies: { id: string; courier: string }[] = []
    for (const courier of ['email', 'email', 'sms', 'email', 'sms', 'sms'] as const) {
      const { copy } = await provisionCopy(store, { courier })
      copies.push(copy)
      const later = { now: T0, nextDueAt: NOW - 100 + copies.length }
      await store.finishDelivery(copy.id, { kind: 'temporary', error: 'x' }, later)
    }
    const [mail1, mail2, text1, mail3, text2, text3] = copies.map(({ id }) => id)
    const ids = async (change: Change) => (await claim(store, change)).map(({ id }) => id)
    expect(await ids({ limit: 1, limitEach: 1, holder: 'dead' })).toEqual([mail1])
    expect(await ids({ limitEach: 1, holder: 'other' })).toEqual([mail2, text1])
    const now = NOW + MINUTE
    expect(await ids({ now, limitEach: 2 })).toEqual([mail1, mail2, text1, text2])
    expect(await ids({ now, limit: 1, limitEach: 2 })).toEqual([mail3])
    expect(await ids({ now })).toEqual([text3])
  })

  it('expires the dead of busy couriers too, and those that wait for another try', async () => {
    const { store } = use()
    await drain(store)
    const { copy, connectionId } = await provisionCopy(store, { expiresAt: NOW })
    const later = { now: T0, nextDueAt: NOW + MINUTE }
    await store.finishDelivery(copy.id, { kind: 'temporary', error: '451 later' }, later)
    expect(await claim(store, { busy: ['email'] })).toEqual([])
    const { items } = await store.listDeliveries(connectionId, FIRST_PAGE)
    expect(items).toMatchObject([{ state: 'expired', tries: 1, finishedAt: NOW }])
  })

  it('counts what is due of all couriers, no further than told', async () => {
    const { store } = use()
    await drain(store)
    for (const courier of ['email', 'sms', 'sms'] as const) await provisionCopy(store, { courier })
    expect(await store.countDueDeliveries(NOW, 10)).toBe(3)
    expect(await store.countDueDeliveries(NOW, 2)).toBe(2)
    expect(await store.countDueDeliveries(T0 - 9 * MINUTE, 10)).toBe(0)
  })

  it('gives a delivery to another when its holder died', async () => {
    const { store } = use()
    await drain(store)
    const { copy } = await provisionCopy(store)
    await claim(store, { holder: 'dead' })
    expect(await claim(store, { now: NOW + MINUTE - 1, holder: 'node-2' })).toEqual([])
    expect(await claim(store, { now: NOW + MINUTE, holder: 'node-2' })).toMatchObject([{ id: copy.id }])
  })

  it('gives back at shutdown what its holder has not sent', async () => {
    const { store } = use()
    await drain(store)
    const { copy } = await provisionCopy(store)
    await claim(store, { holder: 'leaving' })
    expect(await store.releaseDeliveries('other')).toBe(0)
    expect(await store.releaseDeliveries('leaving')).toBe(1)
    expect(await claim(store, { holder: 'next' })).toMatchObject([{ id: copy.id, tries: 0 }])
  })

  it('tries again when told, then fails for good', async () => {
    const { store } = use()
    await drain(store)
    const { copy, connectionId } = await provisionCopy(store)
    await claim(store)
    const temporary = { kind: 'temporary', error: '451 later' } as const
    await store.finishDelivery(copy.id, temporary, { now: NOW, nextDueAt: NOW + 5 * SECOND })
    expect(await claim(store, { now: NOW + 4 * SECOND })).toEqual([])
    const again = await claim(store, { now: NOW + 5 * SECOND })
    expect(again).toMatchObject([{ id: copy.id, tries: 1, lastError: '451 later' }])
    await store.finishDelivery(copy.id, temporary, { now: NOW + MINUTE, nextDueAt: null })
    expect(await store.listDeliveries(connectionId, FIRST_PAGE)).toMatchObject({
      total: 1,
      items: [{ state: 'failed', tries: 2, lastError: '451 later', finishedAt: NOW + MINUTE }],
    })
  })

  it('sends once: what is finished is never due again', async () => {
    const { store } = use()
    await drain(store)
    const { copy, connectionId } = await provisionCopy(store)
    await claim(store)
    await store.finishDelivery(copy.id, { kind: 'sent', remoteId: 'SM1' }, { now: NOW, nextDueAt: null })
    const late = { kind: 'temporary', error: 'a second courier' } as const
    await store.finishDelivery(copy.id, late, { now: NOW, nextDueAt: NOW })
    expect(await claim(store, { now: NOW + 9 * MINUTE })).toEqual([])
    expect(await store.listDeliveries(connectionId, FIRST_PAGE)).toMatchObject({
      items: [{ state: 'sent', tries: 1, lastError: null, finishedAt: NOW }],
    })
  })

  it('expires copies of dead codes, and a backlog of them hides nothing', async () => {
    const { store } = use()
    await drain(store)
    const dead = [
      await provisionCopy(store, { expiresAt: NOW }),
      await provisionCopy(store, { expiresAt: NOW - 1 }),
    ]
    const { copy } = await provisionCopy(store, { expiresAt: NOW + 1 })
    expect(await claim(store, { limit: 1 })).toMatchObject([{ id: copy.id }])
    await claim(store)
    for (const { connectionId } of dead) {
      const { items } = await store.listDeliveries(connectionId, FIRST_PAGE)
      expect(items).toMatchObject([{ state: 'expired', tries: 0 }])
    }
  })

  it('ends what died with its holder, and then says that nothing is due', async () => {
    const { store } = use()
    await drain(store)
    const { connectionId } = await provisionCopy(store, { expiresAt: NOW + SECOND })
    expect(await claim(store, { holder: 'dead' })).toHaveLength(1)
    expect(await claim(store, { now: NOW + MINUTE, holder: 'next' })).toEqual([])
    expect(await store.nextDeliveryAt()).toBeNull()
    expect((await store.listDeliveries(connectionId, FIRST_PAGE)).items).toMatchObject([
      { state: 'expired', tries: 0, finishedAt: NOW + MINUTE },
    ])
  })

  it('loads what a courier needs to render', async () => {
    const { store } = use()
    const { copy, message } = await provisionCopy(store)
    const content = await store.loadDelivery(copy.id)
    expect(content).toMatchObject({
      delivery: { id: copy.id, kind: 'code_copy' },
      utility: 'sandbox-power',
      url: null,
      companyName: 'Example Energy',
      message: { id: message.id, subject: 'Your sign-in code' },
      code: { code: '482913' },
    })
    expect(Buffer.from(content!.raw!).toString()).toBe('hello world')
    expect(await store.loadDelivery(newId())).toBeNull()
  })

  it('loads a question to a recipient, which copies no message', async () => {
    const { store } = use()
    const recipients = [{ channel: 'email', address: 'pat@customer.test', state: 'pending' } as const]
    const { connectionId } = await provision(store, { recipients })
    const { id } = (await store.listDeliveries(connectionId, FIRST_PAGE)).items[0]!
    expect(await store.loadDelivery(id)).toMatchObject({ message: null, code: null, raw: null })
  })

  it('sends nothing more to who is stopped, by the reply of the next hop too', async () => {
    const { store } = use()
    await drain(store)
    const { copy, recipientId, connectionId, address } = await provisionCopy(store)
    const second = { ...copy, id: newId() }
    await store.saveInbound([record(connectionId, { mailbox: address, deliveries: [second] })])
    const refused = { kind: 'permanent', error: '550 no such user', stopRecipient: true } as const
    await store.finishDelivery(copy.id, refused, { now: NOW, nextDueAt: null })
    expect(await store.getRecipient(recipientId)).toMatchObject({
      state: 'stopped',
      stopReason: 'hard_bounces',
      stoppedAt: NOW,
    })
    expect(await claim(store)).toEqual([])
    expect(
      (await store.listDeliveries(connectionId, FIRST_PAGE)).items.map(({ state }) => state).sort(),
    ).toEqual(['expired', 'failed'])
  })
}
