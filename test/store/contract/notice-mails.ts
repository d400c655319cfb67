import { expect, it } from 'vitest'
import { type Bounce, judgeFailure } from '../../../src/domain/bounce.ts'
import { newId } from '../../../src/domain/id.ts'
import type { Store } from '../../../src/store/store.ts'
import type { UseStore } from '../contract.ts'
import { live, logIn, mailsAt, mailsTo, noticeRules } from '../notice-samples.ts'
import { DAY, FIRST_PAGE, HOUR, T0 } from '../samples.ts'
import { purgeAll } from './retention.ts'

const unknownUser = judgeFailure('5.1.1', '550 no such user', true)
const badDomain = judgeFailure('5.1.2', '550 no such domain', true)
const full: Bounce = { kind: 'soft', status: '5.2.2', text: 'mailbox full', stopsAfter: null }
const late: Bounce = { kind: 'delayed', status: '4.4.1', text: 'not yet', stopsAfter: null }

/** One more mail to them, that is refused for good. Resolves to its id. */
async function failMail(
  store: Store,
  { connectionId, contactId }: { connectionId: string; contactId: string },
  at: number,
  bounce?: Bounce,
): Promise<string> {
  await logIn(store, connectionId, 'CONNECTED', at - HOUR)
  await logIn(store, connectionId, 'OTHER_ERROR', at)
  while ((await store.planNotices(noticeRules(at))) > 0);
  const lease = { now: at + HOUR, leaseUntil: at + DAY, holder: 'one', limit: 1000 }
  const { id } = (await store.claimNoticeMails(lease)).find((mail) => mail.contactId === contactId)!
  const refused = { kind: 'failed', error: '550', ...(bounce ? { bounce } : {}) } as const
  await store.finishNoticeMail(id, refused, { now: at + HOUR, nextDueAt: null })
  return id
}

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
    await store.finishNoticeMail(first.mail.id, { kind: 'failed', error: '550', bounce: unknownUser }, end)
    expect(await store.getNoticeContact(first.mail.contactId)).toMatchObject({ isStopped: true })
    expect((await purgeAll(store, { eventsBefore: T0 + DAY })).notices).toBeGreaterThan(0)
    expect(await store.loadNoticeMail(first.mail.id)).toBeNull()
  })

  it('stops whose mailbox does not exist at the first mail that comes back, and says so in the audit log', async () => {
    const { store } = use()
    const { ids, contactId, owner, isStopped } = await mailsTo(store, 2)
    expect(await store.getNoticeMail(ids[0]!)).toEqual({ id: ids[0], address: owner })
    expect(await store.noteNoticeBounce(ids[0]!, unknownUser, T0)).toEqual({ stopped: true })
    expect(await store.noteNoticeBounce(ids[0]!, unknownUser, T0)).toEqual({ stopped: false })
    expect(await isStopped()).toBe(true)
    const { items } = await store.listAudit({ subject: `contact:${contactId}` }, FIRST_PAGE)
    expect(items).toMatchObject([
      { action: 'notices.stopped', actor: 'outbox', detail: 'hard_bounces (5.1.1)' },
    ])
  })

  it.each([
    ['two in a row, in whatever order the reports come', [1, 0], badDomain, true],
    ['two with one between that arrived', [0, 2], badDomain, false],
    ['one', [1], badDomain, false],
    ['one, told twice', [1, 1], badDomain, false],
    ['what is only full', [0, 1, 2], full, false],
    ['what is only late', [0, 1, 2], late, false],
  ])('mails that come back: %s', async (_, returned, bounce, stops) => {
    const { store } = use()
    const { ids, isStopped } = await mailsTo(store, 3)
    for (const index of returned) await store.noteNoticeBounce(ids[index]!, bounce, T0)
    expect(await isStopped()).toBe(stops)
  })

  it('counts what the next hop refuses at once with what comes back later', async () => {
    const { store } = use()
    const { ids, isStopped, ...person } = await mailsTo(store, 1)
    const refused = await failMail(store, person, T0 + 30 * DAY, badDomain)
    expect(await isStopped()).toBe(false)
    expect(await store.noteNoticeBounce(refused, badDomain, T0)).toEqual({ stopped: false })
    expect(await store.noteNoticeBounce(ids[0]!, badDomain, T0)).toEqual({ stopped: true })
    expect(await isStopped()).toBe(true)
  })

  it('takes no mail that never left, and no softer word, for a mail that arrived', async () => {
    const { store } = use()
    const { ids, isStopped, ...person } = await mailsTo(store, 1)
    for (const bounce of [badDomain, late, full]) await store.noteNoticeBounce(ids[0]!, bounce, T0)
    await failMail(store, person, T0 + 30 * DAY)
    expect(await isStopped()).toBe(false)
    await failMail(store, person, T0 + 60 * DAY, badDomain)
    expect(await isStopped()).toBe(true)
  })

  it('ends a mail that came back before its sending was written down, and knows of none that never was', async () => {
    const { store } = use()
    const { connectionId, owner } = await live(store)
    await logIn(store, connectionId, 'OTHER_ERROR', T0)
    while ((await store.planNotices(noticeRules(T0))) > 0);
    const lease = { now: T0 + HOUR, leaseUntil: T0 + 2 * HOUR, holder: 'one', limit: 1000 }
    const leased = await store.claimNoticeMails(lease)
    const addresses = await Promise.all(leased.map(({ id }) => store.getNoticeMail(id)))
    const { id } = addresses.find((mail) => mail?.address === owner)!
    expect(await store.noteNoticeBounce(id, late, T0)).toEqual({ stopped: false })
    await store.noteNoticeBounce(id, full, T0)
    await store.releaseNoticeMails('one')
    const again = await store.claimNoticeMails({ ...lease, holder: 'two' })
    expect(again.map((mail) => mail.id)).not.toContain(id)
    expect(await store.noteNoticeBounce(newId(), full, T0)).toBeNull()
    expect(await store.getNoticeMail(newId())).toBeNull()
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
