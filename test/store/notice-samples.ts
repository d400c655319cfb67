import type { ConnectionStatus } from '../../src/domain/connection.ts'
import { newId } from '../../src/domain/id.ts'
import type { NoticeContent } from '../../src/domain/notice.ts'
import type { NoticeRules, Store } from '../../src/store/store.ts'
import { attempt, company, connection, DAY, HOUR, MINUTE, T0 } from './samples.ts'

/* People who are told, and what they are told by a given instant, for tests of stores. */

/** How people are told, unless a test says otherwise. */
export const noticeRules = (now: number, change: Partial<NoticeRules> = {}): NoticeRules => ({
  now,
  isOn: true,
  gatherMs: 15 * MINUTE,
  spacingMs: 4 * HOUR,
  repeatMs: DAY,
  limit: 1000,
  ...change,
})

/** A company with a contact, and a connection with an owner, both of this test alone. */
export async function live(store: Store, change: object = {}) {
  const id = newId()
  const owner = company({ contactEmail: `Contact-${id}@company.test`, ...change })
  await store.createCompany(owner)
  const login = connection(owner.id, { connectionOwnerEmail: `owner-${id}@customer.test` })
  await store.createConnection(login, {})
  return {
    companyId: owner.id,
    connectionId: login.id,
    contact: `contact-${id}@company.test`,
    owner: `owner-${id}@customer.test`,
  }
}

/** A login that ends with this status. */
export async function logIn(store: Store, id: string, status: ConnectionStatus, at: number) {
  const opened = await store.openAttempt(attempt(id, { openedAt: at, expiresAt: at + HOUR }))
  await store.closeAttempt(opened.id, { status }, at)
}

/** Plans, then sends what is due at this instant to these addresses; what is due to others stays leased. */
export async function mailsAt(
  store: Store,
  now: number,
  addresses: readonly string[],
): Promise<NoticeContent[]> {
  while ((await store.planNotices(noticeRules(now))) > 0);
  const found: NoticeContent[] = []
  for (const { id } of await store.claimNoticeMails({
    now,
    leaseUntil: now + MINUTE,
    holder: 'n',
    limit: 1000,
  })) {
    const content = await store.loadNoticeMail(id)
    const told = content?.items.map(({ noticeId }) => noticeId) ?? []
    await store.finishNoticeMail(id, content ? { kind: 'sent', told } : { kind: 'dropped' }, {
      now,
      nextDueAt: null,
    })
    if (content && addresses.includes(content.address)) found.push(content)
  }
  return found
}

/** Mails to the owner of a connection, one a week, each sent. */
export async function mailsTo(store: Store, count: number) {
  const { connectionId, owner } = await live(store)
  const ids: string[] = []
  let contactId = ''
  for (let week = 0; week < count; week += 1) {
    const at = T0 + week * 7 * DAY
    await logIn(store, connectionId, 'OTHER_ERROR', at)
    await mailsAt(store, at, [])
    const [sent] = await mailsAt(store, at + HOUR, [owner])
    ids.push(sent!.mail.id)
    contactId = sent!.mail.contactId
    await logIn(store, connectionId, 'CONNECTED', at + DAY)
  }
  const isStopped = async () => (await store.getNoticeContact(contactId))!.isStopped
  return { ids, contactId, owner, connectionId, isStopped }
}
