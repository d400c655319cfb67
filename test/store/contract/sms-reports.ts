import { expect, it } from 'vitest'
import { newId } from '../../../src/domain/id.ts'
import type { SmsReport, SmsState } from '../../../src/domain/sms-report.ts'
import type { Store } from '../../../src/store/store.ts'
import type { UseStore } from '../contract.ts'
import { delivery, FIRST_PAGE, MINUTE, mfaSetup, provision, record, T0 } from '../samples.ts'

const NOW = T0 + MINUTE
const number = () => `+1${String(Math.floor(Math.random() * 9e9) + 1e9)}`
const report = (state: SmsState, error: number | null = null): SmsReport => ({
  sid: `SM${'1'.repeat(32)}`,
  state,
  error,
})

/** Texts to one phone, as many as `count`, all sent. */
async function texts(store: Store, count: number) {
  const phone = number()
  const recipients = [{ channel: 'sms', address: phone, state: 'confirmed' } as const]
  const { connectionId, address } = await provision(store, { recipients })
  const recipientId = (await store.getMfa(connectionId))!.recipients[0]!.id
  const all = []
  for (let index = 0; index < count; index += 1) {
    const copy = { ...delivery(recipientId), courier: 'sms' as const, address: phone }
    const receivedAt = T0 + index * MINUTE
    await store.saveInbound([record(connectionId, { mailbox: address, receivedAt, deliveries: [copy] })])
    all.push(copy.id)
  }
  const sent = { kind: 'sent', remoteId: report('sent').sid } as const
  const finish = async (id: string) => store.finishDelivery(id, sent, { now: NOW, nextDueAt: null })
  const recipient = async () => (await store.getRecipient(recipientId))!
  return { connectionId, phone, recipients, ids: all, finish, recipient }
}

/** What Twilio tells of texts, and what phones say. */
export function smsReportContract(use: UseStore): void {
  it('shows that a text arrived, and nothing told late changes that', async () => {
    const { store } = use()
    const { ids, finish } = await texts(store, 1)
    await finish(ids[0]!)
    for (const state of ['sent', 'delivered', 'queued', 'failed', 'sent'] as const) {
      expect(await store.noteSmsReport(ids[0]!, report(state, 30_003), NOW)).toEqual({ stopped: false })
    }
    expect(await store.getDelivery(ids[0]!)).toMatchObject({
      state: 'sent',
      deliveredAt: NOW,
      bounced: null,
      lastError: null,
    })
  })

  it('shows why a text did not arrive, and that another of the same copy did', async () => {
    const { store } = use()
    const { ids, finish, recipient } = await texts(store, 1)
    await finish(ids[0]!)
    await store.noteSmsReport(ids[0]!, report('failed', 30_007), NOW)
    expect(await store.getDelivery(ids[0]!)).toMatchObject({
      state: 'failed',
      deliveredAt: null,
      bounced: { kind: 'soft', status: '30007' },
      lastError: expect.stringContaining('Twilio 30007'),
    })
    expect(await recipient()).toMatchObject({ state: 'confirmed' })
    await store.noteSmsReport(ids[0]!, report('delivered'), NOW + 1)
    expect(await store.getDelivery(ids[0]!)).toMatchObject({
      state: 'sent',
      deliveredAt: NOW + 1,
      bounced: null,
    })
  })

  it('does not send again what is on its way, though nobody said yes to us', async () => {
    const { store } = use()
    const { ids } = await texts(store, 2)
    await store.noteSmsReport(ids[0]!, report('queued'), NOW)
    await store.noteSmsReport(ids[1]!, report('sent'), NOW)
    expect(await store.getDelivery(ids[0]!)).toMatchObject({ state: 'due' })
    expect(await store.getDelivery(ids[1]!)).toMatchObject({ state: 'sent', finishedAt: NOW })
  })

  it('stays failed where the failure is told before the yes is written down', async () => {
    const { store } = use()
    const { ids, finish } = await texts(store, 1)
    await store.noteSmsReport(ids[0]!, report('failed', 30_005), NOW)
    await finish(ids[0]!)
    expect(await store.getDelivery(ids[0]!)).toMatchObject({ state: 'failed', bounced: { kind: 'hard' } })
  })

  it('stops a number that nobody has after two texts, and one that said STOP at once', async () => {
    const { store } = use()
    const gone = await texts(store, 2)
    for (const id of gone.ids) await gone.finish(id)
    expect(await store.noteSmsReport(gone.ids[0]!, report('failed', 30_005), NOW)).toEqual({ stopped: false })
    expect(await store.noteSmsReport(gone.ids[1]!, report('failed', 30_006), NOW)).toEqual({ stopped: true })
    expect(await gone.recipient()).toMatchObject({ state: 'stopped', stopReason: 'hard_bounces' })
    const stop = await texts(store, 1)
    await stop.finish(stop.ids[0]!)
    await store.noteSmsReport(stop.ids[0]!, report('failed', 21_610), NOW)
    expect(await stop.recipient()).toMatchObject({ state: 'stopped', stopReason: 'sms_stop' })
  })

  it('knows nothing of deliveries that are not there, or were mail', async () => {
    const { store } = use()
    expect(await store.noteSmsReport(newId(), report('sent'), NOW)).toBeNull()
  })

  it('START takes a STOP back, and is on record', async () => {
    const { store } = use()
    const { phone, connectionId, recipient } = await texts(store, 1)
    expect(await store.startPhone(phone, NOW)).toBe(0)
    await store.stopPhone(phone, NOW)
    expect(await store.startPhone(phone, NOW + 1)).toBe(1)
    expect(await recipient()).toMatchObject({ state: 'confirmed', stopReason: null, stoppedAt: null })
    const { items } = await store.listAudit({ subject: connectionId }, FIRST_PAGE)
    expect(items.map(({ action, actor }) => `${action} ${actor}`)).toEqual([
      'recipient.confirmed sms',
      'recipient.stopped sms',
    ])
  })

  it('START confirms nobody who has not confirmed, and takes back no other stop', async () => {
    const { store } = use()
    const phone = number()
    const { connectionId } = await provision(store, {
      recipients: [{ channel: 'sms', address: phone, state: 'pending' }],
    })
    const first = async () => (await store.getMfa(connectionId))!.recipients[0]!
    await store.stopPhone(phone, NOW)
    await store.startPhone(phone, NOW)
    expect(await first()).toMatchObject({ state: 'pending' })
    await store.stopRecipient((await first()).id, 'unsubscribed', NOW)
    expect(await store.startPhone(phone, NOW)).toBe(0)
    expect(await first()).toMatchObject({ state: 'stopped', stopReason: 'unsubscribed' })
  })

  it('START brings back nobody whom the company took out, nor the company whom a STOP ended', async () => {
    const { store } = use()
    const { phone, recipients, connectionId, recipient } = await texts(store, 1)
    const list = (wanted: typeof recipients) =>
      store.configureMfa(connectionId, mfaSetup({ recipients: wanted }), NOW)
    await store.stopPhone(phone, NOW)
    await list([])
    await list(recipients)
    expect(await recipient()).toMatchObject({ state: 'stopped', stopReason: 'sms_stop' })
    await list([])
    expect(await store.startPhone(phone, NOW)).toBe(0)
    expect(await recipient()).toMatchObject({ state: 'stopped', stopReason: 'removed' })
    await list(recipients)
    expect(await recipient()).toMatchObject({ state: 'confirmed' })
  })
}
