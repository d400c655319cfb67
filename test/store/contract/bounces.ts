import { expect, it } from 'vitest'
import { type Bounce, judgeFailure } from '../../../src/domain/bounce.ts'
import { newId } from '../../../src/domain/id.ts'
import type { Store } from '../../../src/store/store.ts'
import type { UseStore } from '../contract.ts'
import { codeRecord, delivery, FIRST_PAGE, MINUTE, provision, provisionCopy, record, T0 } from '../samples.ts'

const NOW = T0 + MINUTE
const unknownUser = judgeFailure('5.1.1', '550 no such user', true)
const badDomain = judgeFailure('5.1.2', '550 no such domain', true)
const full: Bounce = { kind: 'soft', status: '5.2.2', text: 'mailbox full', stopsAfter: null }
const late: Bounce = { kind: 'delayed', status: '4.4.1', text: 'not yet', stopsAfter: null }

/** Further copies to one recipient, each sent a minute after the one before. */
async function copies(store: Store, count: number) {
  const first = await provisionCopy(store)
  const all = [first.copy]
  for (let index = 1; index < count; index += 1) {
    const copy = delivery(first.recipientId)
    const receivedAt = T0 + index * MINUTE
    await store.saveInbound([
      record(first.connectionId, { mailbox: first.address, receivedAt, deliveries: [copy] }),
    ])
    all.push(copy)
  }
  for (const { id } of all) await store.finishDelivery(id, { kind: 'sent' }, { now: NOW, nextDueAt: null })
  const recipient = async () => (await store.getRecipient(first.recipientId))!
  return { ...first, all, recipient }
}

/** Copies that came back. */
export function bounceContract(use: UseStore): void {
  it('shows on the copy what came back, and counts it as failed', async () => {
    const { store } = use()
    const { connectionId, copy, recipient } = await copies(store, 1)
    expect((await store.getDelivery(copy.id))!.bounced).toBeNull()
    expect(await store.noteBounce(copy.id, full, NOW)).toEqual({ stopped: false })
    expect((await store.listDeliveries(connectionId, FIRST_PAGE)).items).toMatchObject([
      { state: 'failed', lastError: 'mailbox full', bounced: { kind: 'soft', status: '5.2.2', at: NOW } },
    ])
    expect((await store.getMfa(connectionId))!.failedDeliveries).toBe(1)
    expect(await recipient()).toMatchObject({ state: 'confirmed' })
  })

  it('leaves a copy that is only delayed on its way; a later failure is said too, an earlier word is not', async () => {
    const { store } = use()
    const { copy } = await copies(store, 1)
    await store.noteBounce(copy.id, late, NOW)
    expect(await store.getDelivery(copy.id)).toMatchObject({ state: 'sent', bounced: { kind: 'delayed' } })
    await store.noteBounce(copy.id, badDomain, NOW + 1)
    await store.noteBounce(copy.id, late, NOW + 2)
    expect(await store.getDelivery(copy.id)).toMatchObject({
      state: 'failed',
      lastError: '550 no such domain',
      bounced: { kind: 'hard', at: NOW + 1 },
    })
  })

  it('ends a copy that came back before its sending was written down', async () => {
    const { store } = use()
    const { copy } = await provisionCopy(store)
    await store.noteBounce(copy.id, badDomain, NOW)
    await store.finishDelivery(copy.id, { kind: 'sent' }, { now: NOW + 1, nextDueAt: null })
    expect(await store.getDelivery(copy.id)).toMatchObject({ state: 'failed', bounced: { kind: 'hard' } })
  })

  it('stops a recipient whose mailbox does not exist at once, and says so in the audit log', async () => {
    const { store } = use()
    const { all, connectionId, recipient } = await copies(store, 2)
    expect(await store.noteBounce(all[0]!.id, unknownUser, NOW)).toEqual({ stopped: true })
    expect(await store.noteBounce(all[0]!.id, unknownUser, NOW)).toEqual({ stopped: false })
    expect(await recipient()).toMatchObject({ state: 'stopped', stopReason: 'hard_bounces', stoppedAt: NOW })
    const { items } = await store.listAudit({ subject: connectionId }, FIRST_PAGE)
    expect(items).toMatchObject([
      { action: 'recipient.stopped', detail: expect.stringContaining('hard_bounces (5.1.1)') },
    ])
  })

  it.each([
    ['two in a row, in whatever order the answers come', [1, 0], true],
    ['two with one between that arrived', [0, 2], false],
    ['one', [1], false],
  ])('hard bounces: %s', async (_, bounced, isStopped) => {
    const { store } = use()
    const { all, recipient } = await copies(store, 3)
    for (const index of bounced) await store.noteBounce(all[index]!.id, badDomain, NOW)
    expect((await recipient()).state).toBe(isStopped ? 'stopped' : 'confirmed')
  })

  it('counts what the next hop refused at once', async () => {
    const { store } = use()
    const { copy, recipientId } = await provisionCopy(store)
    const refused = { kind: 'permanent', error: '550 5.1.1 unknown', bounce: unknownUser } as const
    await store.finishDelivery(copy.id, refused, { now: NOW, nextDueAt: null })
    expect(await store.getDelivery(copy.id)).toMatchObject({ bounced: { kind: 'hard', status: '5.1.1' } })
    expect(await store.getRecipient(recipientId)).toMatchObject({ stopReason: 'hard_bounces' })
  })

  it('knows of no bounce of a copy that never was', async () => {
    const { store } = use()
    expect(await store.noteBounce(newId(), unknownUser, NOW)).toBeNull()
    expect(await store.getDelivery(newId())).toBeNull()
  })

  it('asks anew who was stopped by bounces, once, and nobody who said no', async () => {
    const { store } = use()
    const { copy, connectionId, recipientId } = await copies(store, 1)
    const other = await provision(store)
    await expect(store.askRecipient(connectionId, recipientId, NOW)).rejects.toMatchObject({
      code: 'conflict',
    })
    await store.noteBounce(copy.id, unknownUser, NOW)
    expect(await store.askRecipient(other.connectionId, recipientId, NOW)).toBeNull()
    for (const at of [NOW + 1, NOW + 2]) {
      expect(await store.askRecipient(connectionId, recipientId, at)).toMatchObject({
        state: 'pending',
        stopReason: null,
      })
    }
    const { items } = await store.listDeliveries(connectionId, FIRST_PAGE)
    expect(items.filter(({ kind }) => kind === 'confirm_recipient')).toHaveLength(1)
    await store.confirmRecipient(recipientId, NOW + 3)
    await store.stopRecipient(recipientId, 'unsubscribed', NOW + 4)
    await expect(store.askRecipient(connectionId, recipientId, NOW + 5)).rejects.toMatchObject({
      code: 'conflict',
    })
  })

  it('knows whether a code was copied a moment ago', async () => {
    const { store } = use()
    const { connectionId, message } = await provisionCopy(store)
    const { code } = message.code
    expect(await store.wasCopied(connectionId, code, message.receivedAt)).toBe(true)
    expect(await store.wasCopied(connectionId, code, message.receivedAt + 1)).toBe(false)
    expect(await store.wasCopied(connectionId, '000000', message.receivedAt)).toBe(false)
    expect(await store.wasCopied(newId(), code, message.receivedAt)).toBe(false)
  })

  it('keeps at most one copy of a message for a recipient, whatever it is told', async () => {
    const { store } = use()
    const { connectionId, address, recipientId } = await provisionCopy(store)
    const twice = [delivery(recipientId), delivery(recipientId)]
    const greedy = codeRecord(connectionId, {}, { mailbox: address, deliveries: twice })
    await expect(store.saveInbound([greedy])).rejects.toThrow()
    expect((await store.listDeliveries(connectionId, FIRST_PAGE)).total).toBe(1)
  })
}
