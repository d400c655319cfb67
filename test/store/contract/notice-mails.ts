import { expect, it } from 'vitest'
import { newId } from '../../../src/domain/id.ts'
import type { UseStore } from '../contract.ts'
import { live, logIn, mailsAt, noticeRules } from '../notice-samples.ts'
import { DAY, HOUR, T0 } from '../samples.ts'
import { purgeAll } from './retention.ts'

/** Who is told nothing, and what becomes of a mail that is planned. */
export function noticeMailContract(use: UseStore): void {
  it('tells nobody who stopped it, nor where the company or the operator wants no mails', async () => {
    const { store } = use()
    const stopped = await live(store)
    const quiet = await live(store, { notices: false })
    const all = [stopped.contact, stopped.owner, quiet.contact, quiet.owner]
    await logIn(store, stopped.connectionId, 'OTHER_ERROR', T0)
    await logIn(store, quiet.connectionId, 'OTHER_ERROR', T0)
    await mailsAt(store, T0, [])
    const first = await mailsAt(store, T0 + HOUR, all)
    expect(first.map(({ address }) => address).sort()).toEqual([stopped.contact, stopped.owner].sort())
    const { contactId } = first.find(({ address }) => address === stopped.owner)!.mail
    expect(await store.getNoticeContact(contactId)).toMatchObject({
      address: stopped.owner,
      isStopped: false,
    })
    expect(await store.stopNotices(contactId, T0 + HOUR)).toBe(true)
    expect(await store.stopNotices(newId(), T0)).toBe(false)
    expect(await store.getNoticeContact(contactId)).toMatchObject({ isStopped: true })
    await logIn(store, stopped.connectionId, 'CONNECTED', T0 + 2 * DAY)
    await logIn(store, stopped.connectionId, 'OTHER_ERROR', T0 + 2 * DAY)
    await mailsAt(store, T0 + 2 * DAY, [])
    const later = await mailsAt(store, T0 + 3 * DAY, all)
    expect(later.map(({ address }) => address)).toEqual([stopped.contact])
    await logIn(store, stopped.connectionId, 'CONNECTED', T0 + 5 * DAY)
    await logIn(store, stopped.connectionId, 'OTHER_ERROR', T0 + 5 * DAY)
    await store.planNotices(noticeRules(T0 + 5 * DAY, { isOn: false }))
    expect(await mailsAt(store, T0 + 6 * DAY, all)).toEqual([])
  })

  it('sends nothing that was planned before somebody stopped it', async () => {
    const { store } = use()
    const { connectionId, owner, contact } = await live(store)
    await logIn(store, connectionId, 'OTHER_ERROR', T0)
    await mailsAt(store, T0, [])
    const [first] = await mailsAt(store, T0 + HOUR, [owner])
    await logIn(store, connectionId, 'CONNECTED', T0 + 2 * DAY)
    await logIn(store, connectionId, 'OTHER_ERROR', T0 + 2 * DAY)
    await mailsAt(store, T0 + 2 * DAY, [])
    await store.stopNotices(first!.mail.contactId, T0 + 2 * DAY + 1)
    const later = await mailsAt(store, T0 + 3 * DAY, [owner, contact])
    expect(later.map(({ address }) => address)).toEqual([contact])
  })

  it('tries a mail again, gives it back, and forgets what people were told in time', async () => {
    const { store } = use()
    const { connectionId, owner } = await live(store)
    await logIn(store, connectionId, 'OTHER_ERROR', T0)
    while ((await store.planNotices(noticeRules(T0))) > 0);
    const lease = { now: T0 + HOUR, leaseUntil: T0 + 2 * HOUR, holder: 'one', limit: 1000 }
    const mine = async () => {
      const mails = await store.claimNoticeMails(lease)
      const contents = await Promise.all(mails.map(({ id }) => store.loadNoticeMail(id)))
      return contents.find((content) => content?.address === owner)
    }
    const first = (await mine())!
    expect(await store.releaseNoticeMails('one')).toBeGreaterThan(0)
    const again = (await mine())!
    expect(again.mail.id).toBe(first.mail.id)
    const later = { now: T0 + HOUR, nextDueAt: T0 + HOUR + 5 }
    await store.finishNoticeMail(first.mail.id, { kind: 'failed', error: '451 later' }, later)
    const [same] = (await store.claimNoticeMails({ ...lease, now: T0 + HOUR + 5 })).filter(
      ({ id }) => id === first.mail.id,
    )
    expect(same).toMatchObject({ tries: 1 })
    const end = { now: T0 + HOUR + 5, nextDueAt: null }
    await store.finishNoticeMail(first.mail.id, { kind: 'failed', error: '550', stopContact: true }, end)
    expect(await store.getNoticeContact(first.mail.contactId)).toMatchObject({ isStopped: true })
    expect((await purgeAll(store, { eventsBefore: T0 + DAY })).notices).toBeGreaterThan(0)
    expect(await store.loadNoticeMail(first.mail.id)).toBeNull()
  })

  it('forgets an owner with their connection', async () => {
    const { store } = use()
    const { connectionId, owner } = await live(store)
    await logIn(store, connectionId, 'OTHER_ERROR', T0)
    while ((await store.planNotices(noticeRules(T0))) > 0);
    await store.deleteConnection(connectionId, T0)
    expect(await mailsAt(store, T0 + DAY, [owner])).toEqual([])
  })
}
